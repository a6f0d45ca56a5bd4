//! The emulator's time: tokio's clock, plus what a test has added to it.

use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{self, Instant};

/// Time since the start of the emulator. Reads tokio's clock, so a paused one works, and can be moved ahead.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    wall: SystemTime,
    ahead: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), wall: SystemTime::now(), ahead: watch::Sender::new(Duration::ZERO) }
    }

    /// Time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed() + *self.ahead.borrow()
    }

    /// What a calendar says at `moment`.
    pub(crate) fn wall(&self, moment: Duration) -> SystemTime {
        self.wall + moment
    }

    /// Moves the clock ahead and wakes everybody who waits for a moment that has thereby come.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead += by);
    }

    /// Returns once the clock shows `moment`.
    pub(crate) async fn sleep_until(&self, moment: Duration) {
        let mut moved = self.ahead.subscribe();
        loop {
            let left = moment.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = time::sleep(left) => {}
                _ = moved.changed() => {}
            }
        }
    }
}
