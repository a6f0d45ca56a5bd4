//! A limit on retries across all requests of a client.

use std::sync::atomic::{AtomicU32, Ordering};

/// Tokens that retries consume and successes earn back, shared by the clones of a client. When everything fails, retrying
/// all of it would only add to the load.
#[derive(Debug)]
pub(super) struct RetryThrottler {
    tokens: AtomicU32,
}

pub(super) const MAX_TOKENS: u32 = 500;
pub(super) const RETRY_COST: u32 = 5;

impl Default for RetryThrottler {
    fn default() -> Self {
        Self { tokens: AtomicU32::new(MAX_TOKENS) }
    }
}

impl RetryThrottler {
    /// Takes the tokens of one retry. `false` if too few are left.
    pub(super) fn try_acquire(&self) -> bool {
        let take = |tokens: u32| tokens.checked_sub(RETRY_COST);
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    pub(super) fn on_success(&self) {
        let earn = |tokens: u32| (tokens < MAX_TOKENS).then_some(tokens + 1);
        // Fails if the bucket is full.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
    }
}
