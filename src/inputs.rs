//! Typed inputs, one for each model that the OpenAPI document describes, and the values of their parameters.
//!
//! `new` takes the required parameters; every parameter has a chainable setter and a public field. Only parameters that
//! are set are sent; the service applies its defaults to the others.
//!
//! ```
//! use pruna::inputs::{AspectRatio, PImage};
//!
//! let input = PImage::new("a lion at dusk").aspect_ratio(AspectRatio::R16_9).seed(42);
//! assert_eq!(
//!     serde_json::to_value(&input)?,
//!     serde_json::json!({"prompt": "a lion at dusk", "aspect_ratio": "16:9", "seed": 42})
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

mod define;
mod number;

use define::{argument, converted, field_type, input};
use number::number;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::{
    media::{IntoMedia, Media},
    schema::Warning,
    secret::Secret,
};
use crate::{model::Model, schema, vocabulary::open_enum};

/// Additional parameters by name, for those that an input type does not have.
pub type Extra = serde_json::Map<String, Value>;

/// Parameters of one model, ready to be submitted.
///
/// Implemented by every generated input. Implement it for a type of your own to use a model that the OpenAPI document does
/// not describe.
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
    /// Returns the model that takes this input.
    fn model(&self) -> Model;

    /// Checks the input against the documented schema.
    ///
    /// Reports values outside the documented range, unknown parameters and missing media. Warnings do not stop a request,
    /// because the documentation may lag behind the service; with
    /// [`strict_inputs`](crate::ClientBuilder::strict_inputs) they do.
    fn warnings(&self) -> Vec<Warning> {
        serde_json::to_value(self).map(|value| schema::warnings(&self.model(), &value)).unwrap_or_default()
    }
}

include!(concat!(env!("PRUNA_GENERATED"), "/vocabulary.snap.rs"));
include!(concat!(env!("PRUNA_GENERATED"), "/inputs.snap.rs"));
