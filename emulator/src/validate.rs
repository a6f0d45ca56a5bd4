//! The two checks of an input. The gateway compares it with the model's schema and words its refusals like the Lua
//! library it uses; what passes there is looked at by the model's own validation, which answers 422.
//!
//! Who refuses what follows the captures: unknown fields, values outside an enum and a missing `input` come back as the
//! gateway's 400; a missing field and a wrong type are the documented examples of the 422. Ranges and array lengths are
//! the gateway's here, rules that the schema has in prose only are the model's.

use hyper::StatusCode;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Fault};
use serde_json::Value;

use crate::answer::{InvalidField, Refusal};
use crate::models::Model;

/// Parses the body of a submission and applies the gateway's check. Returns `input`.
pub(crate) fn gateway(model: &Model, body: &[u8]) -> Result<Value, Refusal> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| Refusal::gateway(StatusCode::BAD_REQUEST, "request body is not valid JSON"))?;
    let bad = |message: String| Refusal::gateway(StatusCode::BAD_REQUEST, message);
    let Some(fields) = body.as_object() else {
        return Err(bad(format!("wrong type: expected object, got {}", type_name(&body))));
    };
    let Some(input) = fields.get("input") else {
        return Err(bad("property input is required".to_owned()));
    };
    if !input.is_object() {
        let found = type_name(input);
        return Err(bad(format!("property input validation failed: wrong type: expected object, got {found}")));
    }
    let errors = model.validator().into_iter().flat_map(|validator| validator.iter_errors(input));
    match errors.filter_map(|error| gateway_message(&error)).next() {
        Some(message) => Err(bad(format!("property input validation failed: {message}"))),
        None => Ok(input.clone()),
    }
}

/// The gateway's wording of a fault, if the fault is the gateway's to find.
fn gateway_message(error: &ValidationError<'_>) -> Option<String> {
    let instance = error.instance();
    let text = match error.kind() {
        Fault::AdditionalProperties { unexpected } => {
            format!("additional properties forbidden, found {}", unexpected.first()?)
        }
        Fault::Enum { .. } => "matches none of the enum values".to_owned(),
        Fault::Minimum { limit } => format!("expected {instance} to be greater than {limit}"),
        Fault::ExclusiveMinimum { limit } => format!("expected {instance} to be strictly greater than {limit}"),
        Fault::Maximum { limit } => format!("expected {instance} to be smaller than {limit}"),
        Fault::ExclusiveMaximum { limit } => format!("expected {instance} to be strictly smaller than {limit}"),
        Fault::MultipleOf { multiple_of } => format!("expected {instance} to be a multiple of {multiple_of}"),
        Fault::MinItems { limit } => format!("expect array to have at least {limit} items"),
        Fault::MaxItems { limit } => format!("expect array to have at most {limit} items"),
        Fault::MinLength { limit } => format!("string too short, expected at least {limit}"),
        Fault::MaxLength { limit } => format!("string too long, expected at most {limit}"),
        Fault::Pattern { pattern } => format!("failed to match pattern {pattern}"),
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

/// The model's own check of an input that the gateway let through.
pub(crate) fn backend(model: &Model, input: &Value) -> Result<(), Refusal> {
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
    if fields.is_empty() { Ok(()) } else { Err(Refusal::Invalid(fields)) }
}

fn backend_field(error: &ValidationError<'_>) -> Option<InvalidField> {
    let path: String = segments(error).iter().map(|segment| format!("{segment}.")).collect();
    match error.kind() {
        Fault::Required { property } => Some(missing(&path, property.as_str()?)),
        Fault::Type { kind } => {
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
