//! The media types of a request body or a response.

use serde_json::Value;

use super::{
    change::Class,
    differ::{Differ, Direction},
    place::Place,
    schema,
};

/// Compares the media types and their schemas.
pub(super) fn compare<'a>(
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
