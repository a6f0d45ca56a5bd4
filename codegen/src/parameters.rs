//! The parameters of every model as static data, one line each, in the order of the document.

use pruna_openapi::ModelFacts;
use serde_json::Value;

use crate::{Kind, ModelInput, emit, names::ident};

/// Returns the source of the tables behind `Model::parameters`, one for each model with what is known of it.
pub(crate) fn emit<'a>(models: impl Iterator<Item = (&'a ModelInput, ModelFacts)>) -> String {
    let mut lines = Vec::new();
    for (input, facts) in models {
        lines.push(format!("pub(crate) static {}: &[Parameter] = &[", ident(&input.constant_name)));
        for (name, schema) in input.model.parameters().into_iter().flatten() {
            let is_required = input.fields.iter().any(|field| field.name == *name && field.required);
            lines.push(format!("    {},", parameter(name, schema, is_required, &facts)));
        }
        lines.push("];".to_owned());
    }
    emit::text(&lines)
}

fn parameter(name: &str, schema: &Value, is_required: bool, facts: &ModelFacts) -> String {
    let docs = schema["description"].as_str().unwrap_or_default().trim();
    let mut line = format!("Parameter::new({name:?}, {}, {docs:?})", parameter_type(schema));
    if is_required {
        line.push_str(".required()");
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        line.push_str(&format!(".default({})", value(default)));
    }
    let step = schema["multipleOf"].as_f64().or_else(|| facts.multiple_of.get(name).map(|step| f64::from(*step)));
    for (method, bound) in
        [("minimum", schema["minimum"].as_f64()), ("maximum", schema["maximum"].as_f64()), ("step", step)]
    {
        if let Some(bound) = bound {
            line.push_str(&format!(".{method}({bound:?})"));
        }
    }
    let max_items = schema["maxItems"].as_u64().or_else(|| facts.max_items.get(name).map(|most| u64::from(*most)));
    for (method, count) in [("min_items", schema["minItems"].as_u64()), ("max_items", max_items)] {
        if let Some(count) = count {
            line.push_str(&format!(".{method}({})", u32::try_from(count).unwrap_or(u32::MAX)));
        }
    }
    let choices = schema["enum"].as_array().or_else(|| schema["items"]["enum"].as_array());
    if let Some(choices) = choices.filter(|choices| !choices.is_empty()) {
        let choices: Vec<String> = choices.iter().map(value).collect();
        line.push_str(&format!(".choices(&[{}])", choices.join(", ")));
    }
    line
}

fn parameter_type(schema: &Value) -> String {
    let name = match Kind::of(schema) {
        Kind::Text => "Text",
        Kind::Integer => "Integer",
        Kind::Number => "Number",
        Kind::Boolean => "Boolean",
        Kind::Media => "Media",
        Kind::Secret => "Secret",
        Kind::OpenEnum(_) => "Choice",
        Kind::List(_) => return format!("ParameterType::List(&{})", parameter_type(&schema["items"])),
        Kind::Any => "Json",
    };
    format!("ParameterType::{name}")
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("ParameterValue::Text({text:?})"),
        Value::Bool(flag) => format!("ParameterValue::Boolean({flag})"),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => format!("ParameterValue::Integer({integer})"),
            (None, Some(float)) => format!("ParameterValue::Number({float:?})"),
            (None, None) => format!("ParameterValue::Json({:?})", number.to_string()),
        },
        other => format!("ParameterValue::Json({:?})", other.to_string()),
    }
}
