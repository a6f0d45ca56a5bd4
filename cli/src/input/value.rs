//! Values from text: typed by the documented parameter, or guessed for undocumented ones.

use pruna::{Model, Parameter, ParameterType};
use serde_json::Value;

use crate::{failure::Failure, source};

/// What `@PATH` means for a parameter that takes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFiles {
    /// The content of the file: for what the user typed.
    Read,
    /// Plain text: a table may come from another person, who must not be able to name files to be sent.
    Keep,
}

/// Converts text to the type that the parameter has; guesses the type of an undocumented parameter.
pub(crate) fn typed(model: &Model, name: &str, text: &str, files: TextFiles) -> Result<Value, Failure> {
    let Some(parameter) = parameter(model, name) else { return Ok(guessed(text)) };
    let (item_type, is_list) = match parameter.parameter_type {
        ParameterType::List(item) => (*item, true),
        scalar => (scalar, false),
    };
    if is_list && let Ok(Value::Array(items)) = serde_json::from_str(text) {
        return Ok(Value::Array(items));
    }
    match reference(item_type, text, files)? {
        Some(item) if is_list => Ok(Value::Array(vec![item])),
        Some(value) => Ok(value),
        None => parameter.parse(text).map_err(|error| {
            let hint = format!("`-i {name}:=JSON` sends a value of any type");
            Failure::usage(error.message()).hint(hint)
        }),
    }
}

/// Returns a parameter, if it is documented.
pub(super) fn parameter(model: &Model, name: &str) -> Option<&'static Parameter> {
    model.parameters().iter().find(|parameter| parameter.name == name)
}

/// Converts what only this program knows: `@PATH` for a local file, and text where any JSON is accepted.
fn reference(item_type: ParameterType, text: &str, files: TextFiles) -> Result<Option<Value>, Failure> {
    Ok(match (item_type, text.strip_prefix('@')) {
        (ParameterType::Media, None) if !is_url(text) => Some(format!("@{text}").into()),
        (ParameterType::Media, _) => Some(text.into()),
        (ParameterType::Text | ParameterType::Secret | ParameterType::Choice, Some(path))
            if files == TextFiles::Read =>
        {
            Some(source::read_file(path)?.trim_end_matches('\n').into())
        }
        (ParameterType::Json, _) => Some(guessed(text)),
        _ => None,
    })
}

/// Interprets text as JSON, except as a JSON string; anything else is text.
fn guessed(text: &str) -> Value {
    serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string()).unwrap_or_else(|| text.into())
}

fn is_url(text: &str) -> bool {
    ["https://", "http://", "data:"].iter().any(|scheme| text.starts_with(scheme))
}
