//! The OpenAPI document as JSON, in the order in which it was written.

use pruna_openapi::Error;
use serde_json::Value;

pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    let document: Value =
        serde_json::from_str(text).map_err(|e| Error::new(format!("the document is not JSON: {e}")))?;
    match document["openapi"].as_str() {
        Some(version) if version.starts_with("3.0") => Ok(document),
        Some(version) => Err(Error::new(format!("the document is OpenAPI {version}; 3.0 is needed"))),
        None => Err(Error::new("the document has no `openapi` version")),
    }
}

/// Applies an RFC 6902 patch, one operation at a time, so that a failure can name the operation.
///
/// # Errors
///
/// When the patch does not parse, or an operation fails; for a `test` the message shows both values.
pub fn apply_fixups(mut document: Value, fixups: &str) -> Result<Value, Error> {
    let patch: json_patch::Patch =
        serde_json::from_str(fixups).map_err(|e| Error::new(format!("the fixups are not a JSON Patch: {e}")))?;
    for (index, operation) in patch.0.iter().enumerate() {
        if let json_patch::PatchOperation::Test(test) = operation {
            let found = document.pointer(test.path.as_str()).unwrap_or(&Value::Null);
            if *found != test.value {
                return Err(Error::new(format!(
                    "fixup {index} does not fit the document: at {} it expects {}, the document has {found}",
                    test.path, test.value
                )));
            }
        }
        json_patch::patch(&mut document, std::slice::from_ref(operation))
            .map_err(|e| Error::new(format!("fixup {index} at {} fails: {e}", operation.path())))?;
    }
    Ok(document)
}

/// The methods that an OpenAPI path item can have.
pub(crate) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Calls `visit(path, method, operation)` for every operation, in order.
pub(crate) fn for_each_operation(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Value)) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).filter(|operation| operation.is_object()) {
                visit(path, method, operation);
            }
        }
    }
}
