//! The documented schemas of the inputs.

mod secrets;
mod validator;

use std::sync::LazyLock;

use serde_json::{Map, Value};

pub(crate) use secrets::secrets;
pub use validator::Warning;
pub(crate) use validator::warnings;

use crate::model::Model;

/// The schemas of all inputs, by model.
static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    // Made by codegen, hence valid; a test parses it. An empty map would only cost the warnings.
    serde_json::from_str(include_str!(concat!(env!("PRUNA_GENERATED"), "/schemas.snap.json"))).unwrap_or_default()
});

impl Model {
    /// Returns the JSON Schema of the model's input, when the OpenAPI document has one.
    #[must_use]
    pub fn schema(&self) -> Option<&'static Value> {
        input(self)
    }
}

/// Returns the schema of a model's input.
pub(crate) fn input(model: &Model) -> Option<&'static Value> {
    SCHEMAS.get(model.as_str())
}

/// Returns the schema in the form that `schemars` passes on.
#[cfg(feature = "schemars")]
pub(crate) fn of_model(model: &Model) -> schemars::Schema {
    input(model).and_then(|schema| schemars::Schema::try_from(schema.clone()).ok()).unwrap_or_default()
}
