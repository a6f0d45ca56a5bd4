//! Models and the catalogue: what the document, and `openapi/models.toml`, say of each.

use std::borrow::Cow;

use serde_json::Value;

use crate::{schema, vocabulary::open_enum};

/// The id of a model, as the header `Model` carries it.
///
/// Open: a model that this version does not know is sent as it is.
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
pub struct Model(Cow<'static, str>);
open_enum!(Model);

include!(concat!(env!("PRUNA_GENERATED"), "/models.snap.rs"));
include!(concat!(env!("PRUNA_GENERATED"), "/catalogue.snap.rs"));

impl Model {
    /// Every model that the document offers, in its order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        MODELS.iter().map(|info| Self::from_static(info.id))
    }

    /// Whether the document offers this model.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.documented().is_some()
    }

    /// What is known of this model. Of one that the document does not offer, cautious defaults.
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

    /// The JSON Schema of the model's input, when the document has one.
    #[must_use]
    pub fn schema(&self) -> Option<&'static Value> {
        schema::input(self)
    }

    fn documented(&self) -> Option<&'static ModelInfo> {
        MODELS.iter().find(|info| info.id == self.as_str())
    }
}

/// What is known of a model.
///
/// Limits come from the document; the rest are list prices and third-party readings, to schedule and to estimate by,
/// never a promise.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelInfo {
    /// The id; empty for a model that the document does not offer.
    pub id: &'static str,
    /// The type in [`inputs`](crate::inputs), when the document describes the input.
    pub input_type: Option<&'static str>,
    /// What the model does.
    pub description: &'static str,
    /// What it is for.
    pub category: Category,
    /// File name extensions of what it makes, the usual one first.
    pub outputs: &'static [&'static str],
    /// Submissions a minute that the service allows.
    pub requests_per_minute: Option<u32>,
    /// Usual seconds from submission to result.
    pub typical_seconds: f64,
    /// Whether waiting within the submission (`Try-Sync`) pays.
    pub try_sync: bool,
    /// List price, when it is known.
    pub price: Option<Price>,
    pub(crate) hints: Hints,
}

/// Rules that the document has in prose only.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hints {
    pub(crate) multiple_of: &'static [(&'static str, u32)],
    pub(crate) max_items: &'static [(&'static str, u32)],
    pub(crate) expected: &'static [&'static str],
}

/// For a model that nobody has described: a minute, a plain answer at once, no price.
static UNKNOWN: ModelInfo = ModelInfo {
    id: "",
    input_type: None,
    description: "",
    category: Category::UNKNOWN,
    outputs: &[],
    requests_per_minute: None,
    typical_seconds: 60.0,
    // A synchronous wait that times out leaves a paid job without a handle: not for a model of unknown duration.
    try_sync: false,
    price: None,
    hints: Hints { multiple_of: &[], max_items: &[], expected: &[] },
};

impl ModelInfo {
    /// The list price of a request in US dollars, where the facts allow.
    ///
    /// ```
    /// use pruna::{Model, inputs::WanImageSmall};
    ///
    /// let four = WanImageSmall::builder().prompt("a cup of tea").num_outputs(4).build();
    /// assert_eq!(Model::WAN_IMAGE_SMALL.info().estimate_usd(&four), Some(0.02));
    /// ```
    #[must_use]
    pub fn estimate_usd(&self, input: &impl serde::Serialize) -> Option<f64> {
        let input = serde_json::to_value(input).ok()?;
        let schema = Model::from_static(self.id).schema();
        let value = |name: &str| {
            input.get(name).or_else(|| schema?.get("properties")?.get(name)?.get("default")).filter(|v| !v.is_null())
        };
        let number = |name: &str, otherwise: f64| value(name).and_then(Value::as_f64).unwrap_or(otherwise);
        let price = self.price.as_ref()?;
        let amount = match price.by {
            None => price.amounts.first()?.1,
            Some(name) => price.amount_for(value(name)?.as_str()?)?,
        };
        let count = match price.per {
            PriceUnit::Image => number("num_outputs", 1.0),
            PriceUnit::Video => 1.0,
            PriceUnit::Second => value("duration")?.as_f64()?,
            PriceUnit::ThousandSteps => number("steps", 1000.0) / 1000.0,
        };
        Some(amount * count)
    }
}

/// What a model is for. Open.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(Cow<'static, str>);
open_enum!(Category);

impl Category {
    /// Makes pictures from text.
    pub const TEXT_TO_IMAGE: Self = Self::from_static("text-to-image");
    /// Changes pictures as a text says.
    pub const IMAGE_EDITING: Self = Self::from_static("image-editing");
    /// Makes videos from text.
    pub const TEXT_TO_VIDEO: Self = Self::from_static("text-to-video");
    /// Sets a picture in motion.
    pub const IMAGE_TO_VIDEO: Self = Self::from_static("image-to-video");
    /// Makes and changes videos.
    pub const VIDEO_EDITING: Self = Self::from_static("video-editing");
    /// Trains a LoRA.
    pub const TRAINER: Self = Self::from_static("trainer");
    /// Not described.
    pub const UNKNOWN: Self = Self::from_static("unknown");

    /// Whether a result takes minutes rather than seconds.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.as_str().contains("video") || *self == Self::TRAINER || *self == Self::UNKNOWN
    }
}

/// A list price in US dollars.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Price {
    /// What the amount buys.
    pub per: PriceUnit,
    /// The parameter that the amount depends on.
    pub by: Option<&'static str>,
    /// Value of that parameter and amount; one amount with an empty value when it depends on none.
    pub amounts: &'static [(&'static str, f64)],
}

impl Price {
    fn amount_for(&self, value: &str) -> Option<f64> {
        self.amounts.iter().find(|(of, _)| *of == value).map(|(_, amount)| *amount)
    }
}

impl std::fmt::Display for Price {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (value, amount)) in self.amounts.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let remark = if value.is_empty() { String::new() } else { format!(" ({value})") };
            write!(f, "{separator}${amount}{remark}")?;
        }
        write!(f, " / {}", self.per)
    }
}

/// What a price buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PriceUnit {
    /// One picture.
    Image,
    /// One video.
    Video,
    /// One second of video.
    Second,
    /// A thousand training steps.
    ThousandSteps,
}

impl std::fmt::Display for PriceUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Second => "second",
            Self::ThousandSteps => "1000 steps",
        })
    }
}
