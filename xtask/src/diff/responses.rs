//! Responses of an operation.

use serde_json::Value;

use super::{
    change::Class,
    content,
    differ::{Differ, Direction},
    operation::Operation,
    place::Place,
    schema,
};

pub(super) fn compare<'a>(differ: &mut Differ<'a>, old: &Operation<'a>, new: &Operation<'a>) {
    let all = |operation: &Operation<'a>| operation.value["responses"].as_object();
    for (status, older) in all(old).into_iter().flatten() {
        let place = Place::new(format!("{} response {status}", new.name));
        match all(new).and_then(|responses| responses.get(status)) {
            Some(newer) => one(differ, &place, (differ.resolve_old(older), differ.resolve_new(newer))),
            None if is_success(status) => differ.push(Class::Breaking, &place, "was removed"),
            // The client handles an error that is not listed, with its status and body.
            None => differ.push(Class::Additive, &place, "was removed"),
        }
    }
    for status in all(new).into_iter().flatten().map(|(status, _)| status) {
        if all(old).is_none_or(|responses| !responses.contains_key(status)) {
            let place = Place::new(format!("{} response {status}", new.name));
            differ.push(Class::Additive, &place, "was added");
        }
    }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

fn one<'a>(differ: &mut Differ<'a>, place: &Place, (old, new): (&'a Value, &'a Value)) {
    content::compare(differ, Direction::Response, place, (old, new));
    let headers = |response: &'a Value| response["headers"].as_object();
    for (name, older) in headers(old).into_iter().flatten() {
        let place = Place::new(format!("{place} header {name}"));
        let newer = headers(new).and_then(|all| all.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)));
        match newer {
            None => differ.push(Class::Breaking, &place, "was removed"),
            Some((_, newer)) => {
                let (older, newer) = (differ.resolve_old(older), differ.resolve_new(newer));
                match (older["required"] == true, newer["required"] == true) {
                    (true, false) => differ.push(Class::Breaking, &place, "is no longer always sent"),
                    (false, true) => differ.push(Class::Additive, &place, "is always sent"),
                    _ => {}
                }
                schema::compare(differ, Direction::Response, &place, (&older["schema"], &newer["schema"]));
                differ.prose(&place, older, newer, &["description", "example"]);
            }
        }
    }
    for name in headers(new).into_iter().flatten().map(|(name, _)| name) {
        if !headers(old).is_some_and(|all| all.keys().any(|other| other.eq_ignore_ascii_case(name))) {
            differ.push(Class::Additive, &Place::new(format!("{place} header {name}")), "was added");
        }
    }
    differ.prose(place, old, new, &["description"]);
}
