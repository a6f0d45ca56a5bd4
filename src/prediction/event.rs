//! Events of a wait.

use std::time::Duration;

use crate::{Generation, Status};

/// An event of a wait: see [`Prediction::watch`](crate::Prediction::watch).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The wait began. Always the first event.
    #[non_exhaustive]
    Started {
        /// Time since the submission, if it is known; zero otherwise.
        elapsed: Duration,
        /// Expected duration of a job of this model; one minute if it is unknown.
        expected: Duration,
    },
    /// The service reported the status.
    #[non_exhaustive]
    Polled {
        /// The status.
        status: Status,
        /// Time since the submission, or since the job was attached if the time of the submission is unknown.
        elapsed: Duration,
        /// Expected duration of a job of this model; one minute if it is unknown.
        expected: Duration,
    },
    /// A poll failed and will be repeated. This says nothing about the job.
    #[non_exhaustive]
    PollFailed {
        /// What went wrong.
        reason: String,
        /// Number of polls that failed in a row.
        failures: u32,
        /// Time since the submission, or since the job was attached if the time of the submission is unknown.
        elapsed: Duration,
        /// Expected duration of a job of this model; one minute if it is unknown.
        expected: Duration,
    },
    /// The job succeeded; this is its result. Always the last event.
    Finished(Box<Generation>),
}

impl Event {
    /// Returns the time since the submission, for all events but [`Finished`](Self::Finished).
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Started { elapsed, .. } | Self::Polled { elapsed, .. } | Self::PollFailed { elapsed, .. } => {
                Some(*elapsed)
            }
            Self::Finished(_) => None,
        }
    }

    /// Returns the expected duration of the job, for all events but [`Finished`](Self::Finished).
    #[must_use]
    pub fn expected(&self) -> Option<Duration> {
        match self {
            Self::Started { expected, .. } | Self::Polled { expected, .. } | Self::PollFailed { expected, .. } => {
                Some(*expected)
            }
            Self::Finished(_) => None,
        }
    }
}
