//! Parsing within limits.

use serde_json::Value;

use super::error::DocumentError;

/// Reads JSON or YAML.
///
/// serde-saphyr limits the expansion of aliases, and rejects recursive aliases and repeated keys; serde_json limits
/// nesting.
pub(super) fn parse(text: &str) -> Result<Value, DocumentError> {
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| DocumentError::new(format!("the document is not JSON: {e}")))?
    } else {
        // Further lines of the error quote the document.
        serde_saphyr::from_str(text).map_err(|e| {
            let message = e.to_string();
            DocumentError::new(format!("the document is not YAML: {}", message.trim_start_matches("error: ")))
        })?
    };
    if value.is_object() {
        Ok(value)
    } else {
        Err(DocumentError::new("the document is not a mapping of keys to values"))
    }
}
