//! Models and their catalog, from the OpenAPI document and `openapi/models.toml`.

mod price;

use std::borrow::Cow;

pub use price::{Estimate, Price, PriceRate, PriceUnit};

use serde_json::Value;

use crate::{parameters::Parameter, usd::Usd, vocabulary::open_enum};

/// The id of a model, as sent in the header `Model`.
///
/// Any id is allowed: one that this version does not list is sent unchanged, and the service decides.
///
/// ```
/// use pruna::Model;
///
/// assert_eq!(Model::P_IMAGE.as_str(), "p-image");
/// let new = Model::from("p-future");
/// assert_eq!(new.to_string(), "p-future");
/// assert!(!new.is_documented());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Model {
    text: Cow<'static, str>,
}
open_enum!(Model);

include!(concat!(env!("PRUNA_GENERATED"), "/models.snap.rs"));
include!(concat!(env!("PRUNA_GENERATED"), "/catalog.snap.rs"));

impl Model {
    /// Returns every model in the OpenAPI document, in the order of the document.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        MODELS.iter().map(|(model, _)| model.clone())
    }

    /// Whether this model is in the OpenAPI document.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.documented().is_some()
    }

    /// Returns the catalog entry of this model, or cautious defaults if the model is not documented.
    ///
    /// The defaults are a typical time of one minute, no price, no rate limit and no `Try-Sync`. Check
    /// [`is_documented`](Self::is_documented) to tell defaults from documented values.
    ///
    /// ```
    /// use pruna::Model;
    ///
    /// let info = Model::WAN_T2V.info();
    /// assert_eq!(info.category, "text-to-video");
    /// assert_eq!(info.requests_per_minute, Some(30));
    /// ```
    #[must_use]
    pub fn info(&self) -> &'static ModelInfo {
        self.documented().unwrap_or(&UNKNOWN)
    }

    /// Returns the parameters of this model, in the order of the OpenAPI document; none if it is not documented.
    ///
    /// Enough to build a form for any model:
    ///
    /// ```
    /// use pruna::{Model, Parameter, ParameterType};
    ///
    /// fn field(parameter: &Parameter) -> String {
    ///     let name = parameter.name;
    ///     let required = if parameter.is_required { " required" } else { "" };
    ///     let bound = |name: &str, bound: Option<f64>| bound.map_or(String::new(), |b| format!(" {name}={b}"));
    ///     let value = parameter.default.map_or(String::new(), |value| format!(" value={:?}", value.to_string()));
    ///     match parameter.parameter_type {
    ///         ParameterType::Choice => {
    ///             let options: String = parameter.choices.iter().map(|c| format!("<option>{c}</option>")).collect();
    ///             format!("<select name={name}{required}>{options}</select>")
    ///         }
    ///         ParameterType::Integer | ParameterType::Number => format!(
    ///             "<input type=number name={name}{required}{value}{}{}{}>",
    ///             bound("min", parameter.minimum),
    ///             bound("max", parameter.maximum),
    ///             bound("step", parameter.step),
    ///         ),
    ///         ParameterType::Boolean => format!("<input type=checkbox name={name}>"),
    ///         ParameterType::Secret => format!("<input type=password name={name}{required}>"),
    ///         _ if parameter.is_media() => format!("<input type=file name={name}{required}>"),
    ///         _ => format!("<textarea name={name}{required}></textarea>"),
    ///     }
    /// }
    ///
    /// let form: Vec<String> = Model::P_IMAGE.parameters().iter().map(field).collect();
    /// assert!(form.iter().any(|field| field == "<textarea name=prompt required></textarea>"));
    /// assert!(form.iter().any(|field| field.starts_with("<input type=number name=width min=")));
    /// ```
    #[must_use]
    pub fn parameters(&self) -> &'static [Parameter] {
        self.info().parameters
    }

    fn documented(&self) -> Option<&'static ModelInfo> {
        MODELS.iter().find(|(model, _)| model == self).map(|(_, info)| info)
    }
}

/// The catalog entry of a model: see [`Model::info`].
///
/// Rate limits come from the OpenAPI document. Times are typical and prices are list prices; they are for planning and are
/// not guaranteed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelInfo {
    /// Name of the type in [`inputs`](crate::inputs), if the input is documented.
    pub input_type: Option<&'static str>,
    /// Description of the model.
    pub description: &'static str,
    /// What the model is for.
    pub category: Category,
    /// File name extensions of the results, the most common first.
    pub outputs: &'static [&'static str],
    /// Submissions per minute that the service accepts from one key.
    pub requests_per_minute: Option<u32>,
    /// Typical time from submission to result, in seconds.
    pub typical_seconds: f64,
    /// Whether submissions wait for the result by default (`Try-Sync`): for fast models.
    pub try_sync: bool,
    /// List price, if it is known.
    pub price: Option<Price>,
    pub(crate) parameters: &'static [Parameter],
    /// Parameters that the model needs although the schema does not require them.
    pub(crate) expected: &'static [&'static str],
}

/// Cautious defaults for a model that is not documented.
static UNKNOWN: ModelInfo = ModelInfo {
    input_type: None,
    description: "",
    category: Category::UNKNOWN,
    outputs: &[],
    requests_per_minute: None,
    typical_seconds: 60.0,
    // A synchronous wait that times out leaves a paid job without a handle: not for a model of unknown duration.
    try_sync: false,
    price: None,
    parameters: &[],
    expected: &[],
};

impl ModelInfo {
    /// Estimates the cost of a request from the list price. `None` if the price is not known exactly;
    /// [`Request::estimate`](crate::Request::estimate) says why, and knows ranges.
    ///
    /// ```
    /// use pruna::{Model, Usd, inputs::WanImageSmall};
    ///
    /// let four = WanImageSmall::new("a cup of tea").num_outputs(4);
    /// assert_eq!(Model::WAN_IMAGE_SMALL.info().estimate_usd(&four), Some(Usd::from_micros(20_000)));
    /// ```
    #[must_use]
    pub fn estimate_usd(&self, input: &impl serde::Serialize) -> Option<Usd> {
        let input = serde_json::to_value(input).ok()?;
        match self.price.as_ref()?.estimate(|name| self.value(&input, name), |name| self.default(name)) {
            Estimate::Exact(usd) => Some(usd),
            _ => None,
        }
    }

    /// Returns the value of a parameter: of the input, else the default.
    fn value<'a>(&self, input: &'a Value, name: &str) -> Option<Cow<'a, Value>> {
        match input.get(name) {
            Some(value) if !value.is_null() => Some(Cow::Borrowed(value)),
            _ => self.default(name).map(Cow::Owned),
        }
    }

    /// Returns the default of a parameter.
    fn default(&self, name: &str) -> Option<Value> {
        let parameter = self.parameters.iter().find(|parameter| parameter.name == name)?;
        parameter.default.map(|value| value.to_json())
    }
}

impl Model {
    /// Estimates the cost of a request from the list price.
    pub(crate) fn estimate(&self, input: &Value) -> Estimate {
        let info = self.info();
        match &info.price {
            Some(price) => price.estimate(|name| info.value(input, name), |name| info.default(name)),
            None => Estimate::unknown(format!("{self} has no list price")),
        }
    }
}

/// The purpose of a model.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category {
    text: Cow<'static, str>,
}
open_enum!(Category);

impl Category {
    /// Generates images from text.
    pub const TEXT_TO_IMAGE: Self = Self::from_static("text-to-image");
    /// Edits images as a text describes.
    pub const IMAGE_EDITING: Self = Self::from_static("image-editing");
    /// Generates videos from text.
    pub const TEXT_TO_VIDEO: Self = Self::from_static("text-to-video");
    /// Generates a video from an image.
    pub const IMAGE_TO_VIDEO: Self = Self::from_static("image-to-video");
    /// Generates and edits videos.
    pub const VIDEO_EDITING: Self = Self::from_static("video-editing");
    /// Trains a LoRA.
    pub const TRAINER: Self = Self::from_static("trainer");
    /// Not documented.
    pub const UNKNOWN: Self = Self::from_static("unknown");

    /// Whether a result takes minutes rather than seconds.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.as_str().contains("video") || *self == Self::TRAINER || *self == Self::UNKNOWN
    }
}
