//! Client-side rate limits.
//!
//! A client and its clones keep the limits of their key: submissions per model, status requests, downloads and uploads.
//! The initial limits are those of the OpenAPI document; limits that the service reports (`RateLimit-*`, HTTP 429) replace
//! them.
//!
//! In any minute, a client sends at most the limit, and that as soon as possible. If the service reports that its minute has begun
//! anew, it is used at once. If the service rejects requests below the limit, or reports less than expected, the client goes over to
//! an even pace, slows down with every rejection, and grows again. Requests of a [batch](crate::batch) let other requests pass, and
//! once there are any, a batch leaves a twentieth of the limit to them, or twice as many as there were in the last minute.
//!
//! ```
//! use pruna::{Client, Model, limits::Limits};
//!
//! // Half of the documented limit of one model, because another program uses the same key.
//! let limits = Limits::documented().submissions(Model::P_IMAGE, 250).status(15_000);
//! let client = Client::builder().api_key("pru_...").limits(limits).build()?;
//! # Ok::<(), pruna::Error>(())
//! ```

use std::collections::HashMap;

use crate::Model;

mod headers;
mod limiter;
mod pace;
mod poll_budget;
mod queue;
mod reserve;
mod shared;
mod trial;
mod window;

pub(crate) use limiter::{ConcurrencyPermit, Limiter, Operation, Permit};
pub(crate) use poll_budget::{PollBudget, WaitingJob};
pub(crate) use queue::Priority;
pub(crate) use reserve::Urgency;
#[cfg(feature = "postgres")]
pub(crate) use shared::{Demand, Grant, Quota, SharedRateLimiter};

/// Documented limits per minute and key.
const STATUS_PER_MINUTE: u32 = 30_000;
const DOWNLOADS_PER_MINUTE: u32 = 10_000;
const UPLOADS_PER_MINUTE: u32 = 10_000;
/// Default maximum of open submissions per model. Synchronous ones hold their connection until the result, and some systems give a
/// process 256 file descriptors only.
const MAX_OPEN_SUBMISSIONS: usize = 128;

/// Share of a limit that may be sent at once at an even pace.
const EVEN_BURST: f64 = 0.05;

/// Maximum numbers of requests per minute, for [`ClientBuilder::limits`](crate::ClientBuilder::limits).
#[derive(Clone, Debug)]
pub struct Limits {
    use_documented: bool,
    models: HashMap<Model, u32>,
    status: Limit,
    downloads: Limit,
    uploads: Limit,
    open_submissions: usize,
    burst: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::documented()
    }
}

impl Limits {
    /// Returns the limits of the OpenAPI document. The default.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            use_documented: true,
            models: HashMap::new(),
            status: Limit::Documented(STATUS_PER_MINUTE),
            downloads: Limit::Documented(DOWNLOADS_PER_MINUTE),
            uploads: Limit::Documented(UPLOADS_PER_MINUTE),
            open_submissions: MAX_OPEN_SUBMISSIONS,
            burst: 1.0,
        }
    }

    /// Disables the documented limits: requests are delayed only if the service reports a limit.
    #[must_use]
    pub fn none() -> Self {
        Self {
            use_documented: false,
            status: Limit::None,
            downloads: Limit::None,
            uploads: Limit::None,
            ..Self::documented()
        }
    }

    /// Sets the maximum number of submissions per minute for one model. [`ModelInfo`](crate::ModelInfo) has the defaults.
    #[must_use]
    pub fn submissions(mut self, model: impl Into<Model>, per_minute: u32) -> Self {
        self.models.insert(model.into(), per_minute);
        self
    }

    /// Sets the maximum number of status requests per minute, shared by all jobs.
    ///
    /// 30,000 by default. The [default policy](crate::poll::Budgeted) polls with half of it on average, and the more jobs the
    /// client waits for, the longer their intervals become. If requests have to wait for the limit all the same, the poll whose
    /// interval is shortest comes first.
    #[must_use]
    pub fn status(mut self, per_minute: u32) -> Self {
        self.status = Limit::Set(per_minute);
        self
    }

    /// Sets the maximum number of downloads from the service per minute: 10,000 by default.
    #[must_use]
    pub fn downloads(mut self, per_minute: u32) -> Self {
        self.downloads = Limit::Set(per_minute);
        self
    }

    /// Sets the maximum number of uploads per minute: 10,000 by default.
    #[must_use]
    pub fn uploads(mut self, per_minute: u32) -> Self {
        self.uploads = Limit::Set(per_minute);
        self
    }

    /// Sets the maximum number of concurrent submissions per model: 128 by default, at least 1.
    ///
    /// Synchronous submissions (`Try-Sync`) stay open until the result is available.
    #[must_use]
    pub fn open_submissions(mut self, max: usize) -> Self {
        self.open_submissions = max.max(1);
        self
    }

    /// Sets which share of each limit may be sent at once after a pause, from 0 to 1; the rest is spread evenly over the minute.
    ///
    /// By default 1: the whole limit, as soon as the service allows it. A smaller share leaves room for other programs that use
    /// the same key.
    #[must_use]
    pub fn burst(mut self, share: f64) -> Self {
        self.burst = if share.is_nan() { 1.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// Spreads the requests of each limit evenly over the minute, apart from a twentieth.
    #[must_use]
    pub fn even(self) -> Self {
        self.burst(EVEN_BURST)
    }

    fn for_model(&self, model: &Model) -> Limit {
        match self.models.get(model) {
            Some(per_minute) => Limit::Set(*per_minute),
            None => match model.info().requests_per_minute.filter(|_| self.use_documented) {
                Some(per_minute) => Limit::Documented(per_minute),
                None => Limit::None,
            },
        }
    }
}

/// One limit, in requests per minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// From the OpenAPI document; a reported limit replaces it.
    Documented(u32),
    /// Set by the caller; a reported limit can only lower it.
    Set(u32),
    /// Only what the service reports is kept.
    None,
}

impl Limit {
    /// Returns the limit that holds after the service has reported one.
    fn learn(self, reported: Option<u32>) -> Self {
        match (self, reported) {
            (Self::Documented(_), Some(reported)) => Self::Documented(reported),
            (Self::Set(known), Some(reported)) => Self::Set(known.min(reported)),
            _ => self,
        }
    }
}
