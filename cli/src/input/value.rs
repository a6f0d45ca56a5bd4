//! Values from text: typed by the parameter's schema, or guessed for undocumented parameters.

use pruna::Model;
use serde_json::Value;

use super::schema;
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
    let Some(property) = schema::property(model, name) else { return Ok(guessed(text)) };
    if property["type"] != "array" {
        return scalar(name, property, text, files);
    }
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => Ok(Value::Array(items)),
        _ => Ok(Value::Array(vec![scalar(name, &property["items"], text, files)?])),
    }
}

fn scalar(name: &str, schema: &Value, text: &str, files: TextFiles) -> Result<Value, Failure> {
    let mismatch = |expected: &str| {
        let hint = format!("`-i {name}:=JSON` sends a value of any type");
        Failure::usage(format!("{name} must be {expected}, not {text:?}")).hint(hint)
    };
    if schema::is_media(schema) {
        let is_reference = text.starts_with('@') || is_url(text);
        return Ok(if is_reference { text.into() } else { format!("@{text}").into() });
    }
    match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map(Value::from).map_err(|_| mismatch("an integer")),
        Some("number") => number(text).ok_or_else(|| mismatch("a number")),
        Some("boolean") => text.parse::<bool>().map(Value::from).map_err(|_| mismatch("true or false")),
        Some("string") => match text.strip_prefix('@').filter(|_| files == TextFiles::Read) {
            Some(path) => source::read_file(path).map(|text| text.trim_end_matches('\n').into()),
            None => Ok(text.into()),
        },
        _ => Ok(guessed(text)),
    }
}

/// Interprets text as JSON, except as a JSON string; anything else is text.
fn guessed(text: &str) -> Value {
    serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string()).unwrap_or_else(|| text.into())
}

/// Parses a number, as an integer if it is written as one.
fn number(text: &str) -> Option<Value> {
    let integer = text.parse::<i64>().ok().map(Value::from);
    integer.or_else(|| text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number))
}

fn is_url(text: &str) -> bool {
    ["https://", "http://", "data:"].iter().any(|scheme| text.starts_with(scheme))
}
