//! The state of one rate limit: an even rate with a burst, and what the service last reported.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

use super::{Limit, headers::RateLimitHeaders, shared::Quota};

/// Share of a limit that may be sent at once after a pause; the rest is the even rate. Together they stay within the limit
/// in every minute, for fixed and sliding windows alike.
const BURST_SHARE: f64 = 0.05;
/// Share of a limit that is left unused, because requests do not arrive as evenly as they are sent.
const MARGIN: f64 = 0.01;
/// Pause after a rejection that names no wait.
const REJECTION_PAUSE: Duration = Duration::from_secs(1);
/// Windows that end within this time of each other are the same: ends are reported in whole seconds.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// The clock of tokio, which tests can pause.
#[derive(Clone, Debug)]
struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

type Gcra = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// The state of one rate limit.
#[derive(Debug)]
pub(super) struct Window {
    clock: TokioClock,
    limit: Limit,
    gcra: Option<Gcra>,
    /// When the requests sent so far would be used up at the even rate: GCRA's theoretical arrival time.
    spent_until: Instant,
    /// Number of requests that the service reported as left, and the end of its window.
    remaining: Option<(u32, Instant)>,
}

impl Window {
    pub(super) fn new(limit: Limit) -> Self {
        let clock = TokioClock { start: Instant::now() };
        Self { gcra: gcra(limit, &clock), spent_until: clock.start, clock, limit, remaining: None }
    }

    /// Takes one request from the limit, or returns how long to wait before trying again.
    pub(super) fn try_acquire(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        self.remaining = self.remaining.filter(|(_, until)| *until > now);
        if let Some((0, until)) = self.remaining {
            return Err(until - now);
        }
        if let Some(gcra) = &self.gcra {
            gcra.check().map_err(|not_until| not_until.wait_time_from(self.clock.now()))?;
        }
        if let Some(quota) = self.quota() {
            self.spent_until = self.spent_until.max(now) + quota.interval;
        }
        if let Some((remaining, _)) = &mut self.remaining {
            *remaining -= 1;
        }
        Ok(())
    }

    /// Returns how long a request has to wait that comes after `ahead` others.
    pub(super) fn expected_wait(&self, ahead: u32) -> Duration {
        let now = Instant::now();
        let blocked = match self.remaining {
            Some((remaining, until)) if remaining <= ahead => until.saturating_duration_since(now),
            _ => Duration::ZERO,
        };
        let Some(quota) = self.quota() else { return blocked };
        let arrival = self.spent_until.max(now) + quota.interval * ahead;
        let tolerance = quota.interval * quota.burst.saturating_sub(1);
        blocked.max(arrival.saturating_duration_since(now + tolerance))
    }

    /// Returns the rate that is in force.
    pub(super) fn quota(&self) -> Option<Quota> {
        quota(self.limit)
    }

    /// Learns from a response.
    pub(super) fn update(&mut self, is_rejected: bool, headers: &RateLimitHeaders) {
        let now = Instant::now();
        if is_rejected {
            self.remaining = Some((0, now + headers.retry_after.unwrap_or(REJECTION_PAUSE)));
        } else if let Some((remaining, reset)) = headers.remaining {
            let until = now + reset;
            // Responses arrive late and in any order: within one window, only the lowest number counts.
            let is_same = |known: Instant| known.max(until) - known.min(until) < SAME_WINDOW;
            let known = self.remaining.filter(|(_, known)| is_same(*known));
            self.remaining =
                Some(known.map_or((remaining, until), |(known, end)| (remaining.min(known), until.min(end))));
        }
        let updated = match (self.limit, headers.per_minute) {
            (Limit::Documented(known), Some(reported)) if reported != known => Limit::Documented(reported),
            (Limit::Set(known), Some(reported)) if reported < known => Limit::Set(reported),
            _ => return,
        };
        self.limit = updated;
        self.gcra = gcra(updated, &self.clock);
        self.spent_until = now;
    }
}

/// Returns the rate that keeps a limit, if there is one.
fn quota(limit: Limit) -> Option<Quota> {
    let (Limit::Documented(limit) | Limit::Set(limit)) = limit else { return None };
    // A limit of zero would never allow a request; one per hour is as good as never and keeps the arithmetic finite.
    let limit = f64::from(limit).max(1.0 / 60.0);
    let burst = (limit * BURST_SHARE).floor().max(1.0);
    let rate = (limit * (1.0 - MARGIN) - burst).max(limit / 2.0);
    Some(Quota { interval: Duration::from_secs_f64(60.0 / rate), burst: burst as u32 })
}

fn gcra(limit: Limit, clock: &TokioClock) -> Option<Gcra> {
    let Quota { interval, burst } = quota(limit)?;
    let quota = governor::Quota::with_period(interval)?.allow_burst(NonZeroU32::new(burst)?);
    Some(RateLimiter::direct_with_clock(quota, clock.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_expected_wait_is_the_wait_that_follows() {
        for limit in [Limit::Set(500), Limit::Set(7), Limit::None] {
            let mut window = Window::new(limit);
            for ahead in [0, 1, 3, 40] {
                let expected = window.expected_wait(ahead);
                let start = Instant::now();
                for _ in 0..=ahead {
                    while let Err(wait) = window.try_acquire() {
                        tokio::time::sleep(wait).await;
                    }
                }
                // tokio's timers have a resolution of a millisecond.
                let error = start.elapsed().as_secs_f64() - expected.as_secs_f64();
                assert!((-0.001..0.05 * f64::from(ahead + 1)).contains(&error), "{limit:?} after {ahead}: {error}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_counts_in_the_expected_wait() {
        let mut window = Window::new(Limit::Set(500));
        window.update(true, &RateLimitHeaders { retry_after: Some(Duration::from_secs(42)), ..Default::default() });
        assert_eq!(window.expected_wait(0), Duration::from_secs(42));
    }
}
