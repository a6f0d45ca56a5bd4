//! Whether a value is an OpenAPI 3.0 document that the rest can work with.

use std::convert::Infallible;

use roas::{
    v3_0::spec::Spec,
    validation::{Options, Validate as _},
};
use serde_json::Value;

use super::{error::DocumentError, walk};

/// Checks the document; the first fault is the refusal.
pub(super) fn validate(document: &Value) -> Result<(), DocumentError> {
    version(document)?;
    let invalid = |fault: String| DocumentError::new(format!("the document is no valid OpenAPI 3.0: {fault}"));
    let spec: Spec = serde_json::from_value(as_roas_has_it(document)).map_err(|e| invalid(e.to_string()))?;
    // Model schemas are chosen by a header, hence unused by OpenAPI's own rules; nothing else depends on tags.
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

/// Without what is valid but roas has no type for: null among the values of a nullable enum, and integers above those
/// of 64 bits with a sign.
fn as_roas_has_it(document: &Value) -> Value {
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

/// The version becomes part of a file name and of the package's version.
fn version(document: &Value) -> Result<(), DocumentError> {
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let fits = version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
    if version.is_empty() || !fits || version.starts_with('.') || version.len() > 64 {
        return Err(DocumentError::new(format!(
            "info.version {} cannot name a file: letters, digits and .-+_ can, up to 64",
            document["info"]["version"]
        )));
    }
    Ok(())
}
