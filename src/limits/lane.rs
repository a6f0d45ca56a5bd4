//! A queue before a limit: whoever waits, the most urgent goes first.

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

use super::{Limit, Rank, pace::Pace, shared::SharedPace, told::Told};

/// Requests that share one limit.
///
/// There is no task behind it: of those who wait, one at a time keeps the clock for all. When it has been served, or
/// gives up, the next takes over.
#[derive(Debug)]
pub(super) struct Lane {
    name: String,
    state: Mutex<State>,
    /// Held by the one who keeps the clock.
    turn: tokio::sync::Mutex<Booked>,
    /// The pace that is shared with other processes, if it is.
    shared: Arc<OnceLock<Arc<dyn SharedPace>>>,
}

/// Requests that are booked with those who share the pace, and when they may be sent.
#[derive(Debug)]
struct Booked {
    left: u32,
    from: Instant,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    queue: BinaryHeap<Reverse<Waiting>>,
    arrivals: u64,
}

/// One who waits. Ordered by rank, then by arrival.
#[derive(Debug)]
struct Waiting {
    order: (Rank, u64),
    served: oneshot::Sender<()>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl Lane {
    pub(super) fn new(name: &str, limit: Limit, shared: Arc<OnceLock<Arc<dyn SharedPace>>>) -> Self {
        let state = State { pace: Pace::new(limit), queue: BinaryHeap::new(), arrivals: 0 };
        let turn = tokio::sync::Mutex::new(Booked { left: 0, from: Instant::now() });
        Self { name: name.to_owned(), state: Mutex::new(state), turn, shared }
    }

    /// Waits for leave to send one request. When the deadline comes first: how long it would have taken, if that is known.
    pub(super) async fn admit(&self, rank: Rank, deadline: Instant) -> Result<(), Option<Duration>> {
        let served = {
            let mut state = self.state();
            if self.shared.get().is_none() && state.queue.is_empty() && state.pace.take().is_ok() {
                return Ok(());
            }
            state.arrivals += 1;
            let (sender, receiver) = oneshot::channel();
            let order = (rank, state.arrivals);
            state.queue.push(Reverse(Waiting { order, served: sender }));
            receiver
        };
        let clock = pin!(self.keep_the_clock(deadline));
        match timeout_at(deadline, select(served, clock)).await {
            Ok(Either::Left(_)) => Ok(()),
            Ok(Either::Right((wait, _))) => Err(Some(wait)),
            Err(_) => Err(None),
        }
    }

    /// Learns from what the service said.
    pub(super) fn correct(&self, refused: bool, told: &Told) {
        self.state().pace.correct(refused, told);
    }

    /// Serves the queue, in turn with the others who wait in it, until the caller stops it, having been served. Returns
    /// only when it is plain that the deadline comes before the caller's turn: with the time that is missing.
    async fn keep_the_clock(&self, deadline: Instant) -> Duration {
        let mut booked = self.turn.lock().await;
        loop {
            self.book(&mut booked).await;
            let early = booked.from.saturating_duration_since(Instant::now());
            let next = if early.is_zero() { self.state().serve() } else { Err(early) };
            match next {
                Ok(()) => {
                    booked.left = booked.left.saturating_sub(1);
                    tokio::task::yield_now().await;
                }
                Err(wait) if Instant::now() + wait > deadline => return wait,
                Err(wait) => sleep(wait).await,
            }
        }
    }

    /// Sees to it that a request is booked with those who share the pace, if anybody does.
    async fn book(&self, booked: &mut Booked) {
        let Some(shared) = self.shared.get() else { return };
        let pace = self.state().pace.even();
        if let (0, Some(pace)) = (booked.left, pace) {
            let wait = shared.book(&self.name, pace, pace.at_once()).await.unwrap_or_default();
            *booked = Booked { left: pace.at_once(), from: Instant::now() + wait };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives leave to the most urgent, or tells how long to wait.
    fn serve(&mut self) -> Result<(), Duration> {
        // Those who gave up are forgotten first, so that no leave is lost on them.
        while self.queue.peek().is_some_and(|Reverse(first)| first.served.is_closed()) {
            self.queue.pop();
        }
        if self.queue.is_empty() {
            return Ok(());
        }
        self.pace.take()?;
        if let Some(Reverse(first)) = self.queue.pop() {
            // It cannot have given up meanwhile without our knowing by more than a moment; then one leave is lost.
            let _ = first.served.send(());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream::FuturesUnordered};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_most_urgent_is_served_first_and_those_who_give_up_cost_nothing() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let lane = Lane::new("status", Limit::Set(30), Arc::default());
        // What may be sent at once is sent.
        lane.admit(start, after(1)).await.unwrap();
        let waiting = [(50, 600), (20, 600), (40, 600), (30, 3), (10, 600)];
        let mut waiting: FuturesUnordered<_> = waiting
            .into_iter()
            .map(|(rank, deadline)| {
                let lane = &lane;
                async move { (rank, lane.admit(after(rank), after(deadline)).await.is_ok()) }
            })
            .collect();
        let mut served = Vec::new();
        while let Some((rank, admitted)) = waiting.next().await {
            served.push((rank, admitted, start.elapsed().as_secs()));
        }
        // One every 2.1 seconds or so.
        assert_eq!(served, [(10, true, 2), (30, false, 3), (20, true, 4), (40, true, 6), (50, true, 8)]);
    }
}
