use std::fmt;

/// Why nothing was generated. One line that names the construct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<pruna_openapi::Error> for Error {
    fn from(error: pruna_openapi::Error) -> Self {
        Self::new(error.to_string())
    }
}
