//! Rate limits as the gateway counts them: fixed windows of one minute.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use hyper::header::HeaderName;

use crate::answer::{self, Answer};
use crate::sync::lock;

const WINDOW: Duration = Duration::from_secs(60);

/// What is left of a limit after a request was counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Requests per minute.
    pub(crate) limit: u32,
    /// How many are left in this minute.
    pub(crate) remaining: u32,
    /// Seconds until the next minute begins.
    pub(crate) reset: u64,
    /// Whether the request fits.
    pub(crate) allowed: bool,
}

impl Budget {
    /// Writes both families of headers that the gateway's plugin sends.
    pub(crate) fn write(&self, answer: &mut Answer) {
        let values = [
            ("ratelimit-limit", u64::from(self.limit)),
            ("ratelimit-remaining", u64::from(self.remaining)),
            ("ratelimit-reset", self.reset),
            ("x-ratelimit-limit-minute", u64::from(self.limit)),
            ("x-ratelimit-remaining-minute", u64::from(self.remaining)),
        ];
        for (name, value) in values {
            answer::set(answer, HeaderName::from_static(name), value.to_string());
        }
    }
}

/// Counts requests per name: a model, or an operation. The first minute begins with the emulator.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    windows: Mutex<HashMap<String, (u64, u32)>>,
}

impl Limiter {
    /// Counts one request of `name`. Refused ones are not counted.
    pub(crate) fn count(&self, name: &str, limit: u32, now: Duration) -> Budget {
        let window = now.as_secs() / WINDOW.as_secs();
        let mut windows = lock(&self.windows);
        let (current, used) = windows.entry(name.to_owned()).or_insert((window, 0));
        if *current != window {
            (*current, *used) = (window, 0);
        }
        let allowed = *used < limit;
        if allowed {
            *used += 1;
        }
        let end = WINDOW * u32::try_from(window + 1).unwrap_or(u32::MAX);
        let reset = end.saturating_sub(now).as_secs_f64().ceil().max(1.0) as u64;
        Budget { limit, remaining: limit - *used, reset, allowed }
    }
}
