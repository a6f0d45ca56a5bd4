//! The place of a change.

use std::fmt;

/// A part of an operation or a model, and the path from there into its schema.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: String,
    path: String,
}

impl Place {
    pub(super) fn new(root: impl Into<String>) -> Self {
        Self { root: root.into(), path: String::new() }
    }

    /// A property: `input`, then `input.seed`.
    pub(super) fn property(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { root: self.root.clone(), path: format!("{}{dot}{name}", self.path) }
    }

    /// A step without a name: `[]` into a list, `{}` into a map, `<PImage>` into one of several shapes.
    pub(super) fn step(&self, step: &str) -> Self {
        Self { root: self.root.clone(), path: format!("{}{step}", self.path) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.path.is_empty() { "" } else { " " };
        write!(f, "{}{gap}{}", self.root, self.path)
    }
}
