//! The journal of a batch: the state of each item, kept beyond the end of the process.

use std::{future::Future, pin::Pin};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Generation, JobRef, Prediction, Request, Result, SavedFile,
    digest::{Sha256, hex},
    error::ErrorKind,
    media::{LocalMedia, Reference, reference},
};

#[cfg(feature = "journal")]
pub(super) mod file;
#[cfg(feature = "postgres")]
pub(super) mod fleet;

/// The state of an item. An item without one was not submitted, or certainly not accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum State {
    /// A submission was about to be sent. Without a later state, its outcome is unknown.
    Submitting,
    /// The service accepted it.
    Running { job: JobRef },
    /// The result exists; the files were not all saved yet.
    Succeeded { job: Option<JobRef>, response: Value },
    /// Everything was saved.
    Done { job: Option<JobRef>, response: Value, files: Vec<SavedFile> },
    /// The job ended without a result.
    Failed { job: Option<JobRef>, canceled: bool, message: String },
}

impl State {
    /// The state of an item that the service accepted. `None` if it returned no id, so that nothing can be resumed.
    pub(super) fn running(job: &Prediction) -> Option<Self> {
        job.job_ref().map(|job| Self::Running { job })
    }

    pub(super) fn succeeded(job: &Prediction, generation: &Generation) -> Self {
        Self::Succeeded { job: job.job_ref(), response: generation.response().clone() }
    }

    /// The state after an error, if the error is final.
    pub(super) fn failed(error: &Error) -> Option<Self> {
        let ended = error.is_prediction_failed() || error.is_canceled();
        ended.then(|| Self::Failed {
            job: error.job().cloned(),
            canceled: error.is_canceled(),
            message: error.message().to_owned(),
        })
    }
}

/// The error of an item that failed in an earlier run.
pub(super) fn failure(job: Option<JobRef>, canceled: bool, message: String) -> Error {
    let error = Error::new(if canceled { ErrorKind::Canceled } else { ErrorKind::PredictionFailed }, message);
    match job {
        Some(job) => error.with_job(job),
        None => error,
    }
}

/// The error of an item whose outcome an earlier run did not record.
pub(super) fn unknown() -> Error {
    let message = "an earlier run of the batch began to submit this item and ended before it recorded a response; \
                   resubmit_unknown submits such items again";
    Error::new(ErrorKind::SubmissionUnknown, message)
}

pub(super) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Stores the states of items. What was recorded survives a crash.
pub(super) trait Journal: Send + Sync {
    /// Returns the state of an item.
    fn find<'a>(&'a self, index: usize, fingerprint: &'a Fingerprint) -> Pending<'a, Option<State>>;

    /// Records the state of an item.
    fn record<'a>(&'a self, index: usize, fingerprint: &'a Fingerprint, state: Option<State>) -> Pending<'a, ()>;

    /// Records that work on an item ended although its job may be running. `detached` means that the batch was stopped.
    fn release(&self, index: usize, detached: bool) -> Pending<'_, ()> {
        let _ = (index, detached);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Identifies a request: model and input, local files by their path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint {
    digest: String,
}

impl Fingerprint {
    pub(super) fn of(request: &Request) -> Self {
        let mut hash = Sha256::new();
        hash.update(request.model().as_str());
        digest(request.input(), &mut hash);
        Self { digest: hex(&hash.finish()[..16]) }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn as_str(&self) -> &str {
        &self.digest
    }
}

/// Adds a value to a hash, independent of the order of maps and of the nonce of local media.
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
            Reference::Local(LocalMedia::Path(path)) => hash.update(format!("path {path:?}")),
            Reference::Local(LocalMedia::Download(address)) => hash.update(format!("result {address:?}")),
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

    fn fingerprint(model: &str, input: Value) -> Fingerprint {
        Fingerprint::of(&Request::new(model, input))
    }

    #[test]
    fn a_fingerprint_identifies_model_and_input() {
        let one = fingerprint("p-image", json!({"prompt": "a lion", "seed": 1, "images": ["a", "b"]}));
        let same = json!({"images": ["a", "b"], "seed": 1, "prompt": "a lion"});
        assert_eq!(one, fingerprint("p-image", same.clone()));
        assert_ne!(one, fingerprint("p-image-lora", same));
        for other in [
            json!({"prompt": "a lion", "seed": 2, "images": ["a", "b"]}),
            json!({"prompt": "a lion", "seed": "1", "images": ["a", "b"]}),
            json!({"prompt": "a lion", "seed": 1, "images": ["a"], "b": null}),
            json!({"prompt": "a lion", "seed": 1, "images": ["ab"]}),
        ] {
            assert_ne!(one, fingerprint("p-image", other));
        }
    }

    #[test]
    fn a_local_file_has_the_same_fingerprint_in_every_process() {
        // The nonce in its address differs between processes and must not count.
        let path = std::path::absolute("me.jpg").unwrap();
        let mut hash = Sha256::new();
        hash.update("p-image-edit{\"image\"");
        hash.update(format!("path {path:?}}}"));
        let expected = Fingerprint { digest: hex(&hash.finish()[..16]) };
        assert_eq!(fingerprint("p-image-edit", json!({"image": Media::path("me.jpg")})), expected);
    }
}
