//! Conversion of OpenAPI 3.1 to 3.0; a construct without an equivalent in 3.0 is rejected by name.

use serde_json::{Map, Value, json};

use super::{error::DocumentError, walk};

/// Keywords of JSON Schema 2020-12 without an equivalent in 3.0.
const UNSUPPORTED: [&str; 17] = [
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
/// Keywords that do not affect which values are valid.
const IGNORABLE: [&str; 2] = ["$schema", "$comment"];

/// Converts 3.1 and leaves 3.0 unchanged; rejects other versions. Returns a line for each kind of change.
pub(super) fn to_3_0(document: &mut Value) -> Result<Vec<String>, DocumentError> {
    match document["openapi"].as_str() {
        Some(version) if version.starts_with("3.0.") => return Ok(Vec::new()),
        Some(version) if version.starts_with("3.1.") => {}
        Some(version) => return Err(DocumentError::new(format!("OpenAPI {version} is not supported; use 3.0 or 3.1"))),
        None if document.get("swagger").is_some() => {
            return Err(DocumentError::new("Swagger 2.0 is not supported; use OpenAPI 3.0 or 3.1"));
        }
        None => return Err(DocumentError::new("the document has no `openapi` version")),
    }
    let mut notes = vec![format!("converted from OpenAPI {}", document["openapi"].as_str().unwrap_or_default())];
    convert_top_level(document, &mut notes)?;
    walk::schemas(document, &mut |place, schema| convert(place, schema))?;
    document["openapi"] = json!("3.0.3");
    Ok(notes)
}

fn convert_top_level(document: &mut Value, notes: &mut Vec<String>) -> Result<(), DocumentError> {
    if document["components"]["pathItems"].as_object().is_some_and(|items| !items.is_empty()) {
        return Err(unsupported("components.pathItems", "components"));
    }
    for (name, scheme) in document["components"]["securitySchemes"].as_object().into_iter().flatten() {
        if scheme["type"] == "mutualTLS" {
            return Err(unsupported("type: mutualTLS", &format!("components.securitySchemes.{name}")));
        }
    }
    let Some(map) = document.as_object_mut() else { return Ok(()) };
    for key in ["webhooks", "jsonSchemaDialect"] {
        if map.shift_remove(key).is_some() {
            notes.push(format!("removed `{key}`, which a client does not use"));
        }
    }
    map.entry("paths").or_insert_with(|| json!({}));
    if let Some(info) = map.get_mut("info").and_then(Value::as_object_mut) {
        info.shift_remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            license.shift_remove("identifier");
        }
    }
    Ok(())
}

fn unsupported(construct: &str, place: &str) -> DocumentError {
    DocumentError::new(format!("`{construct}` at {place} has no equivalent in OpenAPI 3.0"))
}

fn convert(place: &str, schema: &mut Value) -> Result<(), DocumentError> {
    if let Value::Bool(anything) = schema {
        // Valid in 3.0 as well.
        if !place.ends_with(".additionalProperties") {
            *schema = if *anything { json!({}) } else { json!({ "not": {} }) };
        }
        return Ok(());
    }
    let Some(map) = schema.as_object_mut() else { return Ok(()) };
    if let Some(keyword) = UNSUPPORTED.iter().find(|keyword| map.contains_key(**keyword)) {
        return Err(unsupported(keyword, place));
    }
    for keyword in IGNORABLE {
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
        // 3.0 ignores keywords beside a `$ref`.
        let all = map.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.insert(0, json!({ "$ref": reference }));
        }
    }
    Ok(())
}

/// Converts a list of types such as `[string, "null"]`.
fn types(map: &mut Map<String, Value>, place: &str) -> Result<(), DocumentError> {
    if map.get("type").is_some_and(|t| t == "null") {
        return Err(unsupported("type: null", place));
    }
    let Some(Value::Array(types)) = map.get("type").cloned() else { return Ok(()) };
    let others: Vec<&Value> = types.iter().filter(|t| *t != "null").collect();
    if others.len() < types.len() {
        map.insert("nullable".into(), json!(true));
    }
    match others.as_slice() {
        [] => return Err(unsupported("type: null", place)),
        [one] => {
            map.insert("type".into(), (*one).clone());
        }
        _ if map.contains_key("anyOf") => return Err(unsupported("several types beside anyOf", place)),
        several => {
            // Every other keyword applies to values of one type only, so a choice of types is equivalent.
            let branches: Vec<Value> = several.iter().map(|t| json!({ "type": t })).collect();
            map.shift_remove("type");
            map.insert("anyOf".into(), json!(branches));
        }
    }
    Ok(())
}

/// Converts `anyOf: [..., {type: "null"}]`.
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

/// Converts an exclusive bound: a number in 3.1, a flag beside the inclusive bound in 3.0.
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

/// Converts the encoding of bytes: `contentEncoding` in 3.1, `format` in 3.0.
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
