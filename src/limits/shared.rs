//! A rate limit that several processes share.

use std::{fmt, future::Future, pin::Pin, time::Duration};

/// Coordinates the processes that use the same key.
pub(crate) trait SharedRateLimiter: fmt::Debug + Send + Sync {
    /// Reserves a number of requests and returns how long to wait before sending the first of them. `None` if the
    /// coordinator cannot be reached; then each process keeps to the limit on its own.
    fn reserve<'a>(
        &'a self,
        queue: &'a str,
        quota: Quota,
        count: u32,
    ) -> Pin<Box<dyn Future<Output = Option<Duration>> + Send + 'a>>;
}

/// A rate: one request per interval, and a number of them at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    pub(crate) interval: Duration,
    pub(crate) burst: u32,
}

impl Quota {
    /// Share of a limit that processes which share it may send at once after a pause; the rest is the even rate.
    pub(super) const BURST_SHARE: f64 = 0.05;
    /// Share of a limit that is left unused, because requests do not arrive as evenly as they are sent.
    pub(super) const MARGIN: f64 = 0.01;

    /// Returns how many requests are reserved at a time: those of a tenth of a second, so that coordination costs little.
    pub(super) fn reservation_size(self) -> u32 {
        (0.1 / self.interval.as_secs_f64()).clamp(1.0, f64::from(self.burst)) as u32
    }
}
