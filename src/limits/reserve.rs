//! What batches leave of a rate limit to requests that somebody waits for.

use std::time::Duration;

use tokio::time::Instant;

/// How long something is reserved after such a request.
const MEMORY: Duration = Duration::from_secs(600);
/// The least and the greatest share of the limit that is reserved.
const MIN_SHARE: u32 = 20;
const MAX_SHARE: u32 = 2;

/// Whether somebody waits for one result, or for many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Urgency {
    #[default]
    Interactive,
    /// A request of a batch: it lets others pass, and leaves something of the limit to them.
    Batch,
}

/// A reserve that follows the demand: without such requests, batches have the whole limit.
#[derive(Debug, Default)]
pub(super) struct Reserve {
    /// Number of such requests in the last minute.
    used: u32,
    last: Option<Instant>,
}

impl Reserve {
    /// Returns how many requests batches must leave: a twentieth of the limit, or twice as many as there were in the last minute,
    /// at most half, less those that were sent.
    pub(super) fn left(&self, now: Instant, limit: Option<u32>) -> u32 {
        let (Some(limit), Some(last)) = (limit, self.last) else { return 0 };
        if now >= last + MEMORY {
            return 0;
        }
        let whole = (limit / MIN_SHARE).max(1).max(self.used.saturating_mul(2)).min(limit / MAX_SHARE);
        whole.saturating_sub(self.used)
    }

    pub(super) fn sent(&mut self, now: Instant, urgency: Urgency) {
        if urgency == Urgency::Interactive {
            self.used += 1;
            self.last = Some(now);
        }
    }

    /// Notes that a request is longer than a minute ago.
    pub(super) fn past(&mut self, urgency: Urgency) {
        self.used = self.used.saturating_sub(u32::from(urgency == Urgency::Interactive));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_reserve_follows_the_demand() {
        let start = Instant::now();
        let mut reserve = Reserve::default();
        assert_eq!(reserve.left(start, Some(500)), 0, "nobody else sends requests");
        for (sent, left) in [(1, 24), (10, 15), (25, 25), (100, 100), (200, 50), (300, 0)] {
            while reserve.used < sent {
                reserve.sent(start, Urgency::Interactive);
            }
            assert_eq!(reserve.left(start, Some(500)), left, "after {sent}");
        }
        assert_eq!(reserve.left(start, None), 0);
        assert_eq!(Reserve { used: 0, last: Some(start) }.left(start, Some(7)), 1);
        assert_eq!(Reserve { used: 0, last: Some(start) }.left(start, Some(1)), 0);
        assert_eq!(reserve.left(start + MEMORY, Some(500)), 0, "long ago");
    }
}
