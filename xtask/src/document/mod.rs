//! An OpenAPI document on its way in: fetched, parsed within limits, brought to 3.0, validated.

mod convert;
mod error;
mod fetch;
mod parse;
mod validate;
mod walk;

use serde_json::Value;

pub use error::DocumentError;
pub use fetch::Source;

/// A document that passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The document, OpenAPI 3.0, in the order in which it was written.
    pub value: Value,
    /// What was changed to make it 3.0, one line each.
    pub notes: Vec<String>,
}

impl Document {
    /// Fetches and reads a document.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it cannot be had, is too large, does not parse, or is no valid OpenAPI 3.0 or 3.1.
    pub fn load(source: &Source) -> Result<Self, DocumentError> {
        Self::read(&source.fetch()?)
    }

    /// Reads a document from YAML or JSON.
    ///
    /// # Errors
    ///
    /// As [`Document::load`].
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let mut value = parse::parse(text)?;
        let notes = convert::to_3_0(&mut value)?;
        validate::validate(&value)?;
        Ok(Self { value, notes })
    }

    /// `info.version`; validation has made sure that it can be part of a file name.
    pub fn version(&self) -> &str {
        self.value["info"]["version"].as_str().unwrap_or_default()
    }

    /// The normal form: JSON, two spaces, a line feed at the end, no character escaped without need.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.value)
    }
}
