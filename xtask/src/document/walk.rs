//! Visiting the schemas of a document, but not values that look like one, such as examples.

use serde_json::{Map, Value};

/// Keywords whose value is one schema.
const ONE: [&str; 3] = ["items", "additionalProperties", "not"];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// Calls `visit(place, schema)` for every schema, outer ones first; stops at the first error.
pub(super) fn schemas<E>(
    document: &mut Value,
    visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let Some(map) = document.as_object_mut() else { return Ok(()) };
    for (key, value) in map {
        match key.as_str() {
            "components" => components(value, visit)?,
            "paths" => node(value, key, visit)?,
            _ => {}
        }
    }
    Ok(())
}

fn components<E>(components: &mut Value, visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>) -> Result<(), E> {
    for (key, value) in components.as_object_mut().into_iter().flatten() {
        for (name, value) in value.as_object_mut().into_iter().flatten() {
            let place = format!("components.{key}.{name}");
            match key.as_str() {
                "schemas" => schema(value, &place, visit)?,
                "examples" => {}
                _ => node(value, &place, visit)?,
            }
        }
    }
    Ok(())
}

/// Visits what lies between the document and its schemas.
fn node<E>(value: &mut Value, place: &str, visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>) -> Result<(), E> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| node(item, place, visit)),
        Value::Object(map) => map.iter_mut().try_for_each(|(key, value)| {
            let inner = format!("{place}.{key}");
            match key.as_str() {
                "schema" => schema(value, &inner, visit),
                "example" | "examples" | "value" => Ok(()),
                key if key.starts_with("x-") => Ok(()),
                _ => node(value, &inner, visit),
            }
        }),
        _ => Ok(()),
    }
}

fn schema<E>(
    value: &mut Value,
    place: &str,
    visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>,
) -> Result<(), E> {
    visit(place, value)?;
    value.as_object_mut().map_or(Ok(()), |map| inner_schemas(map, place, visit))
}

fn inner_schemas<E>(
    map: &mut Map<String, Value>,
    place: &str,
    visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>,
) -> Result<(), E> {
    for (key, value) in map {
        let inner = format!("{place}.{key}");
        match value {
            Value::Object(properties) if key == "properties" => {
                for (name, property) in properties {
                    schema(property, &format!("{inner}.{name}"), visit)?;
                }
            }
            Value::Array(items) if LIST.contains(&key.as_str()) => {
                for (index, item) in items.iter_mut().enumerate() {
                    schema(item, &format!("{inner}.{index}"), visit)?;
                }
            }
            _ if ONE.contains(&key.as_str()) => schema(value, &inner, visit)?,
            _ => {}
        }
    }
    Ok(())
}
