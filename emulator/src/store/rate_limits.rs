//! Rate limits per minute, by one of three algorithms.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use crate::settings::LimitWindow;
use crate::sync::lock;

const WINDOW: Duration = Duration::from_secs(60);
/// The capacity of a token bucket is the limit divided by this.
const BUCKET_SHARE: u32 = 10;

/// The state of a rate limit after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimitStatus {
    /// Requests per minute.
    pub(crate) limit: u32,
    /// Requests that would be accepted now.
    pub(crate) remaining: u32,
    /// Seconds, rounded up, until all requests of the limit are available again; if none is, until the next one is.
    pub(crate) reset: u64,
    /// Whether the request is within the limit.
    pub(crate) is_allowed: bool,
}

/// Counts requests per name: a model or an operation. Requests over the limit are not counted.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    window: LimitWindow,
    counters: Mutex<HashMap<String, Counter>>,
}

/// What was used of one limit.
#[derive(Debug)]
enum Counter {
    /// Number of the minute since the start of the emulator, and requests in it.
    Fixed { minute: u64, used: u32 },
    /// Times of the requests in the last minute.
    Sliding(VecDeque<Duration>),
    /// When the bucket will be full again.
    TokenBucket { full: Duration },
}

impl RateLimiter {
    pub(crate) fn new(window: LimitWindow) -> Self {
        Self { window, counters: Mutex::default() }
    }

    /// Counts one request of `name`.
    pub(crate) fn count(&self, name: &str, limit: u32, now: Duration) -> RateLimitStatus {
        let mut counters = lock(&self.counters);
        let counter = counters.entry(name.to_owned()).or_insert_with(|| match self.window {
            LimitWindow::Fixed => Counter::Fixed { minute: 0, used: 0 },
            LimitWindow::Sliding => Counter::Sliding(VecDeque::new()),
            LimitWindow::TokenBucket => Counter::TokenBucket { full: Duration::ZERO },
        });
        let (is_allowed, remaining, wait) = match counter {
            Counter::Fixed { minute, used } => count_fixed(minute, used, limit, now),
            Counter::Sliding(times) => count_sliding(times, limit, now),
            Counter::TokenBucket { full } => count_in_bucket(full, limit, now),
        };
        let reset = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        RateLimitStatus { limit, remaining, reset, is_allowed }
    }
}

/// Returns whether the request is allowed, how many more are, and the time until the reset.
fn count_fixed(minute: &mut u64, used: &mut u32, limit: u32, now: Duration) -> (bool, u32, Duration) {
    let current = now.as_secs() / WINDOW.as_secs();
    if *minute != current {
        (*minute, *used) = (current, 0);
    }
    let is_allowed = *used < limit;
    *used += u32::from(is_allowed);
    let end = Duration::from_secs((current + 1) * WINDOW.as_secs());
    (is_allowed, limit - *used, end.saturating_sub(now))
}

fn count_sliding(times: &mut VecDeque<Duration>, limit: u32, now: Duration) -> (bool, u32, Duration) {
    while times.front().is_some_and(|time| *time + WINDOW <= now) {
        times.pop_front();
    }
    let is_allowed = times.len() < limit as usize;
    if is_allowed {
        times.push_back(now);
    }
    let remaining = limit - u32::try_from(times.len()).unwrap_or(limit);
    let awaited = if remaining == 0 { times.front() } else { times.back() };
    (is_allowed, remaining, awaited.map_or(WINDOW, |time| (*time + WINDOW).saturating_sub(now)))
}

fn count_in_bucket(full: &mut Duration, limit: u32, now: Duration) -> (bool, u32, Duration) {
    if limit == 0 {
        return (false, 0, WINDOW);
    }
    let token = WINDOW / limit;
    let fill = token * (limit / BUCKET_SHARE).max(1);
    let missing = full.saturating_sub(now);
    let is_allowed = missing + token <= fill;
    let missing = if is_allowed { missing + token } else { missing };
    *full = now + missing;
    let remaining = fill.saturating_sub(missing).as_nanos() / token.as_nanos().max(1);
    let wait = if remaining == 0 { (missing + token).saturating_sub(fill) } else { missing };
    (is_allowed, u32::try_from(remaining).unwrap_or(u32::MAX), wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends requests at these times, in seconds, and returns `remaining/reset` of each, with `!` if it is rejected.
    fn send(window: LimitWindow, limit: u32, seconds: &[f64]) -> Vec<String> {
        let limiter = RateLimiter::new(window);
        let count = |seconds: &f64| {
            let status = limiter.count("p-image", limit, Duration::from_secs_f64(*seconds));
            assert_eq!(status.limit, limit);
            format!("{}{}/{}", if status.is_allowed { "" } else { "!" }, status.remaining, status.reset)
        };
        seconds.iter().map(count).collect()
    }

    #[test]
    fn a_fixed_window_begins_anew_every_minute() {
        let times = [10.0, 59.0, 59.5, 60.0, 60.0, 61.0, 119.9, 120.0];
        assert_eq!(
            send(LimitWindow::Fixed, 2, &times),
            ["1/50", "0/1", "!0/1", "1/60", "0/60", "!0/59", "!0/1", "1/60"]
        );
    }

    #[test]
    fn in_any_minute_a_sliding_window_accepts_the_limit_and_no_more() {
        let times = [10.0, 59.0, 60.0, 69.9, 70.0, 70.0, 119.0, 119.0];
        assert_eq!(
            send(LimitWindow::Sliding, 2, &times),
            ["1/60", "0/11", "!0/10", "!0/1", "0/49", "!0/49", "0/11", "!0/11"]
        );
    }

    #[test]
    fn a_token_bucket_accepts_a_tenth_of_the_limit_at_once_and_then_refills_evenly() {
        // Two tokens, and a new one every three seconds.
        let times = [10.0, 10.0, 10.0, 12.9, 13.0, 13.0, 100.0, 100.0, 100.0];
        assert_eq!(
            send(LimitWindow::TokenBucket, 20, &times),
            ["1/3", "0/3", "!0/3", "!0/1", "0/3", "!0/3", "1/3", "0/3", "!0/3"]
        );
        // One token at least.
        assert_eq!(send(LimitWindow::TokenBucket, 5, &[0.0, 0.0, 11.9, 12.0]), ["0/12", "!0/12", "!0/1", "0/12"]);
    }

    #[test]
    fn in_the_long_run_every_algorithm_accepts_the_limit() {
        for (window, expected) in
            [(LimitWindow::Fixed, 1500), (LimitWindow::Sliding, 1500), (LimitWindow::TokenBucket, 1514)]
        {
            // Ten requests a second for ten minutes.
            let times: Vec<f64> = (0..6000).map(|n| f64::from(n) / 10.0).collect();
            let accepted = send(window, 150, &times).iter().filter(|status| !status.starts_with('!')).count();
            assert_eq!(accepted, expected, "{window:?}");
        }
    }

    #[test]
    fn no_limit_and_no_time_is_too_extreme() {
        for window in [LimitWindow::Fixed, LimitWindow::Sliding, LimitWindow::TokenBucket] {
            for limit in [0, 1, u32::MAX] {
                let statuses = send(window, limit, &[0.0, 1e10, 1e10]);
                assert_eq!(statuses.iter().all(|status| status.starts_with('!')), limit == 0, "{window:?} {limit}");
            }
        }
    }
}
