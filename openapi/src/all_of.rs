//! `allOf`: several schemas that hold at once, read as one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{Error, resolve};

/// Maximum number of schemas that one `allOf` may bring together; further ones are ignored.
const MAX_PARTS: usize = 256;

/// A schema and the parts of its `allOf`, nested ones included, without copying any of them.
///
/// Properties and required names add up. Of any other keyword the first value counts, and the schema itself comes before
/// its parts.
#[derive(Clone, Debug, Default)]
pub struct AllOf<'a> {
    parts: Vec<&'a Map<String, Value>>,
}

impl<'a> AllOf<'a> {
    /// Collects the parts of a schema, following references.
    ///
    /// # Errors
    ///
    /// When a reference leads nowhere.
    pub fn new(document: &'a Value, schema: &'a Value) -> Result<Self, Error> {
        let mut parts: Vec<&'a Map<String, Value>> = Vec::new();
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            let Some(map) = resolve(document, schema)?.as_object() else { continue };
            if parts.len() >= MAX_PARTS || parts.iter().any(|known| std::ptr::eq(*known, map)) {
                continue;
            }
            parts.push(map);
            open.extend(map.get("allOf").and_then(Value::as_array).into_iter().flatten().rev());
        }
        Ok(Self { parts })
    }

    /// Returns the parts that have a keyword, with its value.
    pub fn all(&self, keyword: &str) -> impl Iterator<Item = &'a Value> {
        self.parts.iter().filter_map(move |part| part.get(keyword))
    }

    /// Returns the value of a keyword in the first part that has it.
    #[must_use]
    pub fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.all(keyword).next()
    }

    /// Returns the properties of all parts, in order.
    #[must_use]
    pub fn properties(&self) -> Vec<(&'a str, &'a Value)> {
        let mut taken = BTreeSet::new();
        let properties = self.all("properties").filter_map(Value::as_object).flatten();
        properties.map(|(name, schema)| (name.as_str(), schema)).filter(|(name, _)| taken.insert(*name)).collect()
    }

    /// Returns the schema of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'a Value> {
        self.all("properties").find_map(|properties| properties.get(name))
    }

    /// Returns the names of the required properties.
    pub fn required(&self) -> impl Iterator<Item = &'a Value> {
        self.all("required").filter_map(Value::as_array).flatten()
    }

    /// Whether a property is required.
    #[must_use]
    pub fn requires(&self, name: &str) -> bool {
        self.required().any(|required| required == name)
    }

    /// Returns the branches of `oneOf` and `anyOf`, part by part.
    #[must_use]
    pub fn choices(&self) -> Vec<&'a Value> {
        let lists = self.parts.iter().flat_map(|part| ["oneOf", "anyOf"].map(|key| part.get(key)));
        lists.flatten().filter_map(Value::as_array).flatten().collect()
    }

    /// Writes the parts as one schema without `allOf`, keywords in the order in which they first appear.
    #[must_use]
    pub fn merge(&self) -> Map<String, Value> {
        let mut merged = Map::new();
        for (key, value) in self.parts.iter().copied().flatten().filter(|(key, _)| *key != "allOf") {
            if merged.contains_key(key) {
                continue;
            }
            let value = match key.as_str() {
                "properties" => {
                    let properties =
                        self.properties().into_iter().map(|(name, schema)| (name.to_owned(), schema.clone()));
                    Value::Object(properties.collect())
                }
                "required" => Value::Array(self.required().cloned().collect()),
                _ => value.clone(),
            };
            merged.insert(key.clone(), value);
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_add_up_and_of_anything_else_the_first_counts() {
        let document =
            json!({"Size": {"type": "object", "required": ["width"], "properties": {"width": {"minimum": 1}}}});
        let schema = json!({"description": "Own.", "properties": {"allOf": {"type": "boolean"}}, "allOf": [
            {"$ref": "#/Size"},
            {"description": "A part's.", "required": ["prompt"], "properties": {"prompt": {}, "width": {}}},
        ]});
        let merged = AllOf::new(&document, &schema).unwrap().merge();
        assert_eq!(
            Value::Object(merged),
            json!({
                "description": "Own.", "type": "object", "required": ["width", "prompt"],
                "properties": {"allOf": {"type": "boolean"}, "width": {"minimum": 1}, "prompt": {}},
            })
        );
    }

    #[test]
    fn a_part_that_contains_itself_counts_once() {
        let document = json!({"A": {"title": "a", "allOf": [{"$ref": "#/A"}]}});
        let merged = AllOf::new(&document, &document["A"]).unwrap().merge();
        assert_eq!(Value::Object(merged), json!({"title": "a"}));
    }
}
