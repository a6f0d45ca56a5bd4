//! Types, enums and defaults.

use serde_json::Value;

use super::{
    super::{
        context::Context,
        differ::{Direction, show},
    },
    shape::Shape,
};

/// Compares type, format, nullability, listed values and default.
pub(super) fn compare(context: &mut Context<'_, '_>, old: &Shape<'_>, new: &Shape<'_>) {
    compare_types(context, old, new);
    compare_values(context, old, new);
}

fn compare_types(context: &mut Context<'_, '_>, old: &Shape<'_>, new: &Shape<'_>) {
    match (old.text("type"), new.text("type")) {
        (old, new) if old == new => {}
        (Some("integer"), Some("number")) => context.widened("takes any number, not just integers"),
        (Some("number"), Some("integer")) => context.narrowed("is an integer, no longer any number"),
        (Some(old), Some(new)) => context.breaking(format!("type changed from {old} to {new}")),
        (None, Some(new)) => context.narrowed(format!("is of type {new}, it was of any")),
        (Some(old), None) => context.widened(format!("is of any type, it was {old}")),
        (None, None) => {}
    }
    match (old.text("format"), new.text("format")) {
        (old, new) if old == new => {}
        (Some(old), Some(new)) => context.breaking(format!("format changed from {old} to {new}")),
        (None, Some(new)) => context.narrowed(format!("has the format {new}")),
        (Some(old), None) => context.widened(format!("lost the format {old}")),
        (None, None) => {}
    }
    match (old.flag("nullable"), new.flag("nullable")) {
        (false, true) => context.widened("may be null"),
        (true, false) => context.narrowed("may no longer be null"),
        _ => {}
    }
}

fn compare_values<'a>(context: &mut Context<'_, '_>, old: &Shape<'a>, new: &Shape<'a>) {
    let list = |shape: &Shape<'a>| shape.get("enum").and_then(Value::as_array);
    match (list(old), list(new)) {
        (Some(old), Some(new)) => {
            for value in old.iter().filter(|value| !new.contains(value)) {
                context.narrowed(format!("no longer has the value {}", show(value)));
            }
            for value in new.iter().filter(|value| !old.contains(value)) {
                context.additive(format!("has the new value {}", show(value)));
            }
        }
        (None, Some(new)) => {
            let values: Vec<String> = new.iter().map(show).collect();
            context.narrowed(format!("is limited to {}", values.join(", ")));
        }
        (Some(_), None) => context.additive("is no longer limited to listed values"),
        (None, None) => {}
    }
    if context.direction == Direction::Request {
        match (old.get("default"), new.get("default")) {
            (Some(old), Some(new)) if old != new => {
                context.breaking(format!("default changed from {} to {}", show(old), show(new)));
            }
            (Some(old), None) => context.breaking(format!("lost its default {}", show(old))),
            (None, Some(new)) => context.additive(format!("has the default {}", show(new))),
            _ => {}
        }
    }
}
