//! What one limit allows at a moment: an even pace, and what the service last said is left.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::Instant;

use super::{Limit, shared::Even, told::Told};

/// Share of a limit that may be used at once after a pause; the rest of it is the even pace. Both together stay within
/// the limit in every minute, whether the service counts by the clock's minutes or by any other.
const BURST: f64 = 0.05;
/// Share that is left free, because requests do not arrive as evenly as they are sent.
const MARGIN: f64 = 0.01;
/// How long nothing is sent after a refusal that does not say how long.
const PAUSE: Duration = Duration::from_secs(1);
/// Two windows whose ends are told to be less apart are one: ends are told in whole seconds.
const WINDOWS_DIFFER: Duration = Duration::from_secs(2);

/// tokio's clock, so that tests can pause it.
#[derive(Clone, Debug)]
struct Time(Instant);

impl Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type Gcra = RateLimiter<NotKeyed, InMemoryState, Time, NoOpMiddleware<Duration>>;

/// The pace of one limit.
#[derive(Debug)]
pub(super) struct Pace {
    clock: Time,
    limit: Limit,
    gcra: Option<Gcra>,
    /// What the service said is left, and when that ends.
    left: Option<(u32, Instant)>,
}

impl Pace {
    pub(super) fn new(limit: Limit) -> Self {
        let clock = Time(Instant::now());
        Self { gcra: gcra(limit, &clock), clock, limit, left: None }
    }

    /// Takes leave for one request, or tells how long to wait before asking again.
    pub(super) fn take(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        self.left = self.left.filter(|(_, until)| *until > now);
        if let Some((0, until)) = self.left {
            return Err(until - now);
        }
        if let Some(gcra) = &self.gcra {
            gcra.check().map_err(|not_until| not_until.wait_time_from(self.clock.now()))?;
        }
        if let Some((left, _)) = &mut self.left {
            *left -= 1;
        }
        Ok(())
    }

    /// The pace that is kept now.
    pub(super) fn even(&self) -> Option<Even> {
        even(self.limit)
    }

    /// Learns from what the service said.
    pub(super) fn correct(&mut self, refused: bool, told: &Told) {
        let now = Instant::now();
        if refused {
            self.left = Some((0, now + told.lifted.unwrap_or(PAUSE)));
        } else if let Some((left, reset)) = told.left {
            let until = now + reset;
            // Answers come late and in any order: within one window only the lowest number counts.
            let same_window = |known: Instant| known.max(until) - known.min(until) < WINDOWS_DIFFER;
            let known = self.left.filter(|(_, known)| same_window(*known));
            self.left = Some(known.map_or((left, until), |(known, end)| (left.min(known), until.min(end))));
        }
        let corrected = match (self.limit, told.per_minute) {
            (Limit::Documented(known), Some(told)) if told != known => Limit::Documented(told),
            (Limit::Set(known), Some(told)) if told < known => Limit::Set(told),
            _ => return,
        };
        self.limit = corrected;
        self.gcra = gcra(corrected, &self.clock);
    }
}

/// The even pace and the burst that keep a limit; none where there is no limit.
fn even(limit: Limit) -> Option<Even> {
    let (Limit::Documented(limit) | Limit::Set(limit)) = limit else { return None };
    // A limit of nothing would never give leave; once an hour is as good as never, and can be computed with.
    let limit = f64::from(limit).max(1.0 / 60.0);
    let burst = (limit * BURST).floor().max(1.0);
    let rate = (limit * (1.0 - MARGIN) - burst).max(limit / 2.0);
    Some(Even { interval: Duration::from_secs_f64(60.0 / rate), burst: burst as u32 })
}

fn gcra(limit: Limit, clock: &Time) -> Option<Gcra> {
    let Even { interval, burst } = even(limit)?;
    let quota = Quota::with_period(interval)?.allow_burst(NonZeroU32::new(burst)?);
    Some(RateLimiter::direct_with_clock(quota, clock.clone()))
}
