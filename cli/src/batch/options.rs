//! What a batch consists of and how it runs.

use std::path::{Path, PathBuf};

use super::item::Item;
use crate::cost::CostLimit;

/// The items of a batch and the settings of its run.
#[derive(Clone, Copy)]
pub(crate) struct BatchOptions<'a> {
    /// The batch file, for messages.
    pub(crate) file: &'a Path,
    pub(crate) items: &'a [Item],
    /// Directory for the results.
    pub(crate) dir: &'a Path,
    pub(crate) concurrency: usize,
    /// What all runs of the batch may cost together.
    pub(crate) limit: Option<&'a CostLimit>,
    pub(crate) journal: &'a Path,
    pub(crate) resubmit_unknown: bool,
    /// Whether to replace files that the batch did not write.
    pub(crate) force: bool,
    /// Whether to continue although the journal was written with another key.
    pub(crate) rebind: bool,
    /// Whether to take finished items from results.jsonl if the journal is missing.
    pub(crate) rebuild_journal: bool,
    /// Whether to print the records instead of the gallery's path.
    pub(crate) json: bool,
}

impl BatchOptions<'_> {
    pub(super) fn results_path(&self) -> PathBuf {
        self.dir.join("results.jsonl")
    }

    pub(super) fn gallery_path(&self) -> PathBuf {
        self.dir.join("index.html")
    }
}
