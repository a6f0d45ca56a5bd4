//! Few requests at first, whose responses tell more about a limit.

use std::time::Duration;

use tokio::time::Instant;

/// How long the responses to the first requests are awaited. Most limits are as documented, so others need not wait long.
const OPENING_PATIENCE: Duration = Duration::from_millis(40);
/// How long the response to a single request is awaited, after the service rejected one or reported that none was left.
const SINGLE_PATIENCE: Duration = Duration::from_secs(1);

/// Requests whose responses are awaited before more are sent.
#[derive(Debug)]
pub(super) struct Trial {
    left: u32,
    patience: Duration,
    /// When the first one was sent.
    began: Option<Instant>,
}

impl Trial {
    /// The first requests of a client: as many as fit into a bucket of a tenth of the limit.
    pub(super) fn opening(count: u32) -> Self {
        Self { left: count.max(1), patience: OPENING_PATIENCE, began: None }
    }

    /// One request.
    pub(super) fn single() -> Self {
        Self { left: 1, patience: SINGLE_PATIENCE, began: None }
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.began.is_some_and(|began| began + self.patience <= now)
    }

    /// Returns how many requests may be sent before a response.
    pub(super) fn left(&self) -> u32 {
        self.left
    }

    pub(super) fn take(&mut self, now: Instant) {
        self.began.get_or_insert(now);
        self.left = self.left.saturating_sub(1);
    }

    /// Returns how long to wait if no request is left.
    pub(super) fn check(&self, now: Instant) -> Result<(), Duration> {
        if self.left > 0 { Ok(()) } else { Err(self.wait(now, 0)) }
    }

    /// Returns how long a request waits that comes after `ahead` others.
    pub(super) fn wait(&self, now: Instant, ahead: u32) -> Duration {
        if ahead < self.left {
            return Duration::ZERO;
        }
        self.began.map_or(self.patience, |began| (began + self.patience).saturating_duration_since(now))
    }
}
