//! Checks an input against the documented schema.

use std::fmt;

use serde_json::Value;

use crate::{media, model::Model, parameters::Parameter};

/// Maximum length of a value in a message, in characters.
const MAX_SHOWN: usize = 80;

/// A problem found by checking an input against the documented schema.
///
/// The service may accept the input nevertheless, because its documentation may lag behind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The parameter, with the place in a list: `images[2]`.
    pub field: String,
    /// The problem, and what is documented.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Returns the problems of an input. Nothing is checked for a model that is not documented.
pub(crate) fn warnings(model: &Model, value: &Value) -> Vec<Warning> {
    let mut found = Findings { warnings: Vec::new() };
    let Some(schema) = super::input(model) else { return found.warnings };
    let Some(given) = value.as_object() else {
        found.add("input", "must be an object of parameters");
        return found.warnings;
    };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            found.add(name, "is required");
        }
    }
    let is_there =
        |name: &str| given.get(name).is_some_and(|value| value.as_array().is_none_or(|items| !items.is_empty()));
    for name in model.info().expected.iter().filter(|name| !is_there(name)) {
        found.add(name, format!("{model} requires it, although the schema does not"));
    }
    for (name, value) in given {
        let parameter = model.parameters().iter().find(|parameter| parameter.name == name);
        match (parameter, schema["properties"].get(name)) {
            (Some(parameter), Some(property)) => {
                found.check(name, property, value);
                found.check_hints(parameter, property, value);
            }
            _ => found.add(name, format!("{model} does not document this parameter, and rejects unknown ones")),
        }
    }
    found.warnings
}

struct Findings {
    warnings: Vec<Warning>,
}

impl Findings {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.warnings.push(Warning { field: field.to_owned(), message: message.into() });
    }

    /// Checks the keywords of JSON Schema that the OpenAPI document uses.
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
        if let Some(text) = value.as_str()
            && schema["format"] == "uri"
            && !media::is_address(text)
        {
            self.add(field, format!("{} is not a URL; pass local files as `Media::path`", display(&text.into())));
        }
    }

    fn check_range(&mut self, field: &str, schema: &Value, value: &Value) {
        let Some(number) = value.as_f64() else { return };
        if let Some(minimum) = schema["minimum"].as_f64().filter(|minimum| number < *minimum) {
            self.add(field, format!("{number} is below the documented minimum {minimum}"));
        }
        if let Some(maximum) = schema["maximum"].as_f64().filter(|maximum| number > *maximum) {
            self.add(field, format!("{number} is above the documented maximum {maximum}"));
        }
        self.check_step(field, schema["multipleOf"].as_f64(), number);
    }

    fn check_step(&mut self, field: &str, step: Option<f64>, number: f64) {
        if let Some(step) = step.filter(|step| *step > 0.0 && number % step != 0.0) {
            self.add(field, format!("{number} is not a multiple of {step}"));
        }
    }

    /// Checks the rules that the OpenAPI document has in prose only.
    fn check_hints(&mut self, parameter: &Parameter, schema: &Value, value: &Value) {
        if let Some(number) = value.as_f64()
            && schema.get("multipleOf").is_none()
        {
            self.check_step(parameter.name, parameter.step, number);
        }
        if let Some(items) = value.as_array()
            && schema.get("maxItems").is_none()
            && let Some(most) = parameter.max_items.filter(|most| items.len() > *most as usize)
        {
            self.add(parameter.name, format!("{} items, at most {most} are accepted", items.len()));
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

/// Writes a value for a message, cut to a length that a line can hold.
fn display(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
