//! A schema with its `allOf` read as one, without copying any of it.

use pruna_openapi::AllOf;
use serde_json::Value;

/// All the parts that hold at once.
pub(super) struct Shape<'a> {
    parts: AllOf<'a>,
}

impl<'a> Shape<'a> {
    /// The shape of a schema, `$ref` followed.
    pub(super) fn new(document: &'a Value, schema: &'a Value) -> Self {
        // Validation refuses references that lead nowhere; one that slips through counts as anything.
        Self { parts: AllOf::new(document, schema).unwrap_or_default() }
    }

    /// A keyword, from the first part that has it.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.parts.get(keyword)
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, keyword: &str) -> bool {
        self.get(keyword).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The properties of all parts, in order.
    pub(super) fn properties(&self) -> Vec<(&'a str, &'a Value)> {
        self.parts.properties()
    }

    pub(super) fn property(&self, name: &str) -> Option<&'a Value> {
        self.parts.property(name)
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.parts.requires(name)
    }

    /// The branches of `oneOf` and `anyOf`.
    pub(super) fn choices(&self) -> Vec<&'a Value> {
        self.parts.choices()
    }
}
