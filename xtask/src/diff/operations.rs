//! Paths and operations.

use serde_json::Value;

use super::{
    change::Class,
    content,
    differ::{Differ, Direction},
    operation::{Operation, operations},
    parameters,
    place::Place,
    responses, security,
};

/// What describes an operation without changing it.
const PROSE: [&str; 5] = ["summary", "description", "tags", "deprecated", "externalDocs"];

/// Compares every operation.
pub(super) fn compare(differ: &mut Differ<'_>) {
    servers(differ);
    let (old, new) = (operations(differ.old), operations(differ.new));
    for (key, operation) in &old {
        match new.get(key) {
            None => differ.push(Class::Breaking, &Place::new(&operation.name), "was removed"),
            Some(newer) => one(differ, operation, newer),
        }
    }
    for operation in new.iter().filter(|(key, _)| !old.contains_key(*key)).map(|(_, operation)| operation) {
        differ.push(Class::Additive, &Place::new(&operation.name), "was added");
    }
}

fn one<'a>(differ: &mut Differ<'a>, old: &Operation<'a>, new: &Operation<'a>) {
    let place = Place::new(&new.name);
    let (id, newer_id) = (&old.value["operationId"], &new.value["operationId"]);
    if id != newer_id {
        differ.push(
            Class::Breaking,
            &place,
            format!("operationId changed from {id} to {newer_id}: the method of the raw client has another name"),
        );
    }
    parameters::compare(differ, old, new);
    body(differ, old, new);
    responses::compare(differ, old, new);
    security::compare(differ, old, new);
    differ.prose(&place, old.value, new.value, &PROSE);
}

fn body<'a>(differ: &mut Differ<'a>, old: &Operation<'a>, new: &Operation<'a>) {
    let place = Place::new(format!("{} request", new.name));
    let required = |body: &Value| body["required"] == true;
    match (old.value.get("requestBody"), new.value.get("requestBody")) {
        (None, None) => {}
        (Some(_), None) => differ.push(Class::Breaking, &place, "no longer takes a body"),
        (None, Some(body)) if required(differ.resolve_new(body)) => {
            differ.push(Class::Breaking, &place, "requires a body now");
        }
        (None, Some(_)) => differ.push(Class::Additive, &place, "may have a body"),
        (Some(old), Some(new)) => {
            let (old, new) = (differ.resolve_old(old), differ.resolve_new(new));
            match (required(old), required(new)) {
                (false, true) => differ.push(Class::Breaking, &place, "is required now"),
                (true, false) => differ.push(Class::Additive, &place, "is no longer required"),
                _ => {}
            }
            content::compare(differ, Direction::Request, &place, (old, new));
            differ.prose(&place, old, new, &["description"]);
        }
    }
}

/// The client uses the first server by default.
fn servers(differ: &mut Differ<'_>) {
    let place = Place::new("servers");
    let urls = |document: &Value| -> Vec<String> {
        let servers = document["servers"].as_array().into_iter().flatten();
        servers.filter_map(|server| server["url"].as_str()).map(str::to_owned).collect()
    };
    let (old, new) = (urls(differ.old), urls(differ.new));
    if old.first() != new.first() {
        let (old, new) = (old.first().map_or("none", String::as_str), new.first().map_or("none", String::as_str));
        differ.push(Class::Breaking, &place, format!("the service moved from {old} to {new}"));
    } else if old != new {
        differ.push(Class::Documentation, &place, "other servers changed");
    }
}

/// Compares the prose at the top of the document.
pub(super) fn compare_prose(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    differ.prose(
        &Place::new("document info"),
        &old["info"],
        &new["info"],
        &["title", "version", "description", "termsOfService", "contact", "license"],
    );
    differ.prose(&Place::new("document"), old, new, &["tags", "externalDocs"]);
}
