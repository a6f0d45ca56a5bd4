//! Whether a value is an OpenAPI 3.0 document that the rest can work with.

use roas::{
    v3_0::spec::Spec,
    validation::{Options, Validate as _},
};
use serde_json::Value;

use super::Refused;

/// Checks the document; the first fault is the refusal.
pub(super) fn validate(document: &Value) -> Result<(), Refused> {
    version(document)?;
    let invalid = |fault: String| Refused::new(format!("the document is no valid OpenAPI 3.0: {fault}"));
    let spec: Spec = serde_json::from_value(document.clone()).map_err(|e| invalid(e.to_string()))?;
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

/// The version becomes part of a file name and of the package's version.
fn version(document: &Value) -> Result<(), Refused> {
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let fits = version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'));
    if version.is_empty() || !fits || version.starts_with('.') || version.len() > 64 {
        return Err(Refused::new(format!(
            "info.version {} cannot name a file: letters, digits and .-+_ can, up to 64",
            document["info"]["version"]
        )));
    }
    Ok(())
}
