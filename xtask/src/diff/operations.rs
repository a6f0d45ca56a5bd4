//! Paths and operations.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Class,
    differ::{Differ, Direction, resolve},
    parameters,
    place::Place,
    responses, schema, security,
};

/// The methods that an OpenAPI path item can have.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// Words and hints of an operation.
const PROSE: [&str; 5] = ["summary", "description", "tags", "deprecated", "externalDocs"];

/// One operation with what its path says for all.
pub(super) struct Operation<'a> {
    /// `POST /v1/files`.
    pub(super) name: String,
    pub(super) value: &'a Value,
    pub(super) path_item: &'a Value,
}

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

/// Operations by place in the document, method and path; what a path parameter is called makes no other operation.
fn operations(document: &Value) -> BTreeMap<(String, &'static str), Operation<'_>> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let item = resolve(document, item);
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let name = format!("{} {path}", method.to_uppercase());
                all.entry((anonymous(path), method)).or_insert(Operation { name, value, path_item: item });
            }
        }
    }
    all
}

/// `/status/{id}` becomes `/status/{}`.
fn anonymous(path: &str) -> String {
    let segments = path.split('/').map(|segment| match (segment.find('{'), segment.rfind('}')) {
        (Some(start), Some(end)) if start < end => format!("{}{{{}", &segment[..start], &segment[end..]),
        _ => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
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
        (Some(_), None) => differ.push(Class::Breaking, &place, "takes no body any longer"),
        (None, Some(body)) if required(differ.resolve_new(body)) => {
            differ.push(Class::Breaking, &place, "needs a body now");
        }
        (None, Some(_)) => differ.push(Class::Additive, &place, "may have a body"),
        (Some(old), Some(new)) => {
            let (old, new) = (differ.resolve_old(old), differ.resolve_new(new));
            match (required(old), required(new)) {
                (false, true) => differ.push(Class::Breaking, &place, "is required now"),
                (true, false) => differ.push(Class::Additive, &place, "is no longer required"),
                _ => {}
            }
            content(differ, Direction::Request, &place, (old, new));
            differ.prose(&place, old, new, &["description"]);
        }
    }
}

/// Compares the media types of a body or an answer, and their schemas.
pub(super) fn content<'a>(
    differ: &mut Differ<'a>,
    direction: Direction,
    place: &Place,
    (old, new): (&'a Value, &'a Value),
) {
    let types = |value: &'a Value| value["content"].as_object();
    for (media_type, old) in types(old).into_iter().flatten() {
        match types(new).and_then(|types| types.get(media_type)) {
            None => differ.push(Class::Breaking, place, format!("no longer comes as {media_type}")),
            Some(new) => {
                let inner = if media_type.ends_with("json") { place.clone() } else { place.step(media_type) };
                let empty = &Value::Null;
                let pair = (old.get("schema").unwrap_or(empty), new.get("schema").unwrap_or(empty));
                schema::compare(differ, direction, &inner, pair);
                differ.prose(&inner, old, new, &["example", "examples", "encoding"]);
            }
        }
    }
    for media_type in types(new).into_iter().flatten().map(|(media_type, _)| media_type) {
        if types(old).is_none_or(|types| !types.contains_key(media_type)) {
            differ.push(Class::Additive, place, format!("may come as {media_type}"));
        }
    }
}

/// The first server is where the client goes unless told otherwise.
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
        differ.push(Class::Documentation, &place, "the further servers changed");
    }
}

/// Compares the words at the top of the document.
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
