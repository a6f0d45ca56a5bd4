//! Following a `$ref`.

use serde_json::Value;

use crate::error::Error;

/// Maximum length of a chain of references.
const MAX_REFERENCES: usize = 16;

/// Follows `$ref` from a value to what it refers to. A value without `$ref` is returned as it is.
///
/// # Errors
///
/// When the reference points outside the document, to nothing, or in a circle.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> Result<&'a Value, Error> {
    for _ in 0..MAX_REFERENCES {
        let Some(reference) = value["$ref"].as_str() else { return Ok(value) };
        value = reference
            .strip_prefix('#')
            .and_then(|pointer| document.pointer(pointer))
            .ok_or_else(|| Error::new(format!("`$ref` to {reference}, which is not in the document")))?;
    }
    Err(Error::new(format!("`$ref` in a circle: {value}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_followed_to_its_end_or_refused() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/c"}, "c": {"type": "string"},
            "lost": {"$ref": "#/nowhere"}, "circle": {"$ref": "#/circle"}});
        assert_eq!(resolve(&document, &document["a"]).unwrap(), &document["c"]);
        for (name, says) in [("lost", "#/nowhere, which is not in the document"), ("circle", "in a circle")] {
            let error = resolve(&document, &document[name]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
