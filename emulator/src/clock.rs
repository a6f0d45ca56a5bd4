//! The emulator's clock: tokio's clock plus an offset that tests can increase.

use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{self, Instant};

/// Maximum of all advances together, 100 years: beyond, points in time could not be computed with.
pub(crate) const MAX_ADVANCE: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Time since the start of the emulator.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    start_wall_time: SystemTime,
    offset: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), start_wall_time: SystemTime::now(), offset: watch::Sender::new(Duration::ZERO) }
    }

    /// Time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed().saturating_add(*self.offset.borrow())
    }

    /// Wall-clock time at `moment`.
    pub(crate) fn wall_time(&self, moment: Duration) -> SystemTime {
        self.start_wall_time + moment
    }

    /// Moves the clock forward and wakes the tasks that sleep on it.
    pub(crate) fn advance(&self, by: Duration) {
        self.offset.send_modify(|offset| *offset = offset.saturating_add(by).min(MAX_ADVANCE));
    }

    /// Waits until the clock reaches `moment`.
    pub(crate) async fn sleep_until(&self, moment: Duration) {
        let mut advanced = self.offset.subscribe();
        loop {
            let left = moment.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = time::sleep(left) => {}
                _ = advanced.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn the_clock_follows_tokios_clock() {
        let clock = Clock::new();
        clock.sleep_until(MINUTE).await;
        assert_eq!(clock.now(), MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn advancing_the_clock_ends_a_sleep() {
        let clock = Clock::new();
        let start = tokio::time::Instant::now();
        tokio::join!(clock.sleep_until(MINUTE), async {
            clock.advance(MINUTE / 2);
            clock.advance(MINUTE / 2);
        });
        assert_eq!(start.elapsed(), Duration::ZERO, "no time passes on tokio's clock");
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_extreme_advance_the_clock_continues() {
        let clock = Clock::new();
        for _ in 0..2 {
            clock.advance(Duration::MAX);
            assert_eq!(clock.now(), MAX_ADVANCE);
        }
        clock.sleep_until(MAX_ADVANCE + MINUTE).await;
        assert_eq!(clock.now(), MAX_ADVANCE + MINUTE);
        assert!(clock.wall_time(clock.now()) > SystemTime::now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_until_the_end_of_time_does_not_panic() {
        let clock = Clock::new();
        let sleep = time::timeout(MINUTE, clock.sleep_until(Duration::MAX));
        assert!(sleep.await.is_err());
    }
}
