//! A pace that several processes share.

use std::{fmt, future::Future, pin::Pin, time::Duration};

/// Where processes that use the same key agree on who sends when.
pub(crate) trait SharedPace: fmt::Debug + Send + Sync {
    /// Books a number of requests, and tells how long to wait before the first of them may be sent. `None` when it cannot
    /// be asked; then everybody keeps to the pace alone.
    fn book<'a>(
        &'a self,
        lane: &'a str,
        pace: Even,
        count: u32,
    ) -> Pin<Box<dyn Future<Output = Option<Duration>> + Send + 'a>>;
}

/// An even pace: one request each interval, and a number of them at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Even {
    pub(crate) interval: Duration,
    pub(crate) burst: u32,
}

impl Even {
    /// How many requests are booked together: those of a tenth of a second, so that asking costs little.
    pub(super) fn at_once(self) -> u32 {
        (0.1 / self.interval.as_secs_f64()).clamp(1.0, f64::from(self.burst)) as u32
    }
}
