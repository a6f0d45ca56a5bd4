//! Properties of an object.

use serde_json::Value;

use super::{
    super::{
        change::Class,
        context::Context,
        differ::{Differ, Direction},
    },
    shape::Shape,
};

/// Compares the listed properties, and whether others are allowed.
pub(super) fn compare<'a>(context: &mut Context<'_, 'a>, old: &Shape<'a>, new: &Shape<'a>) {
    let hidden = if context.direction == Direction::Request { "readOnly" } else { "writeOnly" };
    let visible = |differ: &Differ<'a>, schema: &'a Value, of_new: bool| {
        let resolved = if of_new { differ.resolve_new(schema) } else { differ.resolve_old(schema) };
        resolved[hidden] != true
    };
    for (name, schema) in old.properties() {
        if !visible(context.differ, schema, false) {
            continue;
        }
        let place = context.place.property(name);
        match new.property(name).filter(|schema| visible(context.differ, schema, true)) {
            None => context.differ.push(Class::Breaking, &place, "was removed"),
            Some(newer) => {
                match (old.requires(name), new.requires(name)) {
                    (false, true) => context.differ.narrowed(context.direction, &place, "is required now"),
                    (true, false) => context.differ.widened(context.direction, &place, "is no longer required"),
                    _ => {}
                }
                super::compare(context.differ, context.direction, &place, (schema, newer));
            }
        }
    }
    for (name, schema) in new.properties() {
        let known = old.property(name).is_some_and(|schema| visible(context.differ, schema, false));
        if known || !visible(context.differ, schema, true) {
            continue;
        }
        let place = context.place.property(name);
        if new.requires(name) && context.direction == Direction::Request {
            context.differ.push(Class::Breaking, &place, "was added, and is required");
        } else {
            context.differ.push(Class::Additive, &place, "was added");
        }
    }
    compare_additional(context, old, new);
}

fn compare_additional<'a>(context: &mut Context<'_, 'a>, old: &Shape<'a>, new: &Shape<'a>) {
    let closed = |value: Option<&Value>| value.is_some_and(|value| *value == false);
    let (old, new) = (old.get("additionalProperties"), new.get("additionalProperties"));
    match (closed(old), closed(new)) {
        (false, true) => context.narrowed("no longer takes unlisted properties"),
        (true, false) => context.additive("takes unlisted properties"),
        _ => {
            if let (Some(old), Some(new)) = (old.filter(|v| v.is_object()), new.filter(|v| v.is_object())) {
                super::compare(context.differ, context.direction, &context.place.step("{}"), (old, new));
            }
        }
    }
}
