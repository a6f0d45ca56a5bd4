//! Detection of transfers that make no progress.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Remembers when a transfer last made progress.
#[derive(Debug)]
pub(super) struct StallDetector {
    last_progress: Mutex<Instant>,
}

impl StallDetector {
    pub(super) fn new() -> Self {
        Self { last_progress: Mutex::new(Instant::now()) }
    }

    pub(super) fn record_progress(&self) {
        *self.last_progress.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Completes when there was no progress for `idle`.
    pub(super) async fn stalled(&self, idle: Duration) {
        loop {
            let since = self.last_progress.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
            if since >= idle {
                return;
            }
            sleep(idle - since).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_transfer_stalls_when_it_makes_no_progress() {
        let (detector, idle) = (StallDetector::new(), Duration::from_secs(30));
        for _ in 0..3 {
            assert!(timeout(Duration::from_secs(29), detector.stalled(idle)).await.is_err());
            detector.record_progress();
        }
        let start = Instant::now();
        detector.stalled(idle).await;
        assert_eq!(start.elapsed(), idle);
    }
}
