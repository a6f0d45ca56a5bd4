//! The parameters of a model as data, for forms and help texts.

use std::fmt;

use serde_json::Value;

/// One parameter of a model, as the OpenAPI document describes it.
///
/// [`Model::parameters`](crate::Model::parameters) has an example that builds a form.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Name, as sent to the service.
    pub name: &'static str,
    /// Meaning, as Markdown.
    pub docs: &'static str,
    /// Type of the value.
    pub parameter_type: ParameterType,
    /// Value that the service uses if none is sent.
    pub default: Option<ParameterValue>,
    /// Minimum value.
    pub minimum: Option<f64>,
    /// Maximum value.
    pub maximum: Option<f64>,
    /// Number of which the value must be a multiple.
    pub step: Option<f64>,
    /// Documented values of the parameter, or of the items of its list; empty if values are not listed.
    pub choices: &'static [ParameterValue],
    /// Minimum length of a list.
    pub min_items: Option<u32>,
    /// Maximum length of a list.
    pub max_items: Option<u32>,
    /// Whether the parameter is required.
    pub is_required: bool,
}

/// The type of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterType {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A file or the URL of one; see [`Media`](crate::Media).
    Media,
    /// Text that must not be shown; see [`Secret`](crate::Secret).
    Secret,
    /// One of the texts in [`Parameter::choices`](field@Parameter::choices).
    Choice,
    /// Any number of items of another type.
    List(&'static ParameterType),
    /// Any JSON value.
    Json,
}

/// A documented value of a parameter. `Display` prints it without quotation marks.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParameterValue {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Any other value, as JSON.
    Json(&'static str),
}

impl Parameter {
    /// Whether the value is a file or a URL, or a list of them.
    #[must_use]
    pub fn is_media(&self) -> bool {
        self.parameter_type.item() == ParameterType::Media
    }

    /// Whether the value must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.parameter_type.item() == ParameterType::Secret
    }
}

impl ParameterType {
    /// Returns the type of the innermost items of a list, or the type itself.
    fn item(self) -> Self {
        match self {
            Self::List(item) => item.item(),
            other => other,
        }
    }
}

impl ParameterValue {
    /// Returns the value as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => (*text).into(),
            Self::Integer(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::Boolean(flag) => (*flag).into(),
            // Written by codegen from JSON, hence valid.
            Self::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        }
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Json(text) => f.pad(text),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
        }
    }
}

/// The generated tables, one for each model. Built by constant functions, so that each parameter takes one line.
pub(crate) mod tables {
    use super::{Parameter, ParameterType, ParameterValue};

    include!(concat!(env!("PRUNA_GENERATED"), "/parameters.snap.rs"));

    #[allow(dead_code, reason = "which of them are used depends on the document")]
    impl Parameter {
        const fn new(name: &'static str, parameter_type: ParameterType, docs: &'static str) -> Self {
            Self {
                name,
                docs,
                parameter_type,
                default: None,
                minimum: None,
                maximum: None,
                step: None,
                choices: &[],
                min_items: None,
                max_items: None,
                is_required: false,
            }
        }

        const fn required(self) -> Self {
            Self { is_required: true, ..self }
        }

        const fn default(self, value: ParameterValue) -> Self {
            Self { default: Some(value), ..self }
        }

        const fn minimum(self, bound: f64) -> Self {
            Self { minimum: Some(bound), ..self }
        }

        const fn maximum(self, bound: f64) -> Self {
            Self { maximum: Some(bound), ..self }
        }

        const fn step(self, step: f64) -> Self {
            Self { step: Some(step), ..self }
        }

        const fn choices(self, choices: &'static [ParameterValue]) -> Self {
            Self { choices, ..self }
        }

        const fn min_items(self, count: u32) -> Self {
            Self { min_items: Some(count), ..self }
        }

        const fn max_items(self, count: u32) -> Self {
            Self { max_items: Some(count), ..self }
        }
    }
}
