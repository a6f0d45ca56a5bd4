//! An even pace: a number of requests at once after a pause, then one per interval.

use std::time::Duration;

use tokio::time::Instant;

/// Requests do not arrive as evenly as they are sent, so a learned pace is slightly slower than the limit.
const MARGIN: f64 = 1.02;
/// Factor on the interval after a rejection.
const SLOWDOWN: f64 = 1.5;
/// Maximum factor on the interval of the limit.
const MAX_SLOWDOWN: f64 = 64.0;
/// Rejections within this time of the first are of requests that were on their way together.
const SAME_REJECTION: Duration = Duration::from_secs(1);
/// Share of the limit's rate that is added in each second without a rejection.
const GROWTH: f64 = 0.05;
/// How long a pace is kept after the first rejection; with each relapse twice as long.
const FIRST_LIFETIME: Duration = Duration::from_secs(60);
const MAX_LIFETIME: Duration = Duration::from_secs(3600);

/// The state of a pace, by the generic cell rate algorithm.
#[derive(Debug)]
pub(super) struct Pace {
    /// The interval of the limit itself, in seconds.
    base: f64,
    /// The present interval in seconds.
    interval: f64,
    /// Number of requests at once.
    burst: u32,
    /// When the requests so far would be used up at the interval.
    next: Option<Instant>,
    learned: Option<Learned>,
}

/// What is known of a limit that is stricter than documented.
#[derive(Debug)]
struct Learned {
    last_evidence: Instant,
    last_rejection: Option<Instant>,
    last_growth: Instant,
    lifetime: Duration,
}

impl Pace {
    /// A pace that keeps a limit of requests per minute if a share of it is sent at once.
    pub(super) fn even(per_minute: u32, share: f64) -> Self {
        let burst = (f64::from(per_minute) * share).floor().max(1.0);
        let interval = 60.0 / (f64::from(per_minute) - burst).max(f64::from(per_minute) / 2.0);
        Self { base: interval, interval, burst: burst as u32, next: None, learned: None }
    }

    /// A pace for a limit that is stricter than its requests per minute. It begins after one interval.
    pub(super) fn learned(per_minute: u32, now: Instant) -> Self {
        let interval = 60.0 / f64::from(per_minute.max(1)) * MARGIN;
        let learned = Learned { last_evidence: now, last_rejection: None, last_growth: now, lifetime: FIRST_LIFETIME };
        Self { base: interval, interval, burst: 1, next: Some(now + seconds(interval)), learned: Some(learned) }
    }

    /// Returns how long to wait if no request may be sent now.
    pub(super) fn check(&self, now: Instant) -> Result<(), Duration> {
        match self.wait(now, 0) {
            Duration::ZERO => Ok(()),
            wait => Err(wait),
        }
    }

    /// Returns how long a request waits that comes after `ahead` others.
    pub(super) fn wait(&self, now: Instant, ahead: u32) -> Duration {
        let next = self.next.map_or(now, |next| next.max(now)) + seconds(self.interval * f64::from(ahead));
        next.saturating_duration_since(now + seconds(self.interval * f64::from(self.burst - 1)))
    }

    /// Returns how many requests may be sent now.
    pub(super) fn available(&self, now: Instant) -> u32 {
        let ahead = self.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
        self.burst.saturating_sub((ahead.as_secs_f64() / self.interval).ceil() as u32)
    }

    /// Returns the number of requests at once after a pause, and the interval of the others.
    pub(super) fn burst_and_interval(&self) -> (u32, Duration) {
        (self.burst, seconds(self.interval))
    }

    pub(super) fn take(&mut self, now: Instant) {
        self.next = Some(self.next.map_or(now, |next| next.max(now)) + seconds(self.interval));
    }

    /// Notes that the limit is still stricter than known.
    pub(super) fn confirmed(&mut self, now: Instant) {
        if let Some(learned) = &mut self.learned {
            learned.last_evidence = now;
        }
    }

    /// Slows down. Rejections of requests that were on their way together count once.
    pub(super) fn rejected(&mut self, now: Instant) {
        let Some(learned) = &mut self.learned else { return };
        learned.last_evidence = now;
        let is_same = learned.last_rejection.is_some_and(|last| now < last + SAME_REJECTION);
        if !is_same {
            // The first rejection is what the pace was made for.
            if learned.last_rejection.replace(now).is_some() {
                self.interval = (self.interval * SLOWDOWN).min(self.base * MAX_SLOWDOWN);
                learned.lifetime = (learned.lifetime * 2).min(MAX_LIFETIME);
            }
            learned.last_growth = now;
        }
    }

    /// Becomes faster, by a share of the limit in each second, up to the limit.
    pub(super) fn succeeded(&mut self, now: Instant) {
        let Some(learned) = &mut self.learned else { return };
        let elapsed = (now - learned.last_growth).as_secs_f64();
        if elapsed >= 1.0 {
            let rate = 1.0 / self.interval + GROWTH * elapsed / self.base;
            self.interval = (1.0 / rate).max(self.base);
            learned.last_growth = now;
        }
    }

    /// Whether a learned pace has held for so long that the whole limit may be tried again.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.learned.as_ref().is_some_and(|learned| now >= learned.last_evidence + learned.lifetime)
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as the pace allows for a number of seconds; returns the number of requests.
    async fn send(pace: &mut Pace, for_seconds: f64) -> u32 {
        let end = Instant::now() + seconds(for_seconds);
        let mut sent = 0;
        while Instant::now() < end {
            match pace.check(Instant::now()) {
                Ok(()) => {
                    pace.take(Instant::now());
                    pace.succeeded(Instant::now());
                    sent += 1;
                }
                Err(wait) => tokio::time::sleep(wait.max(Duration::from_millis(1))).await,
            }
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_pace_is_halved_and_grows_again() {
        let mut pace = Pace::learned(600, Instant::now());
        let whole = send(&mut pace, 10.0).await;
        assert!((95..=100).contains(&whole), "{whole}");
        pace.rejected(Instant::now());
        tokio::time::advance(seconds(2.0)).await;
        for _ in 0..50 {
            pace.rejected(Instant::now());
        }
        let slower = send(&mut pace, 2.0).await;
        assert!((11..=16).contains(&slower), "{slower}");
        send(&mut pace, 10.0).await;
        let grown = send(&mut pace, 10.0).await;
        assert!((95..=100).contains(&grown), "{grown}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_limit_is_tried_again_later_and_later() {
        let mut pace = Pace::learned(600, Instant::now());
        let mut lifetimes = Vec::new();
        for _ in 0..4 {
            pace.rejected(Instant::now());
            let rejected = Instant::now();
            while !pace.is_over(Instant::now()) {
                tokio::time::advance(seconds(5.0)).await;
            }
            lifetimes.push(rejected.elapsed().as_secs());
        }
        assert_eq!(lifetimes, [60, 120, 240, 480]);
    }
}
