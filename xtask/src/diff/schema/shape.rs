//! A schema with its `allOf` merged, without copying.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::differ::resolve;

/// Maximum number of parts of an `allOf`.
const MAX_PARTS: usize = 256;

/// The parts of a schema that apply together.
pub(super) struct Shape<'a> {
    parts: Vec<&'a Map<String, Value>>,
}

impl<'a> Shape<'a> {
    /// Creates the shape of a schema, following `$ref`.
    pub(super) fn new(document: &'a Value, schema: &'a Value) -> Self {
        let mut parts: Vec<&'a Map<String, Value>> = Vec::new();
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            let Some(map) = resolve(document, schema).as_object() else { continue };
            if parts.len() >= MAX_PARTS || parts.iter().any(|known| std::ptr::eq(*known, map)) {
                continue;
            }
            parts.push(map);
            open.extend(map.get("allOf").and_then(Value::as_array).into_iter().flatten().rev());
        }
        Self { parts }
    }

    /// Returns a keyword from the first part that has it.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.parts.iter().find_map(|part| part.get(keyword))
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, keyword: &str) -> bool {
        self.get(keyword).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns the properties of all parts, in order.
    pub(super) fn properties(&self) -> Vec<(&'a str, &'a Value)> {
        let mut taken = BTreeSet::new();
        let properties = self.parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten();
        properties.map(|(name, schema)| (name.as_str(), schema)).filter(|(name, _)| taken.insert(*name)).collect()
    }

    pub(super) fn property(&self, name: &str) -> Option<&'a Value> {
        self.parts.iter().find_map(|part| part.get("properties")?.get(name))
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        let mut lists = self.parts.iter().filter_map(|part| part.get("required")?.as_array());
        lists.any(|names| names.iter().any(|required| required == name))
    }

    /// Returns the branches of `oneOf` and `anyOf`.
    pub(super) fn choices(&self) -> Vec<&'a Value> {
        let lists = self.parts.iter().flat_map(|part| ["oneOf", "anyOf"].map(|key| part.get(key)));
        lists.flatten().filter_map(Value::as_array).flatten().collect()
    }
}
