//! The place and direction of one comparison.

use super::{
    change::Class,
    differ::{Differ, Direction},
    place::Place,
};

/// Records the changes of two values at one place.
pub(super) struct Context<'d, 'a> {
    pub(super) differ: &'d mut Differ<'a>,
    pub(super) direction: Direction,
    pub(super) place: &'d Place,
}

impl Context<'_, '_> {
    /// The sender must meet a stricter rule, or the receiver can rely on more.
    pub(super) fn narrowed(&mut self, what: impl Into<String>) {
        self.differ.narrowed(self.direction, self.place, what);
    }

    /// The sender may send more, or the receiver can rely on less.
    pub(super) fn widened(&mut self, what: impl Into<String>) {
        self.differ.widened(self.direction, self.place, what);
    }

    /// No client breaks in either direction.
    pub(super) fn additive(&mut self, what: impl Into<String>) {
        self.differ.push(Class::Additive, self.place, what);
    }

    /// Clients break in both directions.
    pub(super) fn breaking(&mut self, what: impl Into<String>) {
        self.differ.push(Class::Breaking, self.place, what);
    }
}
