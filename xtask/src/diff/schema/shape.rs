//! A schema with its `allOf` merged, without copying.

use pruna_openapi::AllOf;
use serde_json::Value;

/// The parts of a schema that apply together.
pub(super) struct Shape<'a> {
    parts: AllOf<'a>,
}

impl<'a> Shape<'a> {
    /// Creates the shape of a schema, following `$ref`.
    pub(super) fn new(document: &'a Value, schema: &'a Value) -> Self {
        // Validation rejects references to nothing; otherwise the schema counts as any value.
        Self { parts: AllOf::new(document, schema).unwrap_or_default() }
    }

    /// Returns a keyword from the first part that has it.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.parts.get(keyword)
    }

    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, keyword: &str) -> bool {
        self.get(keyword).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns the properties of all parts, in order.
    pub(super) fn properties(&self) -> Vec<(&'a str, &'a Value)> {
        self.parts.properties()
    }

    pub(super) fn property(&self, name: &str) -> Option<&'a Value> {
        self.parts.property(name)
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.parts.requires(name)
    }

    /// Returns the branches of `oneOf` and `anyOf`.
    pub(super) fn choices(&self) -> Vec<&'a Value> {
        self.parts.choices()
    }
}
