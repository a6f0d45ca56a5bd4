//! How fast requests are sent: within what the service allows, so that it need not refuse any.
//!
//! A client, with all its clones, keeps the limits of its key: submissions for each model, status calls, downloads,
//! uploads. They start from the document, and whatever the service says of them (`RateLimit-*`, HTTP 429) corrects them.
//!
//! ```
//! use pruna::{Client, Model, limits::Limits};
//!
//! // Half of what the document allows for one model, because another program uses the same key.
//! let limits = Limits::documented().submissions(Model::P_IMAGE, 250).status(15_000);
//! let client = Client::builder().api_key("pru_...").limits(limits).build()?;
//! # Ok::<(), pruna::Error>(())
//! ```

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use reqwest::header::HeaderMap;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::{Error, Model, error::ErrorKind};

mod lane;
mod pace;
mod shared;
mod told;

use lane::Lane;
#[cfg(feature = "postgres")]
pub(crate) use shared::Even;
pub(crate) use shared::SharedPace;
use told::Told;

/// What the document allows a minute, for every key.
const STATUS: u32 = 30_000;
const DELIVERY: u32 = 10_000;
const UPLOADS: u32 = 10_000;
/// How many submissions of one model are open at once at most. Synchronous ones hold their connection until the result.
const MOST_SUBMISSIONS: usize = 64;
/// How many status calls are open at once at most.
const MOST_STATUS: usize = 128;

/// What may be sent a minute. Made by [`Limits::documented`] or [`Limits::none`] and given to
/// [`ClientBuilder::limits`](crate::ClientBuilder::limits).
#[derive(Clone, Debug)]
pub struct Limits {
    documented: bool,
    models: HashMap<Model, u32>,
    status: Limit,
    delivery: Limit,
    uploads: Limit,
    open_submissions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self::documented()
    }
}

impl Limits {
    /// What the document says. The default.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            documented: true,
            models: HashMap::new(),
            status: Limit::Documented(STATUS),
            delivery: Limit::Documented(DELIVERY),
            uploads: Limit::Documented(UPLOADS),
            open_submissions: MOST_SUBMISSIONS,
        }
    }

    /// No limits of ours: everything is sent at once, and the service refuses what is too much. What it says of its
    /// limits is heeded all the same.
    #[must_use]
    pub fn none() -> Self {
        Self {
            documented: false,
            status: Limit::None,
            delivery: Limit::None,
            uploads: Limit::None,
            ..Self::documented()
        }
    }

    /// Submissions a minute for one model.
    #[must_use]
    pub fn submissions(mut self, model: impl Into<Model>, per_minute: u32) -> Self {
        self.models.insert(model.into(), per_minute);
        self
    }

    /// Status calls a minute, shared by all jobs: with more of them than it allows for, those are asked first whose
    /// result would otherwise be noticed latest, measured by how long they run.
    #[must_use]
    pub fn status(mut self, per_minute: u32) -> Self {
        self.status = Limit::Set(per_minute);
        self
    }

    /// Downloads from the service a minute.
    #[must_use]
    pub fn downloads(mut self, per_minute: u32) -> Self {
        self.delivery = Limit::Set(per_minute);
        self
    }

    /// Uploads a minute.
    #[must_use]
    pub fn uploads(mut self, per_minute: u32) -> Self {
        self.uploads = Limit::Set(per_minute);
        self
    }

    /// How many submissions of one model are open at once at most, whatever their rate: 64 by default, at least 1.
    /// Synchronous ones (`Try-Sync`) stay open until the result is there.
    #[must_use]
    pub fn open_submissions(mut self, at_once: usize) -> Self {
        self.open_submissions = at_once.max(1);
        self
    }

    fn of_model(&self, model: &Model) -> Limit {
        match self.models.get(model) {
            Some(per_minute) => Limit::Set(*per_minute),
            None => match model.info().requests_per_minute.filter(|_| self.documented) {
                Some(per_minute) => Limit::Documented(per_minute),
                None => Limit::None,
            },
        }
    }
}

/// One limit, in requests a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    /// As the document says; the service knows better.
    Documented(u32),
    /// As the caller says: never raised.
    Set(u32),
    /// Only what the service says is heeded.
    None,
}

/// What is sent, as far as limits are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation<'a> {
    Submission(&'a Model),
    Status,
    Delivery,
    Upload,
}

/// Who is served first when there is too little for all: the lowest. A request that cannot be put off has the time of
/// its arrival; a poll a later one, by a multiple of the interval that was wanted.
pub(crate) type Rank = Instant;

/// A place among the submissions of a model that are open at once.
pub(crate) type Slot = OwnedSemaphorePermit;

/// The limits of a client in force.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    models: Mutex<HashMap<Model, Arc<ModelLane>>>,
    status: Lane,
    status_slots: Semaphore,
    delivery: Lane,
    uploads: Lane,
    shared: Arc<OnceLock<Arc<dyn SharedPace>>>,
}

#[derive(Debug)]
struct ModelLane {
    lane: Lane,
    slots: Arc<Semaphore>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let shared = Arc::default();
        let lane = |name: &str, limit| Lane::new(name, limit, Arc::clone(&shared));
        Self {
            models: Mutex::default(),
            status: lane("status", limits.status),
            status_slots: Semaphore::new(MOST_STATUS),
            delivery: lane("delivery", limits.delivery),
            uploads: lane("uploads", limits.uploads),
            limits,
            shared,
        }
    }

    /// From now on the pace is shared with other processes. The first such agreement lasts.
    #[cfg(feature = "postgres")]
    pub(crate) fn share(&self, pace: Arc<dyn SharedPace>) {
        let _ = self.shared.set(pace);
    }

    /// Waits for a place among the open submissions of a model, as long as that takes. It comes before the uploads of a
    /// request, so that they are not made long before they are used.
    pub(crate) async fn slot(&self, model: &Model) -> Slot {
        let slots = Arc::clone(&self.model(model).slots);
        // The semaphore is never closed; were it, a place of its own does no harm.
        match slots.acquire_owned().await {
            Ok(slot) => slot,
            Err(_) => Box::pin(self.slot(model)).await,
        }
    }

    /// Waits until a request may be sent. Dropping the permit makes room for the next open request.
    pub(crate) async fn acquire(
        &self,
        operation: Operation<'_>,
        rank: Rank,
        deadline: Instant,
    ) -> Result<Permit<'_>, Error> {
        let admitted = match operation {
            Operation::Submission(model) => self.model(model).lane.admit(rank, deadline).await,
            Operation::Status => self.status.admit(rank, deadline).await,
            Operation::Delivery => self.delivery.admit(rank, deadline).await,
            Operation::Upload => self.uploads.admit(rank, deadline).await,
        };
        admitted.map_err(|wait| {
            let message = "the client keeps the service's limits and found no room before the deadline";
            Error::new(ErrorKind::RateLimited, message).with_retry_after(wait)
        })?;
        let slot = match operation {
            Operation::Status => self.status_slots.acquire().await.ok(),
            _ => None,
        };
        Ok(Permit { _slot: slot })
    }

    /// Learns from an answer what the service really allows.
    pub(crate) fn report(&self, operation: Operation<'_>, refused: bool, headers: &HeaderMap) {
        let told = Told::read(headers);
        if !refused && told == Told::default() {
            return;
        }
        match operation {
            Operation::Submission(model) => self.model(model).lane.correct(refused, &told),
            Operation::Status => self.status.correct(refused, &told),
            Operation::Delivery => self.delivery.correct(refused, &told),
            Operation::Upload => self.uploads.correct(refused, &told),
        }
    }

    fn model(&self, model: &Model) -> Arc<ModelLane> {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = models.get(model) {
            return Arc::clone(lane);
        }
        let limit = self.limits.of_model(model);
        // Those that are open wait for their turn to be sent: never more than are sent in a quarter of a minute, so that
        // none of them waits long with its clock running.
        let places = match limit {
            Limit::Documented(per_minute) | Limit::Set(per_minute) => (per_minute / 4).max(2) as usize,
            Limit::None => usize::MAX,
        };
        let slots = Arc::new(Semaphore::new(places.min(self.limits.open_submissions)));
        let lane = Lane::new(&format!("model {model}"), limit, Arc::clone(&self.shared));
        let lane = Arc::new(ModelLane { lane, slots });
        models.insert(model.clone(), Arc::clone(&lane));
        lane
    }
}

/// The leave to send one request.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit<'a> {
    _slot: Option<tokio::sync::SemaphorePermit<'a>>,
}
