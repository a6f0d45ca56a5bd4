//! Component schemas that no operation refers to: the inputs of the models, which the header `Model` selects, and schemas
//! that nothing uses.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    change::Class,
    differ::{Differ, Direction, resolve},
    place::Place,
    schema,
};

pub(super) fn compare(differ: &mut Differ<'_>) {
    let (old, new) = (schemas(differ.old), schemas(differ.new));
    let (old_used, new_used) = (reachable(differ.old), reachable(differ.new));
    for (name, older) in old {
        let model = is_model(differ.old, older);
        match new.get(name) {
            Some(newer) if model || is_model(differ.new, newer) => one(differ, name, older, newer),
            Some(newer) if !old_used.contains(name) && !new_used.contains(name) && older != newer => {
                push_unused(differ, name, "changed; no operation uses it");
            }
            Some(_) => {}
            None if model => differ.push(Class::Breaking, &Place::new(format!("model {name}")), "was removed"),
            None if !old_used.contains(name) => push_unused(differ, name, "was removed; no operation used it"),
            None => {}
        }
    }
    for (name, newer) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        if is_model(differ.new, newer) {
            differ.push(Class::Additive, &Place::new(format!("model {name}")), "was added");
        } else if !new_used.contains(name) {
            push_unused(differ, name, "was added; no operation uses it");
        }
    }
}

fn push_unused(differ: &mut Differ<'_>, name: &str, what: &str) {
    differ.push(Class::Documentation, &Place::new(format!("schema {name}")), what);
}

fn one<'a>(differ: &mut Differ<'a>, name: &str, old: &'a Value, new: &'a Value) {
    let place = Place::new(format!("model {name}"));
    let (old, new) = (differ.resolve_old(old), differ.resolve_new(new));
    let input = |model: &'a Value| &model["properties"]["input"];
    match (old["properties"].get("input"), new["properties"].get("input")) {
        (Some(_), Some(_)) => schema::compare(differ, Direction::Request, &place, (input(old), input(new))),
        (Some(_), None) => differ.push(Class::Breaking, &place, "no longer takes an input"),
        (None, Some(_)) => differ.push(Class::Additive, &place, "takes an input"),
        (None, None) => {}
    }
    differ.prose(&place, old, new, &["title", "description", "example"]);
}

fn schemas(document: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    document["components"]["schemas"].as_object().unwrap_or(&NONE)
}

/// Whether a schema describes a model: it has an `input` with properties of its own.
fn is_model(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    let input = resolve(document, &schema["properties"]["input"]);
    ["properties", "oneOf", "anyOf", "allOf"].iter().any(|keyword| input.get(keyword).is_some())
}

/// Names of the schemas that operations refer to, directly or through others.
fn reachable(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![&document["paths"]];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str)
                    && seen.insert(reference)
                {
                    if let Some(name) = reference.strip_prefix("#/components/schemas/") {
                        names.insert(name.to_owned());
                    }
                    open.push(resolve(document, value));
                }
                open.extend(map.values());
            }
            _ => {}
        }
    }
    names
}
