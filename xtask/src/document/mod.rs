//! Loading an OpenAPI document: fetch, parse within limits, convert to 3.0, validate.

mod convert;
mod error;
mod fetch;
mod parse;
mod validate;
mod walk;

use serde_json::Value;

pub use error::DocumentError;
pub use fetch::Source;

/// A valid OpenAPI document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The document as OpenAPI 3.0, in its original order.
    pub value: Value,
    /// What was changed to convert it to 3.0, one line each.
    pub notes: Vec<String>,
}

impl Document {
    /// Fetches and reads a document.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it cannot be fetched, is too large, does not parse, or is not valid OpenAPI 3.0 or 3.1.
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

    /// Returns `info.version`, which is valid in a file name.
    pub fn version(&self) -> &str {
        self.value["info"]["version"].as_str().unwrap_or_default()
    }

    /// Renders the normal form: JSON, indented by two spaces, with a line feed at the end and minimal escapes.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.value)
    }
}
