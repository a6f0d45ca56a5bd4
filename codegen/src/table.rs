//! `openapi/models.toml`: what the document does not say of its models.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Table(BTreeMap<String, ModelEntry>);

/// What is known of one model beyond the document. Everything is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// What the model is for.
    pub category: Option<String>,
    /// Kinds of file it answers with, the usual one first.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Usual seconds from submission to result.
    pub typical_seconds: Option<f64>,
    /// Whether waiting within the submission pays.
    pub try_sync: Option<bool>,
    /// List price.
    pub price: Option<Price>,
    /// Submissions a minute, where the document's figure is to be overruled.
    pub requests_per_minute: Option<u32>,
    /// Parameters that must be a multiple of a number.
    #[serde(default)]
    pub multiple_of: BTreeMap<String, u32>,
    /// Parameters that the model needs although the document does not require them.
    #[serde(default)]
    pub expected: Vec<String>,
    /// Most items of a list, where the document does not limit it.
    #[serde(default)]
    pub max_items: BTreeMap<String, u32>,
}

/// A list price in US dollars.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// One amount, or one for each value of the parameter `by`.
    pub usd: Amount,
    /// What the amount buys: `image`, `video`, `second`, `1000 steps`.
    pub per: String,
    /// The parameter that the amount depends on.
    pub by: Option<String>,
}

/// See [`Price::usd`].
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    /// The same for every request.
    Flat(f64),
    /// By the value of a parameter.
    By(BTreeMap<String, f64>),
}

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// When the text is no TOML or has a key that is not known.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map(Self).map_err(|e| Error::new(format!("models.toml: {e}")))
    }

    /// What is known of a model; nothing is known of one that is not listed.
    pub fn entry(&self, model: &str) -> ModelEntry {
        self.0.get(model).cloned().unwrap_or_default()
    }

    /// The models that are listed.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
