//! Why an OpenAPI document is rejected.

use std::fmt;

/// The reason for rejecting a document, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError(String);

impl DocumentError {
    /// Creates an error with the first line of a message.
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self(message.lines().next().unwrap_or_default().to_owned())
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DocumentError {}
