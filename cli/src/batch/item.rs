//! One request of a batch.

use std::path::PathBuf;

use pruna::{Model, Request};
use serde_json::{Map, Value};

/// An item of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Number of the item, from 0.
    pub(super) index: usize,
    /// Its line in the batch file, from 1.
    pub(super) line: u64,
    /// Name of the item's files, without extension.
    pub(super) name: Option<String>,
    /// Label for the ledger.
    pub(super) label: Option<String>,
    pub(super) model: Model,
    /// The input as written in the batch file, with local files as `@path`.
    pub(super) input: Map<String, Value>,
    /// The input as the library takes it.
    pub(super) parameters: Map<String, Value>,
    /// The local files in it.
    pub(super) files: Vec<PathBuf>,
}

impl Item {
    /// Returns the request for the library.
    pub(super) fn request(&self) -> Request {
        let request = Request::new(&self.model, &self.parameters);
        let request = match &self.label {
            Some(label) => request.label(label),
            None => request,
        };
        match &self.name {
            Some(name) => request.name(name),
            None => request,
        }
    }

    /// Returns the name of the item in messages.
    pub(super) fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("item {}", self.index))
    }
}
