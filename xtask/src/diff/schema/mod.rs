//! Two schemas at the same place.

mod bounds;
mod choices;
mod properties;
mod shape;
mod types;

use serde_json::Value;
use shape::Shape;

use super::{
    context::Context,
    differ::{Differ, Direction},
    place::Place,
};

/// Keywords that describe a value without changing which values are valid.
const PROSE: [&str; 6] = ["title", "description", "example", "externalDocs", "xml", "deprecated"];

/// Compares two schemas.
pub(super) fn compare<'a>(
    differ: &mut Differ<'a>,
    direction: Direction,
    place: &Place,
    (old, new): (&'a Value, &'a Value),
) {
    let pair = (differ.resolve_old(old), differ.resolve_new(new));
    differ.once(pair.0, pair.1, |differ| {
        let shapes = (Shape::new(differ.old, old), Shape::new(differ.new, new));
        let mut context = Context { differ, direction, place };
        // When only one side has branches, each of them is compared with the whole other side.
        if shapes.0.choices().is_empty() == shapes.1.choices().is_empty() {
            types::compare(&mut context, &shapes.0, &shapes.1);
            bounds::compare(&mut context, &shapes.0, &shapes.1);
            properties::compare(&mut context, &shapes.0, &shapes.1);
            compare_items(&mut context, &shapes.0, &shapes.1);
            compare_prose(&mut context, &shapes.0, &shapes.1);
        }
        choices::compare(&mut context, (old, &shapes.0), (new, &shapes.1));
    });
}

fn compare_items<'a>(context: &mut Context<'_, 'a>, old: &Shape<'a>, new: &Shape<'a>) {
    if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
        compare(context.differ, context.direction, &context.place.step("[]"), (old, new));
    }
    if old.get("not") != new.get("not") {
        context.narrowed("the schema under `not` changed");
    }
    if old.get("discriminator") != new.get("discriminator") {
        context.breaking("the discriminator changed");
    }
}

fn compare_prose(context: &mut Context<'_, '_>, old: &Shape<'_>, new: &Shape<'_>) {
    for keyword in PROSE {
        if old.get(keyword) != new.get(keyword) {
            let (old, new) = (old.get(keyword), new.get(keyword));
            let one = |value: Option<&Value>| {
                value.map_or_else(|| serde_json::json!({}), |value| serde_json::json!({ keyword: value }))
            };
            context.differ.prose(context.place, &one(old), &one(new), &[keyword]);
        }
    }
}
