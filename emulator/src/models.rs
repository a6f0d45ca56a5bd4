//! The models: input schema and limit from the OpenAPI document, the rest from `openapi/models.toml`.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use jsonschema::{Draft, Validator};
use pruna_openapi::Table;
use serde_json::{Value, json};

use crate::kind::Kind;

/// One model.
#[derive(Debug)]
pub(crate) struct Model {
    /// Value of the `Model` header.
    pub(crate) id: String,
    /// Requests per minute, where known.
    pub(crate) per_minute: Option<u32>,
    /// Whether it trains LoRA weights.
    pub(crate) trains: bool,
    /// Kinds of file that it makes, the usual first.
    pub(crate) outputs: Vec<Kind>,
    /// Usual time from submission to result.
    pub(crate) typical: Duration,
    /// Fields that must be multiples of a number.
    pub(crate) multiple_of: BTreeMap<String, u32>,
    /// Fields that are needed although the schema does not require them.
    pub(crate) expected: Vec<String>,
    /// Longest arrays that are taken.
    pub(crate) max_items: BTreeMap<String, u32>,
    /// Schema of `input`, without references.
    pub(crate) schema: Value,
    validator: OnceLock<Option<Validator>>,
}

impl Model {
    /// Schema of the field `name`.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.schema["properties"].get(name)
    }

    /// The value of `name` in `input`, or the schema's default.
    pub(crate) fn value<'a>(&'a self, input: &'a Value, name: &str) -> Option<&'a Value> {
        match input.get(name) {
            Some(value) if !value.is_null() => Some(value),
            _ => self.field(name)?.get("default"),
        }
    }

    /// Validator of `input`, compiled at first use. `None` if the schema is none.
    pub(crate) fn validator(&self) -> Option<&Validator> {
        self.validator
            .get_or_init(|| {
                // OpenAPI 3.0 took its keywords from draft 4 (a boolean exclusiveMinimum, for instance).
                jsonschema::options().with_draft(Draft::Draft4).should_validate_formats(false).build(&self.schema).ok()
            })
            .as_ref()
    }
}

/// Reads the models of the document.
pub(crate) fn read(document: &Value) -> io::Result<Vec<Model>> {
    let table = Table::parse(pruna_openapi::MODELS).map_err(invalid)?;
    let described = pruna_openapi::read_models(document).map_err(invalid)?;
    let models = pruna_openapi::model_ids(document).into_iter().map(|id| {
        let schema = described.iter().find(|schema| schema.id == id);
        let facts = table.facts(&id, schema);
        let outputs = facts.outputs.iter().map(|name| {
            Kind::from_name(name).ok_or_else(|| invalid(format!("{id}: files of the kind {name} are not supported")))
        });
        Ok(Model {
            per_minute: facts.requests_per_minute,
            trains: facts.category == "trainer",
            outputs: outputs.collect::<io::Result<_>>()?,
            typical: Duration::try_from_secs_f64(facts.typical_seconds).unwrap_or_default(),
            multiple_of: facts.multiple_of,
            expected: facts.expected,
            max_items: facts.max_items,
            schema: schema.map_or_else(|| json!({"type": "object"}), |schema| schema.schema.clone()),
            id,
            validator: OnceLock::new(),
        })
    });
    models.collect()
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
