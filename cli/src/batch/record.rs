//! The outcome of an item: a line of `results.jsonl`.

use std::path::Path;

use pruna::{Error, JobRef, SavedFile, Usd, batch::Output};
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
    /// List price in US dollars, at most. None if it is not known, or if the item was certainly not submitted.
    pub(super) cost_usd: Option<Usd>,
    /// Why there is no result.
    pub(super) error: Option<String>,
    /// The service that the item was sent to: its base URL, or `emulator`. Missing in files of earlier versions.
    #[serde(default)]
    pub(super) service: Option<String>,
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
    fn new(item: &Item, service: &str) -> Self {
        Self {
            index: item.index,
            name: item.name.clone(),
            model: item.model.to_string(),
            input: redacted_input(item),
            status: "succeeded".into(),
            id: None,
            files: Vec::new(),
            elapsed_seconds: None,
            cost_usd: item.request().estimate().max(),
            error: None,
            service: Some(service.to_owned()),
        }
    }

    /// Creates the record of an item with a result.
    pub(super) fn succeeded(item: &Item, output: &Output, service: &str) -> Self {
        let files = output.files.iter().map(File::from).collect();
        let elapsed_seconds = output.elapsed.map(|elapsed| elapsed.as_millis() as f64 / 1000.0);
        let record = Self::new(item, service);
        let cost_usd = output.generation.cost().or(record.cost_usd);
        Self { id: output.generation.id().map(str::to_owned), files, elapsed_seconds, cost_usd, ..record }
    }

    /// Creates the record of an item without a result.
    pub(super) fn failed(item: &Item, error: &Error, service: &str) -> Self {
        let status = match error {
            e if e.is_prediction_failed() => "failed",
            e if e.is_canceled() => "canceled",
            e if e.is_submission_unknown() => "unknown",
            e if e.is_timeout() => "unfinished",
            e if e.job().is_some() => "unfinished",
            _ => "refused",
        };
        let record = Self::new(item, service);
        let job = error.job();
        let may_be_submitted = job.is_some() || !matches!(status, "refused" | "unfinished");
        Self {
            cost_usd: job.and_then(JobRef::cost).or(record.cost_usd).filter(|_| may_be_submitted),
            status: status.into(),
            id: job.map(|job| job.id().to_owned()),
            error: Some(error.to_string()),
            ..record
        }
    }

    /// Returns a text that is equal for records of one item, or of equal ones.
    pub(super) fn identity(&self) -> String {
        identity(self.name.as_deref(), &self.model, &self.input)
    }

    /// Returns the [`identity`](Self::identity) that the records of an item have.
    pub(super) fn identity_of(item: &Item) -> String {
        identity(item.name.as_deref(), item.model.as_str(), &redacted_input(item))
    }

    pub(super) fn is_success(&self) -> bool {
        self.status == "succeeded"
    }
}

fn identity(name: Option<&str>, model: &str, input: &Value) -> String {
    // Neither a name nor a model contains a line break.
    format!("{}\n{model}\n{}", name.unwrap_or_default(), sorted(input))
}

/// Returns a value with its keys in alphabetical order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn redacted_input(item: &Item) -> Value {
    item.model.redact_input(&Value::Object(item.input.clone()))
}

impl File {
    /// Returns the file of the library, if it is in a directory as it was saved.
    pub(super) fn saved_in(&self, dir: &Path) -> Option<SavedFile> {
        let path = dir.join(&self.path);
        let metadata = path.metadata().ok()?;
        let as_saved = metadata.is_file() && metadata.len() == self.bytes;
        as_saved.then(|| SavedFile::new(path, &self.url, &self.content_type, self.bytes))
    }
}

impl From<&SavedFile> for File {
    fn from(file: &SavedFile) -> Self {
        let name = file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self { path: name, url: file.url.clone(), content_type: file.content_type.clone(), bytes: file.bytes }
    }
}
