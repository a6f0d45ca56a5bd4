//! What is known of each item of a batch, kept where the end of the process does not reach it.

use std::{future::Future, pin::Pin};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Generation, JobRef, Prediction, Request, SavedFile,
    digest::{Sha256, hex},
    error::ErrorKind,
    media::{Local, Reference, reference},
};

#[cfg(feature = "journal")]
pub(super) mod file;
#[cfg(feature = "postgres")]
pub(super) mod fleet;

/// What is known of an item. Nothing at all: it was not submitted, or certainly not taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum State {
    /// A submission was to be sent. Without a later state nobody knows whether it was, and what came of it.
    Begun,
    /// The service took it.
    Running { job: JobRef },
    /// The model has made it; the files were not all saved yet.
    Made { job: JobRef, answer: Value },
    /// Nothing is left to be done.
    Done { job: JobRef, answer: Value, files: Vec<SavedFile> },
    /// The job ended without a result, which the same job will never have.
    Failed { job: Option<JobRef>, canceled: bool, message: String },
}

impl State {
    /// The state of a job that the service took.
    pub(super) fn taken(job: &Prediction) -> Self {
        Self::Running { job: job.job_ref() }
    }

    pub(super) fn made(job: &Prediction, generation: &Generation) -> Self {
        Self::Made { job: job.job_ref(), answer: generation.response().clone() }
    }

    /// The state of a job after an error, if that is the end of it.
    pub(super) fn failed(error: &Error) -> Option<Self> {
        let ended = error.is_prediction_failed() || error.is_canceled();
        ended.then(|| Self::Failed {
            job: error.job().cloned(),
            canceled: error.is_canceled(),
            message: error.message().to_owned(),
        })
    }
}

/// The error of an item that ended badly in an earlier run.
pub(super) fn failure(job: Option<JobRef>, canceled: bool, message: String) -> Error {
    let error = Error::new(if canceled { ErrorKind::Canceled } else { ErrorKind::PredictionFailed }, message);
    match job {
        Some(job) => error.with_job(job),
        None => error,
    }
}

/// The error of an item whose submission was begun in an earlier run.
pub(super) fn unknown() -> Error {
    let message = "an earlier run of the batch began to submit it, and ended before it noted an answer; \
                   resubmit_unknown sends such items again";
    Error::new(ErrorKind::SubmissionUnknown, message)
}

pub(super) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Where states are kept. What it has taken down is there after a crash.
pub(super) trait Journal: Send + Sync {
    /// What is known of an item.
    fn find<'a>(&'a self, index: usize, print: &'a Fingerprint) -> Pending<'a, Option<State>>;

    /// Takes down what is known of an item now.
    fn note<'a>(&'a self, index: usize, print: &'a Fingerprint, state: Option<State>) -> Pending<'a, ()>;

    /// Tells that work on an item ended while its job may go on. `detached`: because the batch was told to end.
    fn leave(&self, index: usize, detached: bool) -> Pending<'_, ()> {
        let _ = (index, detached);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What tells one request from another: model and input, local files by their path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(request: &Request) -> Self {
        let mut hash = Sha256::new();
        hash.update(request.model().as_str());
        digest(request.input(), &mut hash);
        Self(hex(&hash.finish()[..16]))
    }
}

/// Adds a value to a hash. The order of a map does not count, nor does the mark of local files.
fn digest(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(map) => {
            let mut names: Vec<_> = map.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in names {
                digest(&Value::String(name.clone()), hash);
                digest(value, hash);
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            items.iter().for_each(|item| digest(item, hash));
            hash.update(b"]");
        }
        Value::String(text) => match reference(text) {
            Reference::Local(Local::Path(path)) => hash.update(format!("path {path:?}")),
            _ => hash.update(format!("{text:?}")),
        },
        other => hash.update(format!("{other},")),
    }
}

#[cfg(all(test, feature = "journal"))]
mod failing_disks;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Media;

    fn print(model: &str, input: Value) -> Fingerprint {
        Fingerprint::of(&Request::new(model, input))
    }

    #[test]
    fn a_fingerprint_stands_for_model_and_input() {
        let one = print("p-image", json!({"prompt": "a lion", "seed": 1, "images": ["a", "b"]}));
        let same = json!({"images": ["a", "b"], "seed": 1, "prompt": "a lion"});
        assert_eq!(one, print("p-image", same.clone()));
        assert_ne!(one, print("p-image-lora", same));
        for other in [
            json!({"prompt": "a lion", "seed": 2, "images": ["a", "b"]}),
            json!({"prompt": "a lion", "seed": "1", "images": ["a", "b"]}),
            json!({"prompt": "a lion", "seed": 1, "images": ["a"], "b": null}),
            json!({"prompt": "a lion", "seed": 1, "images": ["ab"]}),
        ] {
            assert_ne!(one, print("p-image", other));
        }
    }

    #[test]
    fn a_local_file_has_the_same_fingerprint_in_every_process() {
        // The mark in its address is drawn anew by each process; here it must not count.
        let path = std::path::absolute("me.jpg").unwrap();
        let mut hash = Sha256::new();
        hash.update("p-image-edit{\"image\"");
        hash.update(format!("path {path:?}}}"));
        let expected = Fingerprint(hex(&hash.finish()[..16]));
        assert_eq!(print("p-image-edit", json!({"image": Media::path("me.jpg")})), expected);
    }
}
