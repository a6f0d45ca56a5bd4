//! The schema of a parameter in the OpenAPI document.

use pruna::Model;
use serde_json::Value;

/// Returns the schema of a parameter, if it is documented.
pub(super) fn property<'a>(model: &Model, name: &str) -> Option<&'a Value> {
    model.schema()?["properties"].get(name)
}

/// Whether a parameter takes media: images, videos or archives.
pub(super) fn is_media(schema: &Value) -> bool {
    schema["format"] == "uri" || schema["items"]["format"] == "uri"
}
