//! Checks of an input. The gateway compares it with the model's schema and words its messages like the Lua library that
//! it uses. An input that passes is then checked by the model's own validation, which responds with 422.
//!
//! Captured responses show which layer rejects what: unknown fields, values outside of an enum and a missing `input` are
//! the gateway's 400; a missing field and a wrong type are the documented examples of the 422. Here the gateway also
//! checks ranges and array lengths, and the model the rules that the schema states only in prose.

use hyper::StatusCode;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::error_response::{ErrorResponse, InvalidField};
use crate::models::Model;

/// Parses the body of a submission, applies the gateway's checks and returns `input`.
pub(super) fn gateway_checks(model: &Model, body: &[u8]) -> Result<Value, ErrorResponse> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| ErrorResponse::gateway(StatusCode::BAD_REQUEST, "request body is not valid JSON"))?;
    let bad_request = |message: String| ErrorResponse::gateway(StatusCode::BAD_REQUEST, message);
    let Some(fields) = body.as_object() else {
        return Err(bad_request(format!("wrong type: expected object, got {}", type_name(&body))));
    };
    let Some(input) = fields.get("input") else {
        return Err(bad_request("property input is required".to_owned()));
    };
    if !input.is_object() {
        let found = type_name(input);
        return Err(bad_request(format!("property input validation failed: wrong type: expected object, got {found}")));
    }
    let errors = model.validator().into_iter().flat_map(|validator| validator.iter_errors(input));
    match errors.filter_map(|error| gateway_message(&error)).next() {
        Some(message) => Err(bad_request(format!("property input validation failed: {message}"))),
        None => Ok(input.clone()),
    }
}

/// Returns the gateway's message for an error, or `None` if the gateway does not check for it.
fn gateway_message(error: &ValidationError<'_>) -> Option<String> {
    let instance = error.instance();
    let text = match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            format!("additional properties forbidden, found {}", unexpected.first()?)
        }
        Kind::Enum { .. } => "matches none of the enum values".to_owned(),
        Kind::Minimum { limit } => format!("expected {instance} to be greater than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("expected {instance} to be strictly greater than {limit}"),
        Kind::Maximum { limit } => format!("expected {instance} to be smaller than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("expected {instance} to be strictly smaller than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("expected {instance} to be a multiple of {multiple_of}"),
        Kind::MinItems { limit } => format!("expect array to have at least {limit} items"),
        Kind::MaxItems { limit } => format!("expect array to have at most {limit} items"),
        Kind::MinLength { limit } => format!("string too short, expected at least {limit}"),
        Kind::MaxLength { limit } => format!("string too long, expected at most {limit}"),
        Kind::Pattern { pattern } => format!("failed to match pattern {pattern}"),
        _ => return None,
    };
    let mut message = String::new();
    for segment in segments(error) {
        match segment.parse::<usize>() {
            Ok(index) => message.push_str(&format!("failed to validate item {}: ", index + 1)),
            Err(_) => message.push_str(&format!("property {segment} validation failed: ")),
        }
    }
    Some(message + &text)
}

/// Applies the model's own checks to an input that has passed the gateway.
pub(super) fn backend_checks(model: &Model, input: &Value) -> Result<(), ErrorResponse> {
    let errors = model.validator().into_iter().flat_map(|validator| validator.iter_errors(input));
    let mut fields: Vec<InvalidField> = errors.filter_map(|error| backend_field(&error)).collect();
    fields
        .extend(model.expected.iter().filter(|name| is_empty(input.get(name.as_str()))).map(|name| missing("", name)));
    for (name, step) in &model.multiple_of {
        if let Some(value) = input.get(name).and_then(Value::as_u64)
            && value % u64::from(*step) != 0
        {
            fields.push(invalid_value(name, format!("{name} must be a multiple of {step}, got {value}")));
        }
    }
    for (name, limit) in &model.max_items {
        if let Some(items) = input.get(name).and_then(Value::as_array)
            && items.len() > *limit as usize
        {
            fields.push(invalid_value(name, format!("at most {limit} items are taken, got {}", items.len())));
        }
    }
    if fields.is_empty() { Ok(()) } else { Err(ErrorResponse::InvalidInput(fields)) }
}

fn backend_field(error: &ValidationError<'_>) -> Option<InvalidField> {
    let path: String = segments(error).iter().map(|segment| format!("{segment}.")).collect();
    match error.kind() {
        Kind::Required { property } => Some(missing(&path, property.as_str()?)),
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(expected) => expected.to_string(),
                TypeKind::Multiple(_) => "another type".to_owned(),
            };
            Some(InvalidField {
                kind: "invalid_type",
                field: format!("input.{}", path.trim_end_matches('.')),
                description: format!("Invalid type. Expected: {expected}, given: {}", type_name(error.instance())),
            })
        }
        _ => None,
    }
}

fn missing(path: &str, name: &str) -> InvalidField {
    InvalidField { kind: "missing", field: format!("input.{path}{name}"), description: format!("{name} is required") }
}

fn invalid_value(name: &str, description: String) -> InvalidField {
    InvalidField { kind: "invalid_value", field: format!("input.{name}"), description }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

fn segments(error: &ValidationError<'_>) -> Vec<String> {
    error.instance_path().as_str().split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
