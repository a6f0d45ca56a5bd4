//! A rate limit that several processes share.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use tokio::time::Instant;

use super::Urgency;

/// How long granted requests may be sent, unless the coordinator is slow. It counts them as sent at the end of that time.
const VALIDITY: Duration = Duration::from_millis(200);
/// The same for a request that nobody waits for: one that a caller will try to send again.
const ATTEMPT_VALIDITY: Duration = Duration::from_secs(5);
/// Minimum time from one question to the next, so that requests gather meanwhile.
const QUESTION_INTERVAL: Duration = Duration::from_millis(20);
/// How long a process keeps to the limit on its own if the coordinator cannot be reached.
const ABSENCE: Duration = Duration::from_secs(1);

/// Coordinates the processes that use the same key.
pub(crate) trait SharedRateLimiter: fmt::Debug + Send + Sync {
    /// Asks for requests that are sent at once. `None` if the coordinator cannot be reached; then each process keeps to the limit
    /// on its own.
    fn reserve<'a>(
        &'a self,
        queue: &'a str,
        quota: Quota,
        demand: Demand,
    ) -> Pin<Box<dyn Future<Output = Option<Grant>> + Send + 'a>>;
}

/// What all processes together may send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    /// Maximum number of requests in any period, at least 1.
    pub(crate) limit: u32,
    pub(crate) period: Duration,
    /// Maximum number at once after a pause, and the interval of the others. An interval of zero is no even pace.
    pub(crate) burst: u32,
    pub(crate) interval: Duration,
}

/// What one process would send at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Demand {
    pub(crate) count: u32,
    pub(crate) urgency: Urgency,
    /// How long the requests may be sent after the answer was computed.
    pub(crate) validity: Duration,
}

/// An answer: some of the requests, or none and how long to wait before the next question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grant {
    pub(crate) count: u32,
    pub(crate) wait: Duration,
}

/// What was granted to this process, and when to ask again.
#[derive(Debug)]
pub(super) struct Reservation {
    count: u32,
    expires: Instant,
    /// The times of the next questions: for any request, and for those of batches.
    next: Instant,
    next_of_batches: Instant,
    /// How long the last answer took.
    delay: Option<Duration>,
    /// Whether a caller did not wait, and may try again.
    is_attempted: bool,
}

impl Reservation {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { count: 0, expires: now, next: now, next_of_batches: now, delay: None, is_attempted: false }
    }

    /// Whether a request may be sent now.
    pub(super) fn is_usable(&self) -> bool {
        self.count > 0 && Instant::now() < self.expires
    }

    pub(super) fn take(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Returns how long to wait before the next question.
    pub(super) fn wait(&self, urgency: Urgency) -> Duration {
        let next = match urgency {
            Urgency::Interactive => self.next,
            Urgency::Batch => self.next.max(self.next_of_batches),
        };
        next.saturating_duration_since(Instant::now())
    }

    /// Returns what to ask for if a number of requests wait: first for one, until it is known how long an answer takes.
    pub(super) fn demand(&self, count: u32, urgency: Urgency) -> Demand {
        match self.delay {
            None => Demand { count: count.min(1), urgency, validity: VALIDITY },
            Some(delay) => Demand { count, urgency, validity: VALIDITY.max(delay * 2) },
        }
    }

    /// Notes that a caller may soon try again to send a request, and returns how long that takes at least.
    pub(super) fn attempt(&mut self) -> Duration {
        self.is_attempted = true;
        self.wait(Urgency::Interactive).max(QUESTION_INTERVAL * 2)
    }

    /// Returns what to ask for because of such a caller.
    pub(super) fn take_attempt(&mut self) -> Option<Demand> {
        let is_due = std::mem::take(&mut self.is_attempted) && !self.is_usable();
        let demand = Demand { count: 1, urgency: Urgency::Interactive, validity: ATTEMPT_VALIDITY };
        (is_due && self.wait(Urgency::Interactive).is_zero()).then_some(demand)
    }

    /// Notes the answer to a question of an earlier moment.
    pub(super) fn answered(&mut self, asked: Instant, demand: Demand, grant: Option<Grant>) {
        let now = Instant::now();
        self.delay = Some(now - asked);
        self.next = asked + QUESTION_INTERVAL;
        let Some(grant) = grant else {
            (self.count, self.expires) = (u32::MAX, now + ABSENCE);
            return;
        };
        // The answer was computed after the question: what is sent from now on is counted if it is sent early enough.
        (self.count, self.expires) = (grant.count, asked + demand.validity);
        match demand.urgency {
            Urgency::Interactive => self.next = self.next.max(now + grant.wait),
            Urgency::Batch => self.next_of_batches = now + grant.wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks, and gets an answer after a while.
    async fn ask(reservation: &mut Reservation, urgency: Urgency, count: u32, wait: u64, delay: u64) -> Demand {
        let (asked, demand) = (Instant::now(), reservation.demand(3, urgency));
        tokio::time::advance(Duration::from_millis(delay)).await;
        reservation.answered(asked, demand, Some(Grant { count, wait: Duration::from_secs(wait) }));
        demand
    }

    #[tokio::test(start_paused = true)]
    async fn granted_requests_expire_and_a_slow_coordinator_makes_them_last_longer() {
        let mut reservation = Reservation::new();
        let first = ask(&mut reservation, Urgency::Interactive, 1, 0, 5).await;
        assert_eq!(first.count, 1);
        ask(&mut reservation, Urgency::Interactive, 3, 0, 150).await;
        assert!(reservation.is_usable());
        tokio::time::advance(Duration::from_millis(50)).await;
        assert!(!reservation.is_usable(), "since the question, 200 ms have passed");
        let demand = ask(&mut reservation, Urgency::Interactive, 3, 0, 400).await;
        assert_eq!((demand.validity, reservation.is_usable()), (Duration::from_millis(300), false));
        let demand = ask(&mut reservation, Urgency::Interactive, 3, 0, 400).await;
        assert_eq!((demand.validity, reservation.is_usable()), (Duration::from_millis(800), true));
        for _ in 0..3 {
            reservation.take();
        }
        assert!(!reservation.is_usable(), "they are used up");
    }

    #[tokio::test(start_paused = true)]
    async fn what_batches_have_to_wait_for_delays_nobody_else() {
        let mut reservation = Reservation::new();
        ask(&mut reservation, Urgency::Batch, 0, 40, 20).await;
        assert_eq!(reservation.wait(Urgency::Batch), Duration::from_secs(40));
        assert_eq!(reservation.wait(Urgency::Interactive), Duration::ZERO);
        ask(&mut reservation, Urgency::Interactive, 0, 50, 20).await;
        assert_eq!(reservation.wait(Urgency::Batch), Duration::from_secs(50));
    }

    #[tokio::test(start_paused = true)]
    async fn questions_are_some_time_apart() {
        let mut reservation = Reservation::new();
        ask(&mut reservation, Urgency::Batch, 3, 0, 5).await;
        assert_eq!(reservation.wait(Urgency::Interactive), Duration::from_millis(15));
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_answer_the_process_is_on_its_own_for_a_while() {
        let mut reservation = Reservation::new();
        reservation.answered(Instant::now(), reservation.demand(3, Urgency::Batch), None);
        for _ in 0..100 {
            reservation.take();
        }
        assert!(reservation.is_usable());
        tokio::time::advance(ABSENCE).await;
        assert!(!reservation.is_usable());
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_is_asked_for_once() {
        let mut reservation = Reservation::new();
        assert_eq!(reservation.take_attempt(), None);
        assert!(!reservation.attempt().is_zero());
        assert_eq!(reservation.take_attempt().map(|demand| demand.count), Some(1));
        assert_eq!(reservation.take_attempt(), None);
    }
}
