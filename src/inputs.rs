//! Typed inputs, one for each model that the document describes, and the vocabulary they share.
//!
//! What a model requires is a parameter of `new`; everything else is a public `Option` field and a method of the
//! builder. Only what is set goes over the wire: defaults belong to the service.
//!
//! ```
//! use pruna::inputs::{AspectRatio, PImage};
//!
//! let input = PImage::builder()
//!     .prompt("a lion at dusk")
//!     .aspect_ratio(AspectRatio::R16_9)
//!     .seed(42)
//!     .build();
//! assert_eq!(
//!     serde_json::to_value(&input)?,
//!     serde_json::json!({"prompt": "a lion at dusk", "aspect_ratio": "16:9", "seed": 42})
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! A builder without what the model requires does not finish:
//!
//! ```compile_fail
//! let input = pruna::inputs::PImage::builder().seed(42).build();
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::{
    media::{IntoMedia, Media},
    schema::Warning,
    secret::Secret,
};
use crate::{model::Model, schema};

/// Parameters by name, for what a type does not know.
pub type Extra = serde_json::Map<String, Value>;

/// What can be submitted: parameters of one model.
///
/// Implemented by every generated input. Implement it for a type of your own to give a model that the document does not
/// describe the same comfort.
///
/// ```
/// use pruna::{Model, inputs::Input};
///
/// #[derive(serde::Serialize)]
/// struct Judge { prompt: String }
///
/// impl Input for Judge {
///     fn model(&self) -> Model {
///         Model::from("p-judger")
///     }
/// }
/// ```
pub trait Input: Serialize {
    /// The model that takes this input.
    fn model(&self) -> Model;

    /// What the service may refuse, as far as the document tells: a value outside the documented range, an unknown
    /// parameter, a missing picture. Hints, not walls: the input can be sent all the same.
    fn warnings(&self) -> Vec<Warning> {
        serde_json::to_value(self).map(|value| schema::warnings(&self.model(), &value)).unwrap_or_default()
    }
}

/// Marks a parameter that a builder still lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unset;

/// Writes numbers as JSON does without a needless fraction, alone, in lists and where they may be absent.
fn number<S: serde::Serializer>(value: &impl ToNumber, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_number().serialize(serializer)
}

trait ToNumber {
    fn to_number(&self) -> Value;
}

impl ToNumber for f64 {
    fn to_number(&self) -> Value {
        // Up to 2^53 every whole `f64` is exactly the integer that it looks like.
        let is_whole = self.fract() == 0.0 && self.abs() < 9_007_199_254_740_992.0;
        if is_whole { Value::from(*self as i64) } else { Value::from(*self) }
    }
}

impl<T: ToNumber> ToNumber for Option<T> {
    fn to_number(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToNumber::to_number)
    }
}

impl<T: ToNumber> ToNumber for Vec<T> {
    fn to_number(&self) -> Value {
        self.iter().map(ToNumber::to_number).collect()
    }
}

include!(concat!(env!("PRUNA_GENERATED"), "/vocabulary.snap.rs"));
include!(concat!(env!("PRUNA_GENERATED"), "/inputs.snap.rs"));
