//! The journal of a batch: the state of each item, kept beyond the end of the process.

use std::{future::Future, pin::Pin};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::identity::Identity;
use crate::{Error, Generation, JobRef, Prediction, Result, SavedFile, error::ErrorKind, usd::Usd};

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

    /// Returns the state without the response, which may be large.
    #[cfg(feature = "journal")]
    fn without_response(self) -> Self {
        match self {
            Self::Succeeded { job, .. } => Self::Succeeded { job, response: Value::Null },
            Self::Done { job, files, .. } => Self::Done { job, response: Value::Null, files },
            other => other,
        }
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

/// How a change of an item's state changes what the batch has committed of its budget. Kept with each journal, so that later runs
/// count what earlier ones have spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Commitment {
    #[default]
    Unchanged,
    /// A submission is about to be sent.
    Add(Usd),
    /// It was certainly not accepted.
    Remove(Usd),
}

pub(super) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Stores the states of items. What was recorded survives a crash.
pub(super) trait Journal: Send + Sync {
    /// Returns the state of an item. It is an error if another request was recorded under the same key.
    fn find<'a>(&'a self, item: &'a Identity) -> Pending<'a, Option<State>>;

    /// Records the state of an item; `None` if it was certainly not accepted.
    fn record<'a>(&'a self, item: &'a Identity, state: Option<State>, change: Commitment) -> Pending<'a, ()>;

    /// Returns a name for the journal and what earlier runs have committed. `None` if the journal itself keeps to the budget, for several processes.
    fn committed(&self) -> Option<(&str, Usd)>;

    /// Records that work on an item ended although it is not finished. `others_may_continue` says whether to leave it to other
    /// workers at once.
    fn release<'a>(&'a self, item: &'a Identity, others_may_continue: bool) -> Pending<'a, ()> {
        let _ = (item, others_may_continue);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The service and the account that a journal belongs to. Jobs exist in one account only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Service {
    /// The base URL, or the name that the caller gave.
    pub(super) name: String,
    /// A hash of the key; `None` if the caller named the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
}

impl Service {
    /// Checks that a journal of the service `recorded` may be used with this one. `what` names the journal. `rebind` admits
    /// another key for the same service.
    #[cfg(any(feature = "journal", feature = "postgres"))]
    pub(super) fn check(&self, what: &str, recorded: &Self, rebind: bool) -> Result<()> {
        if self.name != recorded.name {
            return Err(Error::configuration(format!(
                "{what} belongs to another service ({}, not {}); use another journal and another folder for this one",
                recorded.name, self.name
            )));
        }
        if self.account != recorded.account && !rebind {
            return Err(Error::configuration(format!(
                "{what} was written with another API key; if both keys are of the same account, continue with \
                 rebind, otherwise use another journal"
            )));
        }
        Ok(())
    }
}

/// The error of an item whose key was recorded with another request.
pub(super) fn changed(item: &Identity) -> Error {
    let message = match item.id.key() {
        Some(key) => {
            format!("the request of {key:?} differs from the one that was submitted; give it another key or name")
        }
        None => "the request differs from the one that was submitted".into(),
    };
    Error::new(ErrorKind::InvalidInput, message)
}

#[cfg(all(test, feature = "journal"))]
mod failing_disks;
