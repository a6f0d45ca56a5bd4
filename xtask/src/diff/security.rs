//! Authentication of an operation.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{change::Class, differ::Differ, operation::Operation, place::Place};

/// Schemes that must be used together; without any, the operation is public.
type Requirement = BTreeSet<String>;

pub(super) fn compare(differ: &mut Differ<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let place = Place::new(format!("{} security", new.name));
    let (olds, news) = (requirements(differ.old, old), requirements(differ.new, new));
    for requirement in olds.difference(&news) {
        differ.push(Class::Breaking, &place, format!("no longer accepts {}", show(requirement)));
    }
    for requirement in news.difference(&olds) {
        differ.push(Class::Additive, &place, format!("accepts {}", show(requirement)));
    }
}

fn requirements(document: &Value, operation: &Operation<'_>) -> BTreeSet<Requirement> {
    let stated = operation.value.get("security").or_else(|| document.get("security"));
    let requirements: BTreeSet<Requirement> = stated
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|requirement| requirement.keys().map(|name| scheme(document, name)).collect())
        .collect();
    if requirements.is_empty() { BTreeSet::from([Requirement::new()]) } else { requirements }
}

/// Identifies a scheme by what it requires; its name in the document does not matter.
fn scheme(document: &Value, name: &str) -> String {
    let scheme = &document["components"]["securitySchemes"][name];
    let parts = ["type", "scheme", "in", "name", "openIdConnectUrl"];
    parts.iter().filter_map(|key| scheme[*key].as_str()).collect::<Vec<_>>().join(" ")
}

fn show(requirement: &Requirement) -> String {
    if requirement.is_empty() {
        "requests without authentication".into()
    } else {
        requirement.iter().cloned().collect::<Vec<_>>().join(" and ")
    }
}
