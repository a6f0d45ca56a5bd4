//! What a batch consists of and how it runs.

use std::path::Path;

use super::item::Item;

/// The items of a batch and the settings of its run.
#[derive(Clone, Copy)]
pub(crate) struct BatchOptions<'a> {
    pub(crate) items: &'a [Item],
    /// Directory for the results.
    pub(crate) dir: &'a Path,
    pub(crate) concurrency: usize,
    pub(crate) journal: &'a Path,
    pub(crate) resubmit_unknown: bool,
    /// Whether to print the records instead of the gallery's path.
    pub(crate) json: bool,
}
