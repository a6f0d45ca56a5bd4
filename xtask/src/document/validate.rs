//! Validation of an OpenAPI 3.0 document.

use std::convert::Infallible;

use roas::{
    v3_0::spec::Spec,
    validation::{Options, Validate as _},
};
use serde_json::Value;

use super::{error::DocumentError, walk};

/// Validates the document; the error describes the first fault.
pub(super) fn validate(document: &Value) -> Result<(), DocumentError> {
    version(document)?;
    let invalid = |fault: String| DocumentError::new(format!("the document is not valid OpenAPI 3.0: {fault}"));
    let spec: Spec = serde_json::from_value(supported_by_roas(document)).map_err(|e| invalid(e.to_string()))?;
    // A header selects the model schemas, so OpenAPI considers them unused. The library does not use tags.
    let options = Options::IgnoreMissingTags
        | Options::IgnoreUnusedSchemas
        | Options::IgnoreUnusedTags
        | Options::IgnoreUnusedParameters
        | Options::IgnoreUnusedResponses
        | Options::IgnoreUnusedRequestBodies
        | Options::IgnoreUnusedHeaders
        | Options::IgnoreUnusedExamples
        | Options::IgnoreUnusedSecuritySchemes;
    spec.validate(options, None).map_err(|error| {
        let faults = error.errors;
        let more = if faults.len() > 1 { format!(" (and {} more)", faults.len() - 1) } else { String::new() };
        invalid(format!("{}{more}", faults.first().map(ToString::to_string).unwrap_or_default()))
    })
}

/// Removes what is valid but not supported by roas: null in a nullable enum, and integers beyond `i64`.
fn supported_by_roas(document: &Value) -> Value {
    let mut document = document.clone();
    let _: Result<(), Infallible> = walk::schemas(&mut document, &mut |_, schema| {
        let Some(map) = schema.as_object_mut() else { return Ok(()) };
        if let Some(values) = map.get_mut("enum").and_then(Value::as_array_mut) {
            values.retain(|value| !value.is_null());
        }
        for keyword in ["default", "minimum", "maximum"] {
            if map.get(keyword).is_some_and(|value| {
                value.is_number() && !value.is_i64() && map.get("type").is_some_and(|t| t == "integer")
            }) {
                map.shift_remove(keyword);
            }
        }
        Ok(())
    });
    document
}

/// Checks the version, which becomes part of a file name and of the package's version.
fn version(document: &Value) -> Result<(), DocumentError> {
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let is_valid = version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
    if version.is_empty() || !is_valid || version.starts_with('.') || version.len() > 64 {
        return Err(DocumentError::new(format!(
            "info.version {} is not valid in a file name; use up to 64 letters, digits and .-+_",
            document["info"]["version"]
        )));
    }
    Ok(())
}
