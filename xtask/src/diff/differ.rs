//! State of a comparison: the two documents, the changes found, and a limit on the work.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    change::{Change, Class},
    place::Place,
};
use crate::document::DocumentError;

/// Maximum number of pairs of schemas; P-API needs about 2,000.
const MAX_STEPS: usize = 30_000;

/// Whether the client writes or reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Request,
    Response,
}

/// One comparison of two documents.
pub(super) struct Differ<'a> {
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    changes: Vec<Change>,
    /// Pairs of schemas that are being compared, by address; stops at schemas that refer to themselves.
    in_progress: HashSet<(*const Value, *const Value)>,
    steps: usize,
}

impl<'a> Differ<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, changes: Vec::new(), in_progress: HashSet::new(), steps: 0 }
    }

    pub(super) fn finish(mut self) -> Result<Vec<Change>, DocumentError> {
        if self.is_exhausted() {
            return Err(DocumentError::new("the schemas refer to each other too often to be compared"));
        }
        // A component may be compared at several places, and at one place twice.
        let mut seen = HashSet::new();
        self.changes.retain(|change| seen.insert((change.place.clone(), change.what.clone())));
        Ok(self.changes)
    }

    pub(super) fn push(&mut self, class: Class, place: &Place, what: impl Into<String>) {
        self.changes.push(Change { class, place: place.to_string(), what: what.into() });
    }

    /// The sender must meet a stricter rule, or the receiver can rely on more.
    pub(super) fn narrowed(&mut self, direction: Direction, place: &Place, what: impl Into<String>) {
        let class = if direction == Direction::Request { Class::Breaking } else { Class::Additive };
        self.push(class, place, what);
    }

    /// The sender may send more, or the receiver can rely on less.
    pub(super) fn widened(&mut self, direction: Direction, place: &Place, what: impl Into<String>) {
        let class = if direction == Direction::Request { Class::Additive } else { Class::Breaking };
        self.push(class, place, what);
    }

    /// Compares prose at a place.
    pub(super) fn prose(&mut self, place: &Place, old: &Value, new: &Value, keys: &[&str]) {
        for key in keys {
            if old.get(key) != new.get(key) {
                self.push(Class::Documentation, place, describe(key, old.get(*key), new.get(*key)));
            }
        }
    }

    /// Follows `$ref` in the old document. A target that does not exist, which validation rejects, counts as any value.
    pub(super) fn resolve_old(&self, value: &'a Value) -> &'a Value {
        resolve(self.old, value)
    }

    /// Follows `$ref` in the new document, as [`Differ::resolve_old`].
    pub(super) fn resolve_new(&self, value: &'a Value) -> &'a Value {
        resolve(self.new, value)
    }

    /// Runs a comparison without recording its changes; returns whether none of them breaks.
    pub(super) fn is_compatible(&mut self, compare: impl FnOnce(&mut Self)) -> bool {
        let before = self.changes.len();
        compare(self);
        let is_compatible = self.changes[before..].iter().all(|change| change.class != Class::Breaking);
        self.changes.truncate(before);
        is_compatible && !self.is_exhausted()
    }

    /// Runs `compare` unless this pair is being compared already, or the limit is reached.
    pub(super) fn once(&mut self, old: &'a Value, new: &'a Value, compare: impl FnOnce(&mut Self)) {
        self.steps += 1;
        let pair = (std::ptr::from_ref(old), std::ptr::from_ref(new));
        if self.is_exhausted() || !self.in_progress.insert(pair) {
            return;
        }
        compare(self);
        self.in_progress.remove(&pair);
    }

    fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS
    }
}

/// Follows `$ref` within a document; a target that does not exist counts as any value.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    pruna_openapi::resolve(document, value).unwrap_or(&Value::Null)
}

/// Describes a change of prose: "description changed", "example added"; of a rate limit also the numbers.
fn describe(key: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    let limit = |value: Option<&Value>| pruna_openapi::rate_limit(value?.as_str()?);
    match (old, new) {
        (None, _) => format!("{key} added"),
        (_, None) => format!("{key} removed"),
        _ => match (limit(old), limit(new)) {
            (Some(old), Some(new)) if old != new => format!("{key} changed: {old} requests a minute became {new}"),
            _ => format!("{key} changed"),
        },
    }
}

/// Renders a value for a change: in backticks, shortened.
pub(super) fn show(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut shown: String = text.chars().map(|c| if c.is_control() || c == '`' { ' ' } else { c }).take(60).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("`{shown}`")
}
