//! A priority queue in front of a rate limit.

#[cfg(test)]
mod fleet;
#[cfg(test)]
mod tests;
mod waiter;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, timeout, timeout_at},
};

use self::waiter::{Receiver, Waiter};
use super::{
    Limit, Urgency,
    headers::RateLimitHeaders,
    shared::{Demand, Quota, Reservation, SharedRateLimiter},
    window::Window,
};

/// The order in which waiters are served: the lowest first. A request that cannot be postponed has the time of its arrival; a poll
/// has a later one, by a multiple of its interval. All of them precede requests of batches.
pub(crate) type Priority = Instant;

/// If other requests use up the limit, one of a batch is served after this time nevertheless.
const BATCH_PATIENCE: Duration = Duration::from_secs(10);

/// How long a waiter relies on the task.
const SELF_SERVICE: Duration = Duration::from_secs(5);

/// Requests that share one rate limit.
///
/// While requests wait, a task gives them permits in their order. It ends with the last of them.
#[derive(Debug)]
pub(super) struct LimitQueue {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    state: Mutex<State>,
    /// Wakes the task when the limit has changed or a waiter has gone.
    changed: Notify,
    /// The limiter that is shared with other processes, if there is one.
    shared: Arc<OnceLock<Arc<dyn SharedRateLimiter>>>,
}

#[derive(Debug)]
struct State {
    window: Window,
    queue: BinaryHeap<Reverse<Waiter>>,
    /// Requests of batches.
    batches: BinaryHeap<Reverse<Waiter>>,
    /// When the last request of a batch was served, or the first began to wait.
    batch_served: Instant,
    arrivals: u64,
    /// Whether a task serves the queue.
    is_served: bool,
    /// What the limiter that is shared with other processes allows.
    reservation: Reservation,
}

impl LimitQueue {
    pub(super) fn new(name: &str, limit: Limit, burst: f64, shared: Arc<OnceLock<Arc<dyn SharedRateLimiter>>>) -> Self {
        let state = State {
            window: Window::new(limit, burst),
            queue: BinaryHeap::new(),
            batches: BinaryHeap::new(),
            batch_served: Instant::now(),
            arrivals: 0,
            is_served: false,
            reservation: Reservation::new(),
        };
        let inner = Inner { name: name.to_owned(), state: Mutex::new(state), changed: Notify::new(), shared };
        Self { inner: Arc::new(inner) }
    }

    /// Waits for a permit for one request. If the deadline would come first, fails at once with the time that is needed.
    pub(super) async fn acquire(
        &self,
        urgency: Urgency,
        priority: Priority,
        deadline: Instant,
    ) -> Result<(), Option<Duration>> {
        loop {
            let Some(permit) = self.enqueue(urgency, priority, deadline)? else { return Ok(()) };
            // Boxed: a wait is rare, and its future would make that of every call larger.
            if let Some(served) = Box::pin(self.wait(permit, deadline)).await {
                return served;
            }
        }
    }

    /// Waits to be served. `None` if the runtime of the task has ended.
    async fn wait(&self, mut permit: Receiver, deadline: Instant) -> Option<Result<(), Option<Duration>>> {
        let leaving = Leaving { inner: &self.inner };
        let served = loop {
            match timeout_at(deadline.min(Instant::now() + SELF_SERVICE), &mut permit).await {
                Ok(served) => break served,
                Err(_) if deadline <= Instant::now() => return Some(Err(None)),
                // The task may be one of a runtime that nobody drives at present.
                Err(_) => drop(self.inner.state().serve(self.inner.shared.get().is_some())),
            }
        };
        std::mem::forget(leaving);
        match served {
            Ok(served) => Some(served.map_err(Some)),
            Err(_) => {
                tokio::task::yield_now().await;
                None
            }
        }
    }

    /// Takes a permit, or enters the queue.
    fn enqueue(
        &self,
        urgency: Urgency,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Option<Receiver>, Option<Duration>> {
        let mut state = self.inner.state();
        state.forget_dropped();
        let is_shared = self.inner.shared.get().is_some();
        let is_first = state.queue.is_empty() && (urgency == Urgency::Interactive || state.batches.is_empty());
        if !is_shared && is_first && state.window.try_acquire(urgency).is_ok() {
            return Ok(None);
        }
        state.arrivals += 1;
        let order = (priority, state.arrivals);
        if let Some(wait) = state.wait_beyond(urgency, order, deadline) {
            return Err(Some(wait));
        }
        let (sender, receiver) = oneshot::channel();
        let waiter = Reverse(Waiter { order, deadline, permit: sender });
        match urgency {
            Urgency::Interactive => {
                if state.queue.is_empty() {
                    // The task may be waiting for what batches may send.
                    self.inner.changed.notify_one();
                }
                state.queue.push(waiter);
            }
            Urgency::Batch => {
                if state.batches.is_empty() {
                    state.batch_served = Instant::now();
                }
                state.batches.push(waiter);
            }
        }
        self.start_server(state);
        Ok(Some(receiver))
    }

    /// Takes a permit for one request, or returns how long it would take.
    pub(super) fn try_acquire(&self) -> Result<(), Duration> {
        let mut state = self.inner.state();
        state.forget_dropped();
        let ahead = state.ahead();
        let is_shared = self.inner.shared.get().is_some() && state.window.quota().is_some();
        if is_shared && !state.reservation.is_usable() {
            // Asks for one, for the next attempt.
            let wait = state.reservation.attempt().max(state.window.expected_wait(ahead));
            self.start_server(state);
            return Err(wait);
        }
        if ahead == 0 && state.window.try_acquire(Urgency::Interactive).is_ok() {
            state.reservation.take();
            return Ok(());
        }
        Err(state.window.expected_wait(ahead))
    }

    /// Returns how long a request has to wait that comes after those in the queue and `ahead` others.
    pub(super) fn expected_wait(&self, ahead: usize) -> Duration {
        let mut state = self.inner.state();
        state.forget_dropped();
        let ahead = state.ahead().saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX));
        state.window.expected_wait(ahead).max(state.reservation.wait(Urgency::Interactive))
    }

    /// Learns from a response.
    pub(super) fn update(&self, is_rejected: bool, headers: &RateLimitHeaders) {
        let mut state = self.inner.state();
        state.window.update(is_rejected, headers);
        if state.is_served {
            self.inner.changed.notify_one();
        }
    }

    /// Starts the task that serves the queue, unless it runs.
    fn start_server(&self, mut state: MutexGuard<'_, State>) {
        let is_served = std::mem::replace(&mut state.is_served, true);
        // A runtime that has ended drops the task at once, which locks the state.
        drop(state);
        if !is_served {
            let server = Server { inner: Arc::clone(&self.inner) };
            // Outside of a runtime nothing could wait, either; the server is dropped.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                drop(runtime.spawn(server.run()));
            }
        }
    }
}

/// A waiter. If it is dropped before it is served, the task learns that.
struct Leaving<'a> {
    inner: &'a Inner,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.inner.changed.notify_one();
    }
}

/// The task that serves a queue.
struct Server {
    inner: Arc<Inner>,
}

/// What to do next.
enum Next {
    Reserve(Quota, Demand),
    Wait(Duration),
    End,
}

impl Server {
    async fn run(self) {
        loop {
            let next = self.inner.state().serve(self.inner.shared.get().is_some());
            match next {
                Next::Reserve(quota, demand) => self.reserve(quota, demand).await,
                // A timeout is not an error: the time has come.
                Next::Wait(wait) => drop(timeout(wait, self.inner.changed.notified()).await),
                Next::End => return,
            }
        }
    }

    /// Asks the shared limiter.
    async fn reserve(&self, quota: Quota, demand: Demand) {
        let Some(shared) = self.inner.shared.get() else { return };
        let asked = Instant::now();
        let grant = shared.reserve(&self.inner.name, quota, demand).await;
        self.inner.state().reservation.answered(asked, demand, grant);
    }
}

impl Drop for Server {
    /// If the runtime ends while requests of another one wait, they start a new task.
    fn drop(&mut self) {
        let mut state = self.inner.state();
        state.is_served = false;
        state.queue.clear();
        state.batches.clear();
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives permits in the order of the queue, as many as there are.
    fn serve(&mut self, is_shared: bool) -> Next {
        loop {
            self.forget_dropped();
            let quota = self.window.quota().filter(|_| is_shared);
            if self.queue.is_empty() && self.batches.is_empty() {
                let attempt = quota.and_then(|quota| Some((quota, self.reservation.take_attempt()?)));
                return attempt.map_or(Next::End, |(quota, demand)| Next::Reserve(quota, demand));
            }
            let served = match quota.filter(|_| !self.reservation.is_usable()) {
                Some(quota) => match self.demand() {
                    Ok(demand) => return Next::Reserve(quota, demand),
                    Err(wait) => Err(wait),
                },
                None => self.serve_first(),
            };
            if let Err(wait) = served {
                self.reject_late(wait);
                return Next::Wait(wait);
            }
            self.reservation.take();
        }
    }

    /// Returns what to ask the shared limiter for: as many requests as wait and may be sent at once.
    fn demand(&mut self) -> Result<Demand, Duration> {
        let (urgency, waiting) = match self.queue.len() {
            0 => (Urgency::Batch, self.batches.len()),
            waiting => (Urgency::Interactive, waiting),
        };
        match self.reservation.wait(urgency) {
            Duration::ZERO => {}
            wait => return Err(wait),
        }
        let count = self.window.available(urgency, u32::try_from(waiting).unwrap_or(u32::MAX))?;
        Ok(self.reservation.demand(count, urgency))
    }

    /// Gives a permit to the first waiter, or returns how long to wait.
    fn serve_first(&mut self) -> Result<(), Duration> {
        let is_overdue = !self.batches.is_empty() && self.batch_served + BATCH_PATIENCE <= Instant::now();
        let is_batch = self.queue.is_empty() || is_overdue;
        match is_batch {
            // One that has let others pass for long need not leave anything to them.
            true if !self.queue.is_empty() => self.window.try_acquire_overdue()?,
            true => self.window.try_acquire(Urgency::Batch)?,
            false => self.window.try_acquire(Urgency::Interactive)?,
        }
        let first = if is_batch { self.batches.pop() } else { self.queue.pop() };
        if is_batch {
            self.batch_served = Instant::now();
        }
        if let Some(Reverse(first)) = first {
            // The waiter may just have been dropped; one permit is then wasted.
            let _ = first.permit.send(Ok(()));
        }
        Ok(())
    }

    /// Fails waiters whose deadline comes before the next permit.
    fn reject_late(&mut self, wait: Duration) {
        let next = Instant::now() + wait;
        for queue in [&mut self.queue, &mut self.batches] {
            if !queue.iter().any(|Reverse(waiter)| waiter.deadline < next) {
                continue;
            }
            let (late, rest): (Vec<_>, Vec<_>) = queue.drain().partition(|Reverse(waiter)| waiter.deadline < next);
            *queue = rest.into();
            for Reverse(waiter) in late {
                // The waiter may just have been dropped.
                let _ = waiter.permit.send(Err(wait));
            }
        }
    }

    /// Removes waiters that gave up, so that no permit is wasted on them.
    fn forget_dropped(&mut self) {
        for queue in [&mut self.queue, &mut self.batches] {
            while queue.peek().is_some_and(|Reverse(first)| first.permit.is_closed()) {
                queue.pop();
            }
        }
    }

    /// Returns how long a request of this order has to wait, if that is beyond its deadline.
    fn wait_beyond(&mut self, urgency: Urgency, order: (Priority, u64), deadline: Instant) -> Option<Duration> {
        let is_late = |wait: &Duration| Instant::now() + *wait > deadline;
        let (others, own) = match urgency {
            Urgency::Interactive => (0, &self.queue),
            Urgency::Batch => (self.queue.len(), &self.batches),
        };
        let count = |own: usize| u32::try_from(others + own).unwrap_or(u32::MAX);
        let told = self.reservation.wait(urgency);
        let wait = |ahead| Some(self.window.expected_wait(ahead).max(told)).filter(is_late);
        // Most requests fit even behind the whole queue, which then need not be counted.
        wait(count(own.len()))?;
        let before = own.iter().filter(|Reverse(waiter)| waiter.order < order && !waiter.permit.is_closed()).count();
        wait(count(before))
    }

    fn ahead(&self) -> u32 {
        u32::try_from(self.queue.len()).unwrap_or(u32::MAX)
    }
}
