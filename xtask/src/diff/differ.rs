//! What all comparisons share: the two documents, the changes found, and a limit on the work.

use std::collections::HashSet;

use serde_json::Value;

use super::{Change, Class, place::Place};
use crate::document::Refused;

/// How many pairs of schemas are compared at most; P-API takes some two thousand.
const MOST_STEPS: usize = 30_000;

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
    /// Pairs of schemas that are being compared, by address: a schema that refers to itself ends there.
    open: HashSet<(*const Value, *const Value)>,
    steps: usize,
}

impl<'a> Differ<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, changes: Vec::new(), open: HashSet::new(), steps: 0 }
    }

    pub(super) fn finish(mut self) -> Result<Vec<Change>, Refused> {
        if self.exhausted() {
            return Err(Refused::new("the schemas refer to each other too often to be compared"));
        }
        // A shared component is met in several places, one place may be met twice.
        let mut seen = HashSet::new();
        self.changes.retain(|change| seen.insert((change.place.clone(), change.what.clone())));
        Ok(self.changes)
    }

    pub(super) fn push(&mut self, class: Class, place: &Place, what: impl Into<String>) {
        self.changes.push(Change { class, place: place.to_string(), what: what.into() });
    }

    /// What is asked of the sender became stricter, or what arrives more certain.
    pub(super) fn narrowed(&mut self, direction: Direction, place: &Place, what: impl Into<String>) {
        let class = if direction == Direction::Request { Class::Breaking } else { Class::Additive };
        self.push(class, place, what);
    }

    /// More may be sent, or something else may arrive than a client counts on.
    pub(super) fn widened(&mut self, direction: Direction, place: &Place, what: impl Into<String>) {
        let class = if direction == Direction::Request { Class::Additive } else { Class::Breaking };
        self.push(class, place, what);
    }

    /// Words at a place differ.
    pub(super) fn prose(&mut self, place: &Place, old: &Value, new: &Value, keys: &[&str]) {
        for key in keys {
            if old.get(key) != new.get(key) {
                self.push(Class::Documentation, place, changed(key, old.get(*key), new.get(*key)));
            }
        }
    }

    /// Follows `$ref`; what leads nowhere, which validation refuses, counts as anything.
    pub(super) fn resolve_old(&self, value: &'a Value) -> &'a Value {
        resolve(self.old, value)
    }

    /// As [`Differ::resolve_old`].
    pub(super) fn resolve_new(&self, value: &'a Value) -> &'a Value {
        resolve(self.new, value)
    }

    /// Runs a comparison and takes back what it found: whether it found nothing that breaks.
    pub(super) fn fits(&mut self, compare: impl FnOnce(&mut Self)) -> bool {
        let before = self.changes.len();
        compare(self);
        let fits = self.changes[before..].iter().all(|change| change.class != Class::Breaking);
        self.changes.truncate(before);
        fits && !self.exhausted()
    }

    /// Runs `compare` unless this pair is being compared already, or the work has become too much.
    pub(super) fn once(&mut self, old: &'a Value, new: &'a Value, compare: impl FnOnce(&mut Self)) {
        self.steps += 1;
        let pair = (std::ptr::from_ref(old), std::ptr::from_ref(new));
        if self.exhausted() || !self.open.insert(pair) {
            return;
        }
        compare(self);
        self.open.remove(&pair);
    }

    fn exhausted(&self) -> bool {
        self.steps > MOST_STEPS
    }
}

/// Follows `$ref` within a document; what leads nowhere counts as anything.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    pruna_openapi::resolve(document, value).unwrap_or(&Value::Null)
}

/// "description changed", "example added", and of a rate limit the numbers.
fn changed(key: &str, old: Option<&Value>, new: Option<&Value>) -> String {
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

/// A value as it is shown in a change: in backticks, and short.
pub(super) fn show(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut shown: String = text.chars().map(|c| if c.is_control() || c == '`' { ' ' } else { c }).take(60).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("`{shown}`")
}
