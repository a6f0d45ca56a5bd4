//! What an operation wants to see before it answers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Class, differ::Differ, operations::Operation, place::Place};

/// One way to be let in: all of these at once. None of them: everybody is.
type Way = BTreeSet<String>;

pub(super) fn compare(differ: &mut Differ<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let place = Place::new(format!("{} security", new.name));
    let (olds, news) = (ways(differ.old, old), ways(differ.new, new));
    for way in olds.difference(&news) {
        differ.push(Class::Breaking, &place, format!("no longer lets in with {}", show(way)));
    }
    for way in news.difference(&olds) {
        differ.push(Class::Additive, &place, format!("lets in with {}", show(way)));
    }
}

fn ways(document: &Value, operation: &Operation<'_>) -> BTreeSet<Way> {
    let stated = operation.value.get("security").or_else(|| document.get("security"));
    let ways: BTreeSet<Way> = stated
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|way| way.keys().map(|name| scheme(document, name)).collect())
        .collect();
    if ways.is_empty() { BTreeSet::from([Way::new()]) } else { ways }
}

/// A scheme by what it asks for; what it is called in the document does not matter.
fn scheme(document: &Value, name: &str) -> String {
    let scheme = &document["components"]["securitySchemes"][name];
    let parts = ["type", "scheme", "in", "name", "openIdConnectUrl"];
    parts.iter().filter_map(|key| scheme[*key].as_str()).collect::<Vec<_>>().join(" ")
}

fn show(way: &Way) -> String {
    if way.is_empty() { "nothing".into() } else { way.iter().cloned().collect::<Vec<_>>().join(" and ") }
}
