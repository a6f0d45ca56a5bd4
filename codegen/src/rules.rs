//! Rules that remove from the document what progenitor cannot express. They cover operations of later versions too.
//!
//! Each rule logs its changes; a snapshot test compares the log.

use std::collections::BTreeSet;

use heck::{ToLowerCamelCase as _, ToUpperCamelCase as _};
use pruna_openapi::{Error, resolve};
use serde_json::{Value, json};

use crate::{
    docs,
    document::{METHODS, for_each_operation},
};

/// Media types of a request body that progenitor can write.
const BODY_TYPES: [&str; 3] = ["application/json", "application/octet-stream", "application/x-www-form-urlencoded"];

/// Applies every rule. Returns the operations that can be generated with the schemas they need, and a log of changes.
pub(crate) fn apply(document: &Value) -> Result<(Value, Vec<String>), Error> {
    let mut log = Vec::new();
    let mut document = inline_references(document)?;
    drop_inexpressible_operations(&mut document, &mut log);
    name_operations(&mut document, &mut log)?;
    keep_successes(&mut document, &mut log);
    simplify_parameters(&mut document, &mut log);
    hoist_choices(&mut document, &mut log);
    keep_reachable_schemas(&mut document, &mut log);
    make_prose_safe(&mut document);
    Ok((document, log))
}

/// Returns the document with these operations only, and the schemas they need.
pub(crate) fn only(document: &Value, operations: &[(&str, &str)]) -> Value {
    let mut document = document.clone();
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Some(item) = item.as_object_mut() {
            item.retain(|key, _| {
                !METHODS.contains(&key.as_str()) || operations.contains(&(path.as_str(), key.as_str()))
            });
        }
    }
    keep_reachable_schemas(&mut document, &mut Vec::new());
    document
}

/// Inlines parameters, bodies and responses shared through `components`, so that the rules see one shape.
fn inline_references(document: &Value) -> Result<Value, Error> {
    let mut inlined = document.clone();
    let mut failure = None;
    let mut inline = |value: &mut Value| match resolve(document, value) {
        Ok(target) => *value = target.clone(),
        Err(error) => failure = Some(error),
    };
    for_each_operation(&mut inlined, |_, _, operation| {
        for list in ["parameters", "responses"] {
            match operation.get_mut(list) {
                Some(Value::Array(items)) => items.iter_mut().for_each(&mut inline),
                Some(Value::Object(items)) => items.values_mut().for_each(&mut inline),
                _ => {}
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            inline(body);
        }
    });
    failure.map_or(Ok(inlined), Err)
}

fn drop_inexpressible_operations(document: &mut Value, log: &mut Vec<String>) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths.iter_mut() {
        for method in METHODS {
            let Some(reason) = item.get(method).and_then(inexpressible_reason) else { continue };
            if let Some(item) = item.as_object_mut() {
                item.shift_remove(method);
            }
            log.push(format!("{} {path}: not generated, {reason}", method.to_uppercase()));
        }
    }
    paths.retain(|_, item| METHODS.iter().any(|method| item.get(method).is_some()));
}

/// Returns why an operation cannot be generated, if it cannot.
fn inexpressible_reason(operation: &Value) -> Option<String> {
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        if let Some(kind) = content.keys().find(|kind| !BODY_TYPES.contains(&kind.as_str())) {
            return Some(format!("its body is {kind}"));
        }
        if content.len() > 1 {
            return Some("its body has several media types".into());
        }
        if content.values().any(|media| media.get("schema").is_none()) {
            return Some("its body has no schema".into());
        }
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["in"] == "cookie" {
            return Some(format!("its parameter {name} is a cookie"));
        }
        if parameter["in"] == "path" && spans_segments(parameter) {
            return Some(format!("its parameter {name} spans slashes"));
        }
    }
    let successes = success_types(operation);
    if let Some(kind) = successes.iter().find(|kind| !is_json(kind)) {
        return Some(format!("it answers with {kind}"));
    }
    None
}

/// Whether a path parameter holds slashes. OpenAPI 3.0 cannot state it; examples show it.
fn spans_segments(parameter: &Value) -> bool {
    [&parameter["example"], &parameter["schema"]["example"], &parameter["schema"]["default"]]
        .into_iter()
        .chain(parameter["examples"].as_object().into_iter().flat_map(|e| e.values().map(|v| &v["value"])))
        .any(|example| example.as_str().is_some_and(|text| text.contains('/')))
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

fn success_types(operation: &Value) -> Vec<String> {
    let responses = operation["responses"].as_object();
    responses
        .into_iter()
        .flatten()
        .filter(|(status, _)| is_success(status))
        .flat_map(|(_, response)| response["content"].as_object().into_iter().flat_map(|c| c.keys().cloned()))
        .collect()
}

/// Gives every operation a unique id: missing and repeated ones are made from method and path.
fn name_operations(document: &mut Value, log: &mut Vec<String>) -> Result<(), Error> {
    let mut taken = BTreeSet::new();
    let mut failure = None;
    for_each_operation(document, |path, method, operation| {
        let named = operation["operationId"].as_str().map(str::to_owned);
        if named.is_some_and(|id| taken.insert(id.to_lower_camel_case())) {
            return;
        }
        let id = format!("{method} {}", path.replace(['{', '}'], " ")).to_lower_camel_case();
        if !taken.insert(id.clone()) {
            failure = Some(Error::new(format!("{method} {path} has no operationId and `{id}` is taken")));
        }
        operation["operationId"] = json!(id);
        log.push(format!("{} {path}: named {id}", method.to_uppercase()));
    });
    failure.map_or(Ok(()), Err)
}

/// Keeps one success response for any 2xx. Failures arrive as one untyped error, with status, headers and body.
fn keep_successes(document: &mut Value, log: &mut Vec<String>) {
    for_each_operation(document, |path, method, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
        let place = format!("{} {path}", method.to_uppercase());
        let dropped: Vec<String> = responses.keys().filter(|status| !is_success(status)).cloned().collect();
        responses.retain(|status, _| is_success(status));
        if !dropped.is_empty() {
            log.push(format!("{place}: responses {} left to the error type", dropped.join(", ")));
        }
        let statuses: Vec<String> = responses.keys().cloned().collect();
        let mut schemas: Vec<Value> = Vec::new();
        for media in responses.values().flat_map(|r| r["content"].as_object()).flat_map(|content| content.values()) {
            schemas.extend(media.get("schema").filter(|schema| !schemas.contains(schema)).cloned());
        }
        let mut merged = responses.values().next().cloned().unwrap_or_else(|| json!({ "description": "" }));
        if let Some(merged) = merged.as_object_mut() {
            merged.shift_remove("headers");
            merged.shift_remove("content");
            if let Some(schema) = one_of(schemas) {
                merged.insert("content".into(), json!({ "application/json": { "schema": schema } }));
            }
        }
        *responses = [("2XX".to_owned(), merged)].into_iter().collect();
        log.push(format!("{place}: response {} taken for any 2xx", statuses.join(", ")));
    });
}

fn one_of(mut schemas: Vec<Value>) -> Option<Value> {
    match schemas.len() {
        0 | 1 => schemas.pop(),
        _ => Some(json!({ "oneOf": schemas })),
    }
}

/// Removes constraints from parameters: the service checks values, enums stay open, and defaults are never sent.
fn simplify_parameters(document: &mut Value, log: &mut Vec<String>) {
    for_each_operation(document, |path, method, operation| {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) else { continue };
            for key in ["enum", "default", "nullable", "minimum", "maximum", "pattern"] {
                if schema.shift_remove(key).is_some() {
                    log.push(format!("{} {path}: parameter {name} without its {key}", method.to_uppercase()));
                }
            }
        }
    });
}

/// Turns a choice of several success schemas into a named schema, which the client replaces by a lenient type.
fn hoist_choices(document: &mut Value, log: &mut Vec<String>) {
    let mut hoisted = Vec::new();
    for_each_operation(document, |path, method, operation| {
        let name = format!("{}Answer", operation["operationId"].as_str().unwrap_or_default().to_upper_camel_case());
        let Some(schema) = operation.pointer_mut("/responses/2XX/content/application~1json/schema") else { return };
        if schema.get("oneOf").or_else(|| schema.get("anyOf")).is_some() {
            hoisted.push(name.clone());
            log.push(format!("{} {path}: its several responses are one lenient {name}", method.to_uppercase()));
            *schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        }
    });
    for name in hoisted {
        // An object of unknown properties: without a replacement the response is untyped.
        document["components"]["schemas"][name] = json!({ "type": "object", "additionalProperties": true });
    }
}

/// Removes schemas that no operation refers to. The inputs of models have an emitter of their own.
fn keep_reachable_schemas(document: &mut Value, log: &mut Vec<String>) {
    let mut reachable = BTreeSet::new();
    let mut open = vec![document["paths"].clone()];
    while let Some(value) = open.pop() {
        for name in references(&value) {
            if reachable.insert(name.clone()) {
                open.push(document["components"]["schemas"][&name].clone());
            }
        }
    }
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else { return };
    for part in ["responses", "parameters", "requestBodies", "examples", "headers"] {
        components.shift_remove(part);
    }
    if let Some(schemas) = components.get_mut("schemas").and_then(Value::as_object_mut) {
        let dropped: Vec<String> = schemas.keys().filter(|name| !reachable.contains(*name)).cloned().collect();
        schemas.retain(|name, _| reachable.contains(name));
        if !dropped.is_empty() {
            log.push(format!("schemas that no generated operation needs: {}", dropped.join(", ")));
        }
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("$ref", Some(target)) => {
                    target.strip_prefix("#/components/schemas/").map(str::to_owned).into_iter().collect()
                }
                _ => references(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Makes descriptions safe for rustdoc, and removes examples and vendor extensions, which may hold anything.
fn make_prose_safe(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_prose_safe),
        Value::Object(map) => {
            map.retain(|key, _| !matches!(key.as_str(), "example" | "examples") && !key.starts_with("x-"));
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if matches!(key.as_str(), "description" | "summary") => {
                        *text = docs::safe(text)
                    }
                    _ => make_prose_safe(value),
                }
            }
        }
        _ => {}
    }
}
