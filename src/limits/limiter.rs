//! The rate limits that a client applies.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::header::HeaderMap;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    Limit, Limits, PollBudget, Priority, Urgency, headers::RateLimitHeaders, queue::LimitQueue,
    shared::SharedRateLimiter,
};
use crate::{Error, Model, error::ErrorKind};

/// Maximum number of concurrent status requests.
const MAX_CONCURRENT_STATUS: usize = 128;

/// The kinds of requests that have separate limits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation<'a> {
    Submission(&'a Model),
    Status,
    Download,
    Upload,
}

/// Permission to have one submission of a model in progress.
#[derive(Debug)]
pub(crate) struct ConcurrencyPermit {
    _open: OwnedSemaphorePermit,
    /// One of those that batches have among themselves.
    _of_batches: Option<OwnedSemaphorePermit>,
}

/// Permission to send one request. Dropping it makes room for the next concurrent request.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit<'a> {
    _concurrency: Option<tokio::sync::SemaphorePermit<'a>>,
}

/// The limits that a client applies.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    models: Mutex<HashMap<Model, Arc<ModelLimits>>>,
    status: LimitQueue,
    concurrent_status: Semaphore,
    polls: Arc<PollBudget>,
    downloads: LimitQueue,
    uploads: LimitQueue,
    shared: Arc<OnceLock<Arc<dyn SharedRateLimiter>>>,
}

/// The limits on submissions of one model.
#[derive(Debug)]
struct ModelLimits {
    queue: LimitQueue,
    concurrency: Arc<Semaphore>,
    /// Most of these permits: batches leave the others to requests that somebody waits for.
    for_batches: Arc<Semaphore>,
    /// Number of submissions that wait for a concurrency permit.
    waiting: AtomicUsize,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let shared = Arc::default();
        let burst = limits.burst;
        let queue = |name: &str, limit| LimitQueue::new(name, limit, burst, Arc::clone(&shared));
        Self {
            models: Mutex::default(),
            status: queue("status", limits.status),
            concurrent_status: Semaphore::new(MAX_CONCURRENT_STATUS),
            polls: Arc::new(PollBudget::new(limits.status, burst)),
            downloads: queue("delivery", limits.downloads),
            uploads: queue("uploads", limits.uploads),
            limits,
            shared,
        }
    }

    /// Shares the limits with other processes from now on. Only the first call has an effect.
    #[cfg(feature = "postgres")]
    pub(crate) fn share(&self, limiter: Arc<dyn SharedRateLimiter>) {
        let _ = self.shared.set(limiter);
    }

    /// Waits for a concurrency permit. It comes before the uploads of a request, so that they are not made long before
    /// they are used.
    pub(crate) async fn acquire_concurrency(&self, model: &Model, urgency: Urgency) -> ConcurrencyPermit {
        let limits = self.model(model);
        if let Some(permit) = limits.try_open(urgency) {
            return permit;
        }
        // Boxed: a wait is rare, and its future would make that of every call larger.
        Box::pin(limits.open(urgency)).await
    }

    /// Takes the permits for one submission, or fails: with the expected wait, if only the rate limit is in the way.
    pub(crate) fn try_acquire_submission(&self, model: &Model) -> Result<(ConcurrencyPermit, Permit<'_>), Error> {
        let limits = self.model(model);
        let failed = |message: &str| Error::new(ErrorKind::RateLimited, message).with_model(model.clone());
        let concurrency = Arc::clone(&limits.concurrency).try_acquire_owned();
        // Nobody knows when one of them finishes; only the rate limit may make the wait longer.
        let concurrency = concurrency.map_err(|_| {
            let wait = Some(limits.expected_wait()).filter(|wait| !wait.is_zero());
            failed("too many other submissions to this model are open").with_retry_after(wait)
        })?;
        limits.queue.try_acquire().map_err(|wait| {
            failed("the client's rate limit for this model is exhausted for now").with_retry_after(Some(wait))
        })?;
        Ok((ConcurrencyPermit { _open: concurrency, _of_batches: None }, Permit { _concurrency: None }))
    }

    /// Returns how long a submission has to wait for the rate limit of a model.
    pub(crate) fn expected_wait(&self, model: &Model) -> Duration {
        self.model(model).expected_wait()
    }

    /// Returns the budget that the polls of all jobs share.
    pub(crate) fn polls(&self) -> &Arc<PollBudget> {
        &self.polls
    }

    /// Waits for a permit to send a submission.
    pub(crate) async fn acquire_submission(
        &self,
        model: &Model,
        urgency: Urgency,
        deadline: Instant,
    ) -> Result<Permit<'_>, Error> {
        let limits = self.model(model);
        limits.queue.acquire(urgency, Instant::now(), deadline).await.map_err(too_late)?;
        Ok(Permit { _concurrency: None })
    }

    /// Waits for a permit to send any other request.
    pub(crate) async fn acquire(
        &self,
        operation: Operation<'_>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Permit<'_>, Error> {
        let queue = match operation {
            Operation::Submission(model) => {
                return self.acquire_submission(model, Urgency::Interactive, deadline).await;
            }
            Operation::Status => &self.status,
            Operation::Download => &self.downloads,
            Operation::Upload => &self.uploads,
        };
        queue.acquire(Urgency::Interactive, priority, deadline).await.map_err(too_late)?;
        let concurrency = match operation {
            Operation::Status => {
                let free = timeout_at(deadline, self.concurrent_status.acquire()).await;
                let late = "too many other status requests were open until the deadline";
                let free = free.map_err(|_| Error::new(ErrorKind::RateLimited, late))?;
                self.polls.spend();
                free.ok()
            }
            _ => None,
        };
        Ok(Permit { _concurrency: concurrency })
    }

    /// Updates the limits from a response.
    pub(crate) fn update(&self, operation: Operation<'_>, is_rejected: bool, headers: &HeaderMap) {
        let headers = RateLimitHeaders::parse(headers);
        match operation {
            Operation::Submission(model) => self.model(model).queue.update(is_rejected, &headers),
            Operation::Status => {
                self.status.update(is_rejected, &headers);
                self.polls.update(is_rejected, &headers);
            }
            Operation::Download => self.downloads.update(is_rejected, &headers),
            Operation::Upload => self.uploads.update(is_rejected, &headers),
        }
    }

    fn model(&self, model: &Model) -> Arc<ModelLimits> {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limits) = models.get(model) {
            return Arc::clone(limits);
        }
        let limit = self.limits.for_model(model);
        // At most as many as are sent in a quarter of a minute, so that none waits long while its deadline runs.
        let sent_soon = match limit {
            Limit::Documented(per_minute) | Limit::Set(per_minute) => (per_minute / 4).max(2) as usize,
            Limit::None => usize::MAX,
        };
        let open = sent_soon.min(self.limits.open_submissions);
        let concurrency = Arc::new(Semaphore::new(open));
        let for_batches = Arc::new(Semaphore::new((open - open / 8).max(1)));
        let queue = LimitQueue::new(&format!("model {model}"), limit, self.limits.burst, Arc::clone(&self.shared));
        let limits = Arc::new(ModelLimits { queue, concurrency, for_batches, waiting: AtomicUsize::new(0) });
        models.insert(model.clone(), Arc::clone(&limits));
        limits
    }
}

impl ModelLimits {
    /// Takes a concurrency permit if there is one.
    fn try_open(&self, urgency: Urgency) -> Option<ConcurrencyPermit> {
        let of_batches = match urgency {
            Urgency::Interactive => None,
            Urgency::Batch => Some(Arc::clone(&self.for_batches).try_acquire_owned().ok()?),
        };
        let open = Arc::clone(&self.concurrency).try_acquire_owned().ok()?;
        Some(ConcurrencyPermit { _open: open, _of_batches: of_batches })
    }

    /// Waits for a concurrency permit.
    async fn open(&self, urgency: Urgency) -> ConcurrencyPermit {
        let _waiting = Counted::new(&self.waiting);
        // The semaphores are never closed; if they were, the rate limit would be left.
        let of_batches = match urgency {
            Urgency::Interactive => None,
            Urgency::Batch => acquire(&self.for_batches).await,
        };
        loop {
            if let Some(open) = acquire(&self.concurrency).await {
                return ConcurrencyPermit { _open: open, _of_batches: of_batches };
            }
        }
    }

    fn expected_wait(&self) -> Duration {
        self.queue.expected_wait(self.waiting.load(Ordering::Relaxed))
    }
}

/// Builds the error of a request that cannot be sent before its deadline.
fn too_late(wait: Option<Duration>) -> Error {
    let message = "the client's rate limit allows no request before the deadline";
    Error::new(ErrorKind::RateLimited, message).with_retry_after(wait)
}

async fn acquire(semaphore: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(semaphore).acquire_owned().await.ok()
}

/// Increments a counter until it is dropped.
struct Counted<'a> {
    counter: &'a AtomicUsize,
}

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self { counter }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_status_request_waits_for_others_until_its_deadline_only() {
        let limiter = Limiter::new(Limits::none());
        let start = Instant::now();
        let deadline = start + Duration::from_secs(5);
        let mut open = Vec::new();
        for _ in 0..MAX_CONCURRENT_STATUS {
            open.push(limiter.acquire(Operation::Status, start, deadline).await.unwrap());
        }
        let error = limiter.acquire(Operation::Status, start, deadline).await.unwrap_err();
        assert!(error.is_rate_limited(), "{error}");
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        open.pop();
        assert!(limiter.acquire(Operation::Status, start, deadline).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn open_submissions_have_no_known_end() {
        let model = Model::P_IMAGE;
        let limiter = Limiter::new(Limits::none().submissions(&model, 60).open_submissions(1));
        let open = limiter.acquire_concurrency(&model, Urgency::Interactive).await;
        let error = limiter.try_acquire_submission(&model).unwrap_err();
        assert!(error.is_rate_limited() && error.retry_after().is_none(), "{error}");
        drop(open);
        while limiter.try_acquire_submission(&model).is_ok() {}
        let error = limiter.try_acquire_submission(&model).unwrap_err();
        assert!(error.retry_after().is_some_and(|wait| !wait.is_zero()), "{error}");
    }
}
