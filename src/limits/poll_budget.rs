//! The share of the limit on status requests that waiting for jobs may take, and the jobs that share it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Limit, headers::RateLimitHeaders};

/// Share of the limit that polls take on average. The rest is for other programs with the same key, and for requests that
/// cannot wait.
const SHARE: f64 = 0.5;
/// Requests that were saved are spent over this many rounds of polls. With fewer than one, intervals would swing, because
/// an interval that was chosen has its effect a round later.
const ROUNDS: f64 = 1.5;
/// Minimum time over which saved requests are spent, in seconds.
const MIN_HORIZON: f64 = 1.0;
/// Share of the average rate that remains after more requests than that.
const MIN_RATE: f64 = 0.5;

/// Counts the jobs that a client waits for, and the status requests that it may send.
///
/// A token bucket whose tokens are not handed out: they determine the rate at which jobs poll. It holds half of the limit and is
/// refilled with half of the limit per minute, so that no minute has more than the limit.
#[derive(Debug)]
pub(crate) struct PollBudget {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: Limit,
    /// Share of the limit that may be sent at once.
    burst: f64,
    /// Saved requests; below zero after too many.
    saved: f64,
    updated: Instant,
    waiting: usize,
    demand: f64,
}

/// What the jobs of a client need together and may have, in status requests per second: see
/// [`PollContext`](crate::poll::PollContext).
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollLoad {
    pub(crate) waiting: usize,
    pub(crate) demand: f64,
    pub(crate) budget: f64,
}

/// One job in a budget, until it is dropped.
#[derive(Debug)]
pub(crate) struct WaitingJob {
    budget: Arc<PollBudget>,
    demand: f64,
}

impl PollBudget {
    pub(super) fn new(limit: Limit, burst: f64) -> Self {
        let mut state = State { limit, burst, saved: 0.0, updated: Instant::now(), waiting: 0, demand: 0.0 };
        state.saved = state.capacity();
        Self { state: Mutex::new(state) }
    }

    /// Adds a job that is polled at this interval if there are few.
    pub(crate) fn add(self: &Arc<Self>, interval: Duration) -> WaitingJob {
        let demand = 1.0 / interval.as_secs_f64().max(0.001);
        let mut state = self.state();
        state.waiting += 1;
        state.demand += demand;
        WaitingJob { budget: Arc::clone(self), demand }
    }

    /// Counts a status request that is about to be sent.
    pub(super) fn spend(&self) {
        let mut state = self.state();
        state.refill();
        state.saved = (state.saved - 1.0).max(-state.capacity());
    }

    /// Learns from a response to a status request.
    pub(super) fn update(&self, is_rejected: bool, headers: &RateLimitHeaders) {
        let mut state = self.state();
        state.refill();
        state.limit = state.limit.learn(headers.per_minute);
        state.saved = state.saved.min(if is_rejected { 0.0 } else { state.capacity() });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingJob {
    /// Returns what all jobs need and may have at present.
    pub(crate) fn load(&self) -> PollLoad {
        let mut state = self.budget.state();
        state.refill();
        PollLoad { waiting: state.waiting, demand: state.demand, budget: state.rate() }
    }
}

impl Drop for WaitingJob {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.waiting = state.waiting.saturating_sub(1);
        // Without the rounding errors of earlier sums.
        state.demand = if state.waiting == 0 { 0.0 } else { state.demand - self.demand };
    }
}

impl State {
    /// Average rate per second.
    fn average(&self) -> f64 {
        match self.limit {
            Limit::Documented(per_minute) | Limit::Set(per_minute) => f64::from(per_minute.max(1)) * SHARE / 60.0,
            Limit::None => f64::INFINITY,
        }
    }

    /// Maximum number of saved requests.
    fn capacity(&self) -> f64 {
        self.average() * 60.0 * self.burst
    }

    fn refill(&mut self) {
        let now = Instant::now();
        if self.limit != Limit::None {
            let new = self.average() * (now - self.updated).as_secs_f64();
            self.saved = (self.saved + new).min(self.capacity());
        }
        self.updated = now;
    }

    /// Rate per second at present: the average, and what was saved over a few rounds of polls.
    fn rate(&self) -> f64 {
        let average = self.average();
        if average.is_infinite() {
            return average;
        }
        let horizon = (ROUNDS * self.waiting as f64 / average).max(MIN_HORIZON);
        (average + self.saved / horizon).max(average * MIN_RATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limit: Limit, burst: f64) -> Arc<PollBudget> {
        Arc::new(PollBudget::new(limit, burst))
    }

    fn wait(budget: &Arc<PollBudget>, count: usize) -> Vec<WaitingJob> {
        (0..count).map(|_| budget.add(Duration::from_millis(500))).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_count_until_they_are_dropped() {
        let budget = budget(Limit::Set(600), 1.0);
        let slow = budget.add(Duration::from_secs(4));
        let fast = wait(&budget, 3);
        assert_eq!((slow.load().waiting, slow.load().demand), (4, 6.25));
        drop(fast);
        assert_eq!((slow.load().waiting, slow.load().demand), (1, 0.25));
        drop(slow);
        let others = wait(&budget, 2);
        assert_eq!((others[0].load().waiting, others[0].load().demand), (2, 4.0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_half_of_the_limit_and_saved_requests_are_spent_in_addition() {
        for (limit, burst, jobs, at_first) in [
            (Limit::Set(600), 1.0, 1, 5.0 + 300.0),
            // Ninety jobs poll in 18 s once; the saved requests last for one and a half times as long.
            (Limit::Set(600), 1.0, 90, 5.0 + 300.0 / 27.0),
            (Limit::Set(600), 0.0, 90, 5.0),
            (Limit::Documented(30_000), 1.0, 1000, 250.0 + 15_000.0 / 6.0),
        ] {
            let budget = budget(limit, burst);
            let jobs = wait(&budget, jobs);
            let rate = jobs[0].load().budget;
            assert!((rate - at_first).abs() < 0.01, "{limit:?}, {burst}: {rate}");
            while budget.state().saved > 0.0 {
                budget.spend();
            }
            let rate = jobs[0].load().budget;
            assert!(rate <= budget.state().average(), "{limit:?}: {rate}");
            tokio::time::advance(Duration::from_secs(60)).await;
            let rate = jobs[0].load().budget;
            assert!((rate - at_first).abs() < 0.05, "{limit:?}, {burst}: {rate} after a quiet minute");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_requests_are_made_up_for_but_polls_never_stop() {
        for limit in [0, 1, 600, u32::MAX] {
            let budget = budget(Limit::Set(limit), 1.0);
            let jobs = wait(&budget, 10);
            let average = budget.state().average();
            budget.state().saved = -1e12;
            let rate = jobs[0].load().budget;
            assert!(rate > 0.0 && (rate / average - 0.5).abs() < 0.01, "{limit}: {rate} of {average}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reported_limit_and_a_rejection_count() {
        let reported = |per_minute| RateLimitHeaders { per_minute: Some(per_minute), ..Default::default() };
        for (limit, report, average) in [
            (Limit::Documented(600), 60, 0.5),
            (Limit::Documented(600), 1200, 10.0),
            (Limit::Set(600), 60, 0.5),
            (Limit::Set(600), 1200, 5.0),
            (Limit::None, 60, f64::INFINITY),
        ] {
            let budget = budget(limit, 1.0);
            let job = budget.add(Duration::from_secs(1));
            budget.update(true, &reported(report));
            assert_eq!(job.load().budget, average, "{limit:?}, {report} reported");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_the_budget_is_infinite() {
        let budget = budget(Limit::None, 1.0);
        let job = budget.add(Duration::ZERO);
        for _ in 0..10 {
            budget.spend();
            tokio::time::advance(Duration::from_secs(1)).await;
            budget.update(false, &RateLimitHeaders::default());
        }
        assert_eq!((job.load().budget, job.load().demand), (f64::INFINITY, 1000.0));
    }
}
