//! A priority queue in front of a rate limit.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};

use super::{Limit, headers::RateLimitHeaders, shared::SharedRateLimiter, window::Window};

/// The order in which waiters are served: the lowest first. A request that cannot be postponed has the time of its arrival;
/// a poll has a later one, by a multiple of its interval.
pub(crate) type Priority = Instant;

/// Requests that share one rate limit.
///
/// No background task: one waiter at a time drives the queue. When it has been served, or gives up, the next takes over.
#[derive(Debug)]
pub(super) struct LimitQueue {
    name: String,
    state: Mutex<State>,
    /// Held by the waiter that drives the queue.
    driver: tokio::sync::Mutex<Reservation>,
    /// The limiter that is shared with other processes, if there is one.
    shared: Arc<OnceLock<Arc<dyn SharedRateLimiter>>>,
}

/// Requests that the shared limiter has reserved for this process.
#[derive(Debug)]
struct Reservation {
    count: u32,
    valid_from: Instant,
}

#[derive(Debug)]
struct State {
    window: Window,
    queue: BinaryHeap<Reverse<Waiter>>,
    arrivals: u64,
}

/// A request in the queue, ordered by priority, then by arrival.
#[derive(Debug)]
struct Waiter {
    order: (Priority, u64),
    permit: oneshot::Sender<()>,
}

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiter {}

impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl LimitQueue {
    pub(super) fn new(name: &str, limit: Limit, shared: Arc<OnceLock<Arc<dyn SharedRateLimiter>>>) -> Self {
        let state = State { window: Window::new(limit), queue: BinaryHeap::new(), arrivals: 0 };
        let driver = tokio::sync::Mutex::new(Reservation { count: 0, valid_from: Instant::now() });
        Self { name: name.to_owned(), state: Mutex::new(state), driver, shared }
    }

    /// Waits for a permit for one request. If the deadline would come first, fails at once with the time that is needed.
    pub(super) async fn acquire(&self, priority: Priority, deadline: Instant) -> Result<(), Option<Duration>> {
        let permit = {
            let mut state = self.state();
            if self.shared.get().is_none() && state.queue.is_empty() && state.window.try_acquire().is_ok() {
                return Ok(());
            }
            state.arrivals += 1;
            let order = (priority, state.arrivals);
            if self.shared.get().is_none()
                && let Some(wait) = state.wait_beyond(order, deadline)
            {
                return Err(Some(wait));
            }
            let (sender, receiver) = oneshot::channel();
            state.queue.push(Reverse(Waiter { order, permit: sender }));
            receiver
        };
        let drive = pin!(self.drive(deadline));
        match timeout_at(deadline, select(permit, drive)).await {
            Ok(Either::Left(_)) => Ok(()),
            Ok(Either::Right((wait, _))) => Err(Some(wait)),
            Err(_) => Err(None),
        }
    }

    /// Takes a permit for one request, or returns how long it would take.
    pub(super) fn try_acquire(&self) -> Result<(), Duration> {
        let mut state = self.state();
        state.forget_dropped();
        let ahead = state.ahead();
        if ahead == 0 && state.window.try_acquire().is_ok() {
            return Ok(());
        }
        Err(state.window.expected_wait(ahead))
    }

    /// Returns how long a request has to wait that comes after those in the queue and `ahead` others.
    pub(super) fn expected_wait(&self, ahead: usize) -> Duration {
        let mut state = self.state();
        state.forget_dropped();
        let ahead = state.ahead().saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX));
        state.window.expected_wait(ahead)
    }

    /// Learns from a response.
    pub(super) fn update(&self, is_rejected: bool, headers: &RateLimitHeaders) {
        self.state().window.update(is_rejected, headers);
    }

    /// Serves the queue, in turn with other waiters, until the caller has its permit and stops polling. Returns only if
    /// the deadline comes before the caller's turn: with the time that is missing.
    async fn drive(&self, deadline: Instant) -> Duration {
        let mut reservation = self.driver.lock().await;
        loop {
            self.reserve(&mut reservation).await;
            let early = reservation.valid_from.saturating_duration_since(Instant::now());
            let next = if early.is_zero() { self.state().serve() } else { Err(early) };
            match next {
                Ok(()) => {
                    reservation.count = reservation.count.saturating_sub(1);
                    tokio::task::yield_now().await;
                }
                Err(wait) if Instant::now() + wait > deadline => return wait,
                Err(wait) => sleep(wait).await,
            }
        }
    }

    /// Renews a used-up reservation with the shared limiter, if there is one.
    async fn reserve(&self, reservation: &mut Reservation) {
        let Some(shared) = self.shared.get() else { return };
        let quota = self.state().window.quota();
        if let (0, Some(quota)) = (reservation.count, quota) {
            let count = quota.reservation_size();
            let wait = shared.reserve(&self.name, quota, count).await.unwrap_or_default();
            *reservation = Reservation { count, valid_from: Instant::now() + wait };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a permit to the most urgent waiter, or returns how long to wait.
    fn serve(&mut self) -> Result<(), Duration> {
        self.forget_dropped();
        if self.queue.is_empty() {
            return Ok(());
        }
        self.window.try_acquire()?;
        if let Some(Reverse(first)) = self.queue.pop() {
            // The waiter may just have been dropped; one permit is then wasted.
            let _ = first.permit.send(());
        }
        Ok(())
    }

    /// Removes waiters that gave up, so that no permit is wasted on them.
    fn forget_dropped(&mut self) {
        while self.queue.peek().is_some_and(|Reverse(first)| first.permit.is_closed()) {
            self.queue.pop();
        }
    }

    /// Returns how long a request of this order has to wait, if that is beyond its deadline.
    fn wait_beyond(&mut self, order: (Priority, u64), deadline: Instant) -> Option<Duration> {
        self.forget_dropped();
        let is_late = |wait: &Duration| Instant::now() + *wait > deadline;
        // Most requests fit even behind the whole queue, which then need not be counted.
        Some(self.window.expected_wait(self.ahead())).filter(is_late)?;
        let before = self.queue.iter().filter(|Reverse(waiter)| waiter.order < order && !waiter.permit.is_closed());
        let before = u32::try_from(before.count()).unwrap_or(u32::MAX);
        Some(self.window.expected_wait(before)).filter(is_late)
    }

    fn ahead(&self) -> u32 {
        u32::try_from(self.queue.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream::FuturesUnordered};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_most_urgent_waiter_is_served_first_and_a_late_one_fails_at_once() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let queue = LimitQueue::new("status", Limit::Set(30), Arc::default());
        // The burst is used up.
        queue.acquire(start, after(1)).await.unwrap();
        let waiting = [(50, 600), (20, 600), (40, 600), (30, 3), (10, 600)];
        let mut waiting: FuturesUnordered<_> = waiting
            .into_iter()
            .map(|(priority, deadline)| {
                let queue = &queue;
                async move { (priority, queue.acquire(after(priority), after(deadline)).await.is_ok()) }
            })
            .collect();
        let mut served = Vec::new();
        while let Some((priority, is_permitted)) = waiting.next().await {
            served.push((priority, is_permitted, start.elapsed().as_secs()));
        }
        // One about every 2.1 seconds. The fourth cannot meet its deadline behind those before it, and fails at once.
        assert_eq!(served, [(30, false, 0), (10, true, 2), (20, true, 4), (40, true, 6), (50, true, 8)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_waiter_uses_no_permit() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let queue = LimitQueue::new("status", Limit::Set(30), Arc::default());
        queue.acquire(start, after(1)).await.unwrap();
        let dropped = timeout_at(after(1), queue.acquire(after(5), after(600)));
        let (dropped, served) = tokio::join!(dropped, queue.acquire(after(10), after(600)));
        assert!(dropped.is_err() && served.is_ok());
        assert_eq!(start.elapsed().as_secs(), 2, "the first permit after the burst");
    }
}
