//! Secrets within an input.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret parameter, such as a Hugging Face token. It is sent with the request and never printed.
///
/// ```
/// let token = pruna::Secret::from("hf_abc");
/// assert_eq!(format!("{token:?}"), "Secret(\"[redacted]\")");
/// assert_eq!(token.expose_secret(), "hf_abc");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret {
    value: String,
}

impl Secret {
    /// Returns the secret itself. Take care not to print or store it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.value
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self { value: text.into() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").field(&"[redacted]").finish()
    }
}
