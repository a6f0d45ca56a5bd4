//! The outcome of an item: a line of `results.jsonl`.

use std::path::Path;

use pruna::{Error, SavedFile, Usd, batch::Output};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item::Item;

/// A line of `results.jsonl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// Number of the item, from 0.
    pub(super) index: usize,
    pub(super) name: Option<String>,
    pub(super) model: String,
    /// The input as written in the batch file, with secrets redacted.
    pub(super) input: Value,
    /// `succeeded`, `failed`, `canceled`, `refused` (not submitted), `unknown` (possibly submitted) or `unfinished`
    /// (possibly still running).
    pub(super) status: String,
    pub(super) id: Option<String>,
    pub(super) files: Vec<File>,
    pub(super) elapsed_seconds: Option<f64>,
    /// List price in US dollars.
    pub(super) cost_usd: Option<Usd>,
    /// Why there is no result.
    pub(super) error: Option<String>,
}

/// A file of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct File {
    /// Relative to the directory of the batch.
    pub(super) path: String,
    pub(super) url: String,
    pub(super) content_type: String,
    pub(super) bytes: u64,
}

impl Record {
    /// Creates the record of an item without an outcome.
    fn new(item: &Item) -> Self {
        Self {
            index: item.index,
            name: item.name.clone(),
            model: item.model.to_string(),
            input: item.model.redact_input(&Value::Object(item.input.clone())),
            status: "succeeded".into(),
            id: None,
            files: Vec::new(),
            elapsed_seconds: None,
            cost_usd: item.model.info().estimate_usd(&item.input),
            error: None,
        }
    }

    /// Creates the record of an item with a result.
    pub(super) fn succeeded(item: &Item, output: &Output) -> Self {
        let files = output.files.iter().map(File::from).collect();
        let elapsed_seconds = output.elapsed.map(|elapsed| elapsed.as_millis() as f64 / 1000.0);
        Self { id: output.generation.id().map(str::to_owned), files, elapsed_seconds, ..Self::new(item) }
    }

    /// Creates the record of an item without a result.
    pub(super) fn failed(item: &Item, error: &Error) -> Self {
        let status = match error {
            e if e.is_prediction_failed() => "failed",
            e if e.is_canceled() => "canceled",
            e if e.is_submission_unknown() => "unknown",
            e if e.is_timeout() => "unfinished",
            e if e.job().is_some() => "unfinished",
            _ => "refused",
        };
        Self {
            status: status.into(),
            id: error.job().map(|job| job.id().to_owned()),
            error: Some(error.to_string()),
            ..Self::new(item)
        }
    }

    /// Whether the record belongs to this item. Another batch may have had another item with the same index.
    pub(super) fn belongs_to(&self, item: &Item) -> bool {
        let Self { model, input, name, .. } = Self::new(item);
        self.model == model && self.input == input && self.name == name
    }

    pub(super) fn is_success(&self) -> bool {
        self.status == "succeeded"
    }
}

impl File {
    pub(super) fn exists_in(&self, dir: &Path) -> bool {
        dir.join(&self.path).is_file()
    }
}

impl From<&SavedFile> for File {
    fn from(file: &SavedFile) -> Self {
        let name = file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self { path: name, url: file.url.clone(), content_type: file.content_type.clone(), bytes: file.bytes }
    }
}
