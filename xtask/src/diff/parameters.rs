//! Parameters in path, query, header and cookie.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    change::Class,
    differ::{Differ, Direction, resolve},
    operation::Operation,
    place::Place,
    schema,
};

/// How a value is serialized; a change of it is another wire format.
const STYLE: [&str; 3] = ["style", "explode", "allowReserved"];

/// Parameters by location and name, both normalized.
type Parameters<'a> = BTreeMap<(String, String), &'a Value>;

pub(super) fn compare<'a>(differ: &mut Differ<'a>, old: &Operation<'a>, new: &Operation<'a>) {
    let (olds, news) = (parameters(differ.old, old), parameters(differ.new, new));
    for (key, old) in &olds {
        match news.get(key) {
            None => differ.push(Class::Breaking, &place(new, old), "was removed"),
            Some(newer) => one(differ, &place(new, newer), old, newer),
        }
    }
    for (key, parameter) in news.iter().filter(|(key, _)| !olds.contains_key(*key)) {
        let place = place(new, parameter);
        if parameter["required"] == true || key.0 == "path" {
            differ.push(Class::Breaking, &place, "was added, and is required");
        } else {
            differ.push(Class::Additive, &place, "was added");
        }
    }
}

fn place(operation: &Operation<'_>, parameter: &Value) -> Place {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default();
    Place::new(format!("{} {} {}", operation.name, text("in"), text("name")))
}

/// The parameters of the path item, overridden by those of the operation.
fn parameters<'a>(document: &'a Value, operation: &Operation<'a>) -> Parameters<'a> {
    let mut parameters = BTreeMap::new();
    let mut position = 0;
    for list in [&operation.path_item["parameters"], &operation.value["parameters"]] {
        for parameter in list.as_array().into_iter().flatten() {
            let parameter = resolve(document, parameter);
            let kind = parameter["in"].as_str().unwrap_or_default().to_owned();
            let name = parameter["name"].as_str().unwrap_or_default();
            let name = match kind.as_str() {
                // Header names are case-insensitive.
                "header" => name.to_ascii_lowercase(),
                // Only the position of a path parameter is on the wire, not its name.
                "path" => {
                    let place = operation.name.find(&format!("{{{name}}}")).unwrap_or(position);
                    operation.name[..place.min(operation.name.len())].matches('{').count().to_string()
                }
                _ => name.to_owned(),
            };
            position += 1;
            parameters.insert((kind, name), parameter);
        }
    }
    parameters
}

fn one<'a>(differ: &mut Differ<'a>, place: &Place, old: &'a Value, new: &'a Value) {
    match (old["required"] == true, new["required"] == true) {
        (false, true) => differ.push(Class::Breaking, place, "is required now"),
        (true, false) => differ.push(Class::Additive, place, "is no longer required"),
        _ => {}
    }
    if STYLE.iter().any(|key| old.get(key) != new.get(key)) {
        differ.push(Class::Breaking, place, "is serialized differently");
    }
    if old["name"] != new["name"] && old["in"] == "path" {
        differ.push(Class::Documentation, place, format!("was renamed from {}", old["name"]));
    }
    schema::compare(differ, Direction::Request, place, (schema_of(old), schema_of(new)));
    differ.prose(place, old, new, &["description", "deprecated", "example", "examples"]);
}

/// The schema, given directly or within `content`.
fn schema_of(parameter: &Value) -> &Value {
    let within = || parameter["content"].as_object().and_then(|content| content.values().next()?.get("schema"));
    parameter.get("schema").or_else(within).unwrap_or(&Value::Null)
}
