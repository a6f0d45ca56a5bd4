//! The models: input schema and limit from the document, the rest from `openapi/models.toml`.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jsonschema::{Draft, Validator};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::rate_limit;
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
    pub(crate) multiple_of: BTreeMap<String, u64>,
    /// Fields that are needed although the schema does not require them.
    pub(crate) expected: Vec<String>,
    /// Longest arrays that are taken.
    pub(crate) max_items: BTreeMap<String, usize>,
    /// Schema of `input`.
    pub(crate) schema: Value,
    components: Arc<Value>,
    validator: OnceLock<Option<Validator>>,
}

impl Model {
    /// Schema of the field `name`.
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        let field = &self.schema["properties"][name];
        match field["$ref"].as_str().and_then(|target| target.strip_prefix("#/components")) {
            Some(pointer) => self.components.pointer(pointer),
            None => (!field.is_null()).then_some(field),
        }
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
                let mut schema = self.schema.clone();
                if schema.to_string().contains("\"$ref\"") {
                    // References of the document stay valid because the components come along.
                    schema["components"] = Value::clone(&self.components);
                }
                // OpenAPI 3.0 took its keywords from draft 4 (a boolean exclusiveMinimum, for instance).
                jsonschema::options().with_draft(Draft::Draft4).should_validate_formats(false).build(&schema).ok()
            })
            .as_ref()
    }
}

/// An entry of `models.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    category: Option<String>,
    outputs: Vec<Kind>,
    typical_seconds: Option<f64>,
    requests_per_minute: Option<u32>,
    multiple_of: BTreeMap<String, u64>,
    expected: Vec<String>,
    max_items: BTreeMap<String, usize>,
}

/// Reads the models that the document lists in the `Model` header.
pub(crate) fn read(document: &Value, table: &str) -> io::Result<Vec<Model>> {
    let mut table: BTreeMap<String, Entry> =
        toml::from_str(table).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let components = Arc::new(document["components"].clone());
    let models = model_ids(document)
        .into_iter()
        .map(|id| {
            let entry = table.remove(&id).unwrap_or_default();
            model(id, &components, entry)
        })
        .collect();
    Ok(models)
}

/// The enum of the header `Model`; failing that, every component that describes an `input`.
fn model_ids(document: &Value) -> Vec<String> {
    let operations = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let listed = operations
        .filter_map(Value::as_object)
        .flat_map(|item| item.values())
        .filter_map(|operation| operation["parameters"].as_array())
        .flatten()
        .find(|parameter| parameter["in"] == "header" && parameter["name"] == "Model")
        .map(|parameter| match parameter["schema"]["$ref"].as_str() {
            Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
            None => &parameter["schema"],
        })
        .and_then(|schema| schema["enum"].as_array());
    if let Some(listed) = listed {
        return listed.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    }
    let schemas = document["components"]["schemas"].as_object();
    schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema["properties"]["input"]["additionalProperties"] == false)
        .map(|(id, _)| id.clone())
        .collect()
}

fn model(id: String, components: &Arc<Value>, entry: Entry) -> Model {
    let component = &components["schemas"][&id];
    let mut schema = component["properties"]["input"].clone();
    if !schema.is_object() {
        schema = json!({"type": "object"});
    }
    let outputs = if entry.outputs.is_empty() { vec![likely_output(&schema)] } else { entry.outputs };
    let trains = match &entry.category {
        Some(category) => category == "trainer",
        None => outputs.first() == Some(&Kind::Zip),
    };
    let typical = entry.typical_seconds.unwrap_or(match outputs.first() {
        Some(Kind::Mp4) => 45.0,
        Some(Kind::Zip) => 900.0,
        _ => 2.0,
    });
    Model {
        per_minute: entry.requests_per_minute.or_else(|| component["description"].as_str().and_then(rate_limit)),
        trains,
        outputs,
        typical: Duration::try_from_secs_f64(typical).unwrap_or_default(),
        multiple_of: entry.multiple_of,
        expected: entry.expected,
        max_items: entry.max_items,
        components: Arc::clone(components),
        schema,
        id,
        validator: OnceLock::new(),
    }
}

/// A guess for a model that the table does not know, from the fields it takes.
fn likely_output(schema: &Value) -> Kind {
    let has = |names: &[&str]| names.iter().any(|name| !schema["properties"][name].is_null());
    if has(&["image_data", "training_type"]) {
        Kind::Zip
    } else if has(&["num_frames", "frame_num", "frames_per_second", "fps", "target_fps", "save_audio", "video_prompt"])
    {
        Kind::Mp4
    } else {
        Kind::Jpg
    }
}
