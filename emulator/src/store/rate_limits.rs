//! Rate limits, counted like the gateway does: fixed windows of one minute.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::sync::lock;

const WINDOW: Duration = Duration::from_secs(60);

/// The state of a rate limit after a request was counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimitStatus {
    /// Requests per minute.
    pub(crate) limit: u32,
    /// Requests left in this minute.
    pub(crate) remaining: u32,
    /// Seconds until the next minute begins.
    pub(crate) reset: u64,
    /// Whether the request is within the limit.
    pub(crate) is_allowed: bool,
}

/// Counts requests per name: a model or an operation. The first minute begins with the emulator.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    /// By name: number of the minute, and requests in it.
    windows: Mutex<HashMap<String, (u64, u32)>>,
}

impl RateLimiter {
    /// Counts one request of `name`. Requests over the limit are not counted.
    pub(crate) fn count(&self, name: &str, limit: u32, now: Duration) -> RateLimitStatus {
        let window = now.as_secs() / WINDOW.as_secs();
        let mut windows = lock(&self.windows);
        let (current, used) = windows.entry(name.to_owned()).or_insert((window, 0));
        if *current != window {
            (*current, *used) = (window, 0);
        }
        let is_allowed = *used < limit;
        if is_allowed {
            *used += 1;
        }
        let end = WINDOW * u32::try_from(window + 1).unwrap_or(u32::MAX);
        let reset = end.saturating_sub(now).as_secs_f64().ceil().max(1.0) as u64;
        RateLimitStatus { limit, remaining: limit - *used, reset, is_allowed }
    }
}
