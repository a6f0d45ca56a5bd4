//! OpenAPI 3.1 brought to 3.0: what means the same there is rewritten, what has no such form is refused by name.

use serde_json::{Map, Value, json};

use super::{error::DocumentError, walk};

/// Keywords of JSON Schema 2020-12 that 3.0 has no form for.
const WITHOUT_FORM: [&str; 17] = [
    "$anchor",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "contains",
    "contentSchema",
    "definitions",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];
/// Keywords that change nothing of what is valid.
const WITHOUT_EFFECT: [&str; 2] = ["$schema", "$comment"];

/// Leaves 3.0 alone, rewrites 3.1, refuses everything else. Gives a line for each kind of change.
pub(super) fn to_3_0(document: &mut Value) -> Result<Vec<String>, DocumentError> {
    match document["openapi"].as_str() {
        Some(version) if version.starts_with("3.0.") => return Ok(Vec::new()),
        Some(version) if version.starts_with("3.1.") => {}
        Some(version) => return Err(DocumentError::new(format!("OpenAPI {version} is not supported: 3.0 or 3.1 is"))),
        None if document.get("swagger").is_some() => {
            return Err(DocumentError::new("Swagger 2.0 is not supported: OpenAPI 3.0 or 3.1 is"));
        }
        None => return Err(DocumentError::new("the document does not say its `openapi` version")),
    }
    let mut notes = vec![format!("converted from OpenAPI {}", document["openapi"].as_str().unwrap_or_default())];
    top(document, &mut notes)?;
    walk::schemas(document, &mut |place, schema| convert(place, schema))?;
    document["openapi"] = json!("3.0.3");
    Ok(notes)
}

fn top(document: &mut Value, notes: &mut Vec<String>) -> Result<(), DocumentError> {
    if document["components"]["pathItems"].as_object().is_some_and(|items| !items.is_empty()) {
        return Err(no_form("components.pathItems", "components"));
    }
    for (name, scheme) in document["components"]["securitySchemes"].as_object().into_iter().flatten() {
        if scheme["type"] == "mutualTLS" {
            return Err(no_form("type: mutualTLS", &format!("components.securitySchemes.{name}")));
        }
    }
    let Some(map) = document.as_object_mut() else { return Ok(()) };
    for key in ["webhooks", "jsonSchemaDialect"] {
        if map.shift_remove(key).is_some() {
            notes.push(format!("left out `{key}`, of which a client makes no use"));
        }
    }
    map.entry("paths").or_insert_with(|| json!({}));
    if let Some(info) = map.get_mut("info").and_then(Value::as_object_mut) {
        info.shift_remove("summary");
        if let Some(licence) = info.get_mut("license").and_then(Value::as_object_mut) {
            licence.shift_remove("identifier");
        }
    }
    Ok(())
}

fn no_form(construct: &str, place: &str) -> DocumentError {
    DocumentError::new(format!("`{construct}` at {place} has no form in OpenAPI 3.0"))
}

fn convert(place: &str, schema: &mut Value) -> Result<(), DocumentError> {
    if let Value::Bool(anything) = schema {
        // `additionalProperties: false` is 3.0 as it stands.
        if !place.ends_with(".additionalProperties") {
            *schema = if *anything { json!({}) } else { json!({ "not": {} }) };
        }
        return Ok(());
    }
    let Some(map) = schema.as_object_mut() else { return Ok(()) };
    if let Some(keyword) = WITHOUT_FORM.iter().find(|keyword| map.contains_key(**keyword)) {
        return Err(no_form(keyword, place));
    }
    for keyword in WITHOUT_EFFECT {
        map.shift_remove(keyword);
    }
    types(map, place)?;
    null_branches(map);
    for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        bounds(map, exclusive, inclusive);
    }
    if let Some(value) = map.shift_remove("const") {
        map.insert("enum".into(), json!([value]));
    }
    if let Some(Value::Array(examples)) = map.get("examples") {
        let first = examples.first().cloned();
        map.shift_remove("examples");
        if let Some(first) = first {
            map.entry("example").or_insert(first);
        }
    }
    content(map);
    if map.get("type").is_some_and(|t| t == "array") {
        map.entry("items").or_insert_with(|| json!({}));
    }
    if map.len() > 1
        && let Some(reference) = map.shift_remove("$ref")
    {
        // In 3.0 whatever stands beside a `$ref` is ignored.
        let all = map.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.insert(0, json!({ "$ref": reference }));
        }
    }
    Ok(())
}

/// `type: [string, "null"]`.
fn types(map: &mut Map<String, Value>, place: &str) -> Result<(), DocumentError> {
    if map.get("type").is_some_and(|t| t == "null") {
        return Err(no_form("type: null", place));
    }
    let Some(Value::Array(types)) = map.get("type").cloned() else { return Ok(()) };
    let others: Vec<&Value> = types.iter().filter(|t| *t != "null").collect();
    if others.len() < types.len() {
        map.insert("nullable".into(), json!(true));
    }
    match others.as_slice() {
        [] => return Err(no_form("type: null", place)),
        [one] => {
            map.insert("type".into(), (*one).clone());
        }
        _ if map.contains_key("anyOf") => return Err(no_form("several types beside anyOf", place)),
        several => {
            // Every other keyword binds only values of its own type, so that a choice of bare types says the same.
            let branches: Vec<Value> = several.iter().map(|t| json!({ "type": t })).collect();
            map.shift_remove("type");
            map.insert("anyOf".into(), json!(branches));
        }
    }
    Ok(())
}

/// `anyOf: [..., {type: "null"}]`.
fn null_branches(map: &mut Map<String, Value>) {
    for keyword in ["anyOf", "oneOf"] {
        let Some(branches) = map.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
        let before = branches.len();
        branches.retain(|branch| branch["type"] != "null");
        if branches.len() < before {
            map.insert("nullable".into(), json!(true));
        }
    }
}

/// A number in 3.1, a flag beside the inclusive bound in 3.0.
fn bounds(map: &mut Map<String, Value>, exclusive: &str, inclusive: &str) {
    let Some(bound) = map.get(exclusive).and_then(Value::as_f64) else { return };
    let tighter = map
        .get(inclusive)
        .and_then(Value::as_f64)
        .is_none_or(|known| if inclusive == "minimum" { bound >= known } else { bound <= known });
    match map.shift_remove(exclusive) {
        Some(value) if tighter => {
            map.insert(inclusive.into(), value);
            map.insert(exclusive.into(), json!(true));
        }
        _ => {}
    }
}

/// 3.1 describes bytes in text by `contentEncoding`, 3.0 by `format`.
fn content(map: &mut Map<String, Value>) {
    let encoding = map.shift_remove("contentEncoding");
    let media = map.shift_remove("contentMediaType");
    let format = match (encoding.as_ref().and_then(Value::as_str), media) {
        (Some("base64"), _) => "byte",
        (None, Some(_)) => "binary",
        _ => return,
    };
    map.entry("format").or_insert_with(|| json!(format));
}
