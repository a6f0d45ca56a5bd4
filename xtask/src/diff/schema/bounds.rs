//! Bounds of a value: ranges, lengths, patterns.

use serde_json::Value;

use super::{
    super::{context::Context, differ::show},
    shape::Shape,
};

const MINIMA: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const MAXIMA: [&str; 4] = ["maximum", "maxLength", "maxItems", "maxProperties"];

/// Compares the bounds. In a response every change is additive, as no response type of the library has bounds.
pub(super) fn compare(context: &mut Context<'_, '_>, old: &Shape<'_>, new: &Shape<'_>) {
    for keyword in MINIMA.into_iter().chain(MAXIMA) {
        bound(context, keyword, old, new);
    }
    for keyword in ["exclusiveMinimum", "exclusiveMaximum", "uniqueItems"] {
        match (old.flag(keyword), new.flag(keyword)) {
            (false, true) => context.narrowed(format!("{keyword} now applies")),
            (true, false) => context.additive(format!("{keyword} no longer applies")),
            _ => {}
        }
    }
    match (old.get("pattern"), new.get("pattern")) {
        (old, new) if old == new => {}
        (_, Some(new)) => context.narrowed(format!("must match the pattern {}", show(new))),
        (_, None) => context.additive("no longer has a pattern"),
    }
    match (old.get("multipleOf"), new.get("multipleOf")) {
        (old, new) if old == new => {}
        (Some(old), Some(new)) if divides(new, old) => {
            context.additive(format!("multipleOf changed from {old} to {new}"));
        }
        (_, Some(new)) => context.narrowed(format!("must be a multiple of {new}")),
        (_, None) => context.additive("no longer must be a multiple"),
    }
}

fn bound(context: &mut Context<'_, '_>, keyword: &str, old: &Shape<'_>, new: &Shape<'_>) {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let what = |old: Option<&Value>, new: Option<&Value>| match (old, new) {
        (None, Some(new)) => format!("has the {keyword} {new}"),
        (Some(old), Some(new)) => format!("{keyword} changed from {old} to {new}"),
        (Some(old), None) => format!("lost the {keyword} {old}"),
        (None, None) => String::new(),
    };
    let (old, new) = (old.get(keyword), new.get(keyword));
    let tighter = match (number(old), number(new)) {
        (old, new) if old == new => return,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => (new > old) == MINIMA.contains(&keyword),
        (_, None) => false,
    };
    if tighter { context.narrowed(what(old, new)) } else { context.additive(what(old, new)) }
}

/// Whether every multiple of `old` is one of `new`.
fn divides(new: &Value, old: &Value) -> bool {
    match (new.as_f64(), old.as_f64()) {
        (Some(new), Some(old)) if new > 0.0 => (old / new).fract() == 0.0,
        _ => false,
    }
}
