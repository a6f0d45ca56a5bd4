//! Schemas without references.

use serde_json::{Map, Value};

use crate::{all_of::AllOf, error::Error, reference::resolve};

/// Maximum number of JSON values in an inlined schema.
const MAX_VALUES: usize = 20_000;

/// Returns a schema without references: each is replaced by its target, and each `allOf` is merged.
///
/// A schema that refers to itself has no finite form; where it repeats, any value is allowed.
///
/// # Errors
///
/// When a reference leads nowhere, or the result would be very large.
pub fn inline(document: &Value, schema: &Value) -> Result<Value, Error> {
    Inliner { document, budget: MAX_VALUES }.inline(schema, &[])
}

struct Inliner<'a> {
    document: &'a Value,
    /// Values still allowed: a few references can stand for a schema of any size.
    budget: usize,
}

impl Inliner<'_> {
    fn inline(&mut self, value: &Value, within: &[&str]) -> Result<Value, Error> {
        self.budget = self.budget.checked_sub(1).ok_or_else(|| Error::new("a model's schema is too large"))?;
        if let Some(reference) = value["$ref"].as_str() {
            if within.contains(&reference) {
                return Ok(Value::Object(Map::new()));
            }
            let target = resolve(self.document, value)?;
            return self.inline(target, &[within, &[reference]].concat());
        }
        Ok(match value {
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.inline(item, within)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let inlined = map.iter().map(|(key, value)| Ok((key.clone(), self.inline(value, within)?)));
                let inlined = Value::Object(inlined.collect::<Result<_, Error>>()?);
                match inlined["allOf"] {
                    Value::Array(_) => Value::Object(AllOf::new(self.document, &inlined)?.merge()),
                    _ => inlined,
                }
            }
            other => other.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let document = json!({
            "Tree": {"properties": {"child": {"$ref": "#/Tree"}}},
            "Parts": {"properties": {"child": {"allOf": [{"$ref": "#/Parts"}], "description": "More."}}},
        });
        let tree = inline(&document, &json!({"$ref": "#/Tree"})).unwrap();
        assert_eq!(tree, json!({"properties": {"child": {}}}));
        let parts = inline(&document, &json!({"$ref": "#/Parts"})).unwrap();
        assert_eq!(parts, json!({"properties": {"child": {"description": "More."}}}));
    }

    #[test]
    fn a_schema_that_grows_without_end_is_refused() {
        let mut document = json!({"0": {"type": "string"}});
        for level in 1..16 {
            let reference = json!({"$ref": format!("#/{}", level - 1)});
            document[level.to_string()] = json!({"anyOf": vec![reference; 4]});
        }
        let error = inline(&document, &document["15"]).unwrap_err();
        assert!(error.to_string().contains("too large"), "{error}");
    }
}
