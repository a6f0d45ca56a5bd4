//! The document's schemas of the inputs, and what they say of a value.

use std::{fmt, sync::LazyLock};

use serde_json::{Map, Value};

use crate::{Model, media};

/// The schemas of all inputs, by model.
static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    // Made by codegen, hence valid; a test parses it. An empty map would only cost the warnings.
    serde_json::from_str(include_str!(concat!(env!("PRUNA_GENERATED"), "/schemas.snap.json"))).unwrap_or_default()
});

/// The schema of a model's input.
pub(crate) fn input(model: &Model) -> Option<&'static Value> {
    SCHEMAS.get(model.as_str())
}

/// The schema in the form that `schemars` passes on.
#[cfg(feature = "schemars")]
pub(crate) fn of_model(model: &Model) -> schemars::Schema {
    input(model).and_then(|schema| schemars::Schema::try_from(schema.clone()).ok()).unwrap_or_default()
}

/// The parameters of a model that hold secrets, as the document marks them.
pub(crate) fn is_secret(model: &Model, name: &str) -> bool {
    match input(model).and_then(|schema| schema["properties"].get(name)) {
        Some(property) => property["format"] == "password",
        // Not documented: better hidden than shown.
        None => ["token", "secret", "password", "api_key"].iter().any(|part| name.to_lowercase().contains(part)),
    }
}

/// Something that the service may refuse, as far as the document tells. A hint: the service decides, and its document lags.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The parameter, with the place in a list: `images[2]`.
    pub field: String,
    /// What is odd about it, and what the document asks for.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Compares an input with what is known of the model. Nothing is known of a model that the document does not offer.
pub(crate) fn warnings(model: &Model, value: &Value) -> Vec<Warning> {
    let mut found = Findings(Vec::new());
    let Some(schema) = input(model) else { return found.0 };
    let Some(given) = value.as_object() else {
        found.add("input", "must be an object of parameters");
        return found.0;
    };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            found.add(name, "is required");
        }
    }
    let hints = &model.info().hints;
    let is_there =
        |name: &str| given.get(name).is_some_and(|value| value.as_array().is_none_or(|items| !items.is_empty()));
    for name in hints.expected.iter().filter(|name| !is_there(name)) {
        found.add(name, format!("{model} has little to do without it"));
    }
    for (name, value) in given {
        let Some(property) = schema["properties"].get(name) else {
            found.add(name, format!("{model} does not document this parameter, and refuses what it does not know"));
            continue;
        };
        found.check(name, property, value);
        let step = hints.multiple_of.iter().find(|(field, _)| field == name);
        if let (Some((_, step)), Some(number)) = (step, value.as_i64())
            && number % i64::from(*step) != 0
        {
            found.add(name, format!("{number} is no multiple of {step}"));
        }
        let most = hints.max_items.iter().find(|(field, _)| field == name);
        if let (Some((_, most)), Some(items)) = (most, value.as_array())
            && items.len() > *most as usize
        {
            found.add(name, format!("{} items, at most {most} are taken", items.len()));
        }
    }
    found.0
}

struct Findings(Vec<Warning>);

impl Findings {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(Warning { field: field.to_owned(), message: message.into() });
    }

    /// The part of JSON Schema that the document uses.
    fn check(&mut self, field: &str, schema: &Value, value: &Value) {
        if let Some(expected) = schema["type"].as_str().filter(|expected| !has_type(value, expected)) {
            self.add(field, format!("must be of type {expected}, is {}", type_of(value)));
            return;
        }
        if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
            let allowed: Vec<String> = allowed.iter().map(display).collect();
            self.add(field, format!("{} is not among the documented values {}", display(value), allowed.join(", ")));
        }
        self.check_range(field, schema, value);
        if let Some(items) = value.as_array() {
            self.check_items(field, schema, items);
        }
        if schema["format"] == "uri"
            && let Some(text) = value.as_str().filter(|text| !media::is_address(text))
        {
            self.add(field, format!("{} is no address; local files go in as `Media::path`", display(&text.into())));
        }
    }

    fn check_range(&mut self, field: &str, schema: &Value, value: &Value) {
        let Some(number) = value.as_f64() else { return };
        if let Some(least) = schema["minimum"].as_f64().filter(|least| number < *least) {
            self.add(field, format!("{number} is below the documented {least}"));
        }
        if let Some(most) = schema["maximum"].as_f64().filter(|most| number > *most) {
            self.add(field, format!("{number} is above the documented {most}"));
        }
        if let Some(step) = schema["multipleOf"].as_f64().filter(|step| *step > 0.0 && number % step != 0.0) {
            self.add(field, format!("{number} is no multiple of {step}"));
        }
    }

    fn check_items(&mut self, field: &str, schema: &Value, items: &[Value]) {
        if let Some(least) = schema["minItems"].as_u64().filter(|least| (items.len() as u64) < *least) {
            self.add(field, format!("{} items, at least {least} are documented", items.len()));
        }
        if let Some(most) = schema["maxItems"].as_u64().filter(|most| (items.len() as u64) > *most) {
            self.add(field, format!("{} items, at most {most} are documented", items.len()));
        }
        for (index, item) in items.iter().enumerate() {
            self.check(&format!("{field}[{index}]"), &schema["items"], item);
        }
    }
}

fn has_type(value: &Value, expected: &str) -> bool {
    match expected {
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        _ => type_of(value) == expected,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value for a message, cut to a length that a line can hold.
fn display(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
