//! Branches of `oneOf` and `anyOf`.

use serde_json::Value;

use super::{
    super::{context::Context, differ::Direction},
    shape::Shape,
};

/// The branches without a counterpart, and all branches.
type Branches<'s, 'a> = (&'s [&'a Value], &'s [&'a Value]);

/// Compares the branches of `oneOf` and `anyOf`. Equal branches, and branches of one name, are the same branch; a branch that
/// is gone does no harm if another accepts the same values.
pub(super) fn compare<'a>(
    context: &mut Context<'_, 'a>,
    (old, old_shape): (&'a Value, &Shape<'a>),
    (new, new_shape): (&'a Value, &Shape<'a>),
) {
    let (mut olds, mut news) = (old_shape.choices(), new_shape.choices());
    // A plain schema counts as a single branch; two plain schemas have been compared already.
    match (olds.is_empty(), news.is_empty()) {
        (true, true) => return,
        (true, false) => olds.push(old),
        (false, true) => news.push(new),
        (false, false) => {}
    }
    let mut pairs = Vec::new();
    for is_same in [is_equal as fn(&Value, &Value) -> bool, has_same_name] {
        olds.retain(|old| {
            let Some(index) = news.iter().position(|new| is_same(old, new)) else { return true };
            pairs.push((*old, news.remove(index)));
            false
        });
    }
    let both_choose = !old_shape.choices().is_empty() && !new_shape.choices().is_empty();
    if let (true, [old], [new]) = (both_choose, olds.as_slice(), news.as_slice()) {
        // A single branch is left on each side: the same branch, changed.
        pairs.push((old, new));
        (olds, news) = (Vec::new(), Vec::new());
    }
    for (old, new) in pairs {
        let place = context.place.step(&format!("<{}>", branch_name(new)));
        super::compare(context.differ, context.direction, &place, (old, new));
    }
    compare_unpaired(context, (&olds, &old_shape.choices()), (&news, &new_shape.choices()));
}

fn compare_unpaired<'a>(
    context: &mut Context<'_, 'a>,
    (olds, all_old): Branches<'_, 'a>,
    (news, all_new): Branches<'_, 'a>,
) {
    let (direction, place) = (context.direction, context.place.clone());
    let or = |all: &[&'a Value], rest: &[&'a Value]| if all.is_empty() { rest.to_vec() } else { all.to_vec() };
    let (all_old, all_new) = (or(all_old, olds), or(all_new, news));
    for old in olds {
        let is_served = direction == Direction::Request
            && all_new.iter().any(|new| {
                context.differ.is_compatible(|differ| super::compare(differ, direction, &place, (old, new)))
            });
        let what = format!("no longer has the shape {}", branch_name(old));
        if is_served { context.additive(what) } else { context.narrowed(what) }
    }
    for new in news {
        let is_known = direction == Direction::Response
            && all_old.iter().any(|old| {
                context.differ.is_compatible(|differ| super::compare(differ, direction, &place, (old, new)))
            });
        let what = format!("has the new shape {}", branch_name(new));
        if is_known { context.additive(what) } else { context.widened(what) }
    }
}

fn is_equal(old: &Value, new: &Value) -> bool {
    old == new
}

fn has_same_name(old: &Value, new: &Value) -> bool {
    ["$ref", "title"].iter().any(|key| old[key].is_string() && old[key] == new[key])
}

/// Names a branch by its component, its title, or its properties.
fn branch_name(branch: &Value) -> String {
    if let Some(reference) = branch["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(title) = branch["title"].as_str() {
        return title.to_owned();
    }
    match branch["properties"].as_object() {
        Some(properties) => {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            format!("{{{}}}", names.join(", "))
        }
        None => branch["type"].as_str().unwrap_or("anything").to_owned(),
    }
}
