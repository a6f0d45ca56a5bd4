//! Poll policies: when the status of a job is requested.

use std::{fmt, time::Duration};

use crate::Model;

/// Decides how long to wait before the next status request. A hint of the service takes precedence over any policy.
///
/// ```
/// use std::time::Duration;
/// use pruna::poll::{PollContext, PollPolicy};
///
/// #[derive(Debug)]
/// struct Doubling;
///
/// impl PollPolicy for Doubling {
///     fn delay(&self, context: &PollContext<'_>) -> Duration {
///         context.elapsed.clamp(Duration::from_millis(500), Duration::from_secs(30))
///     }
/// }
///
/// let client = pruna::Client::builder().api_key("pru_...").poll_policy(Doubling).build()?;
/// # Ok::<(), pruna::Error>(())
/// ```
pub trait PollPolicy: fmt::Debug + Send + Sync {
    /// Returns the time until the next status request.
    fn delay(&self, context: &PollContext<'_>) -> Duration;
}

/// The information that a [`PollPolicy`] receives.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PollContext<'a> {
    /// The model that runs, if it is known.
    pub model: Option<&'a Model>,
    /// Time since the submission, or since the job was attached if the time of the submission is unknown.
    pub elapsed: Duration,
    /// Minimum duration expected of the model: at first from the catalog, later from the durations that this client
    /// observed. Zero if it is unknown.
    pub expected: Duration,
    /// A random number from 0 to 1, for jitter.
    pub random: f64,
}

/// The default policy: few requests before the expected duration, then intervals of 5 % of the elapsed time.
///
/// Intervals are at least 0.2 s for images and 1 s for everything else, at most 10 s, with 10 % jitter. A result is noticed
/// at most about 5 % of the duration late, and the number of requests grows with the logarithm of the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proportional;

/// Shares of the expected duration at which a job is polled before it.
const EARLY_POLLS: [f64; 3] = [0.5, 0.8, 1.0];
/// Interval after the expected duration, as a share of the elapsed time.
const INTERVAL_SHARE: f64 = 0.05;
const MAX_INTERVAL: Duration = Duration::from_secs(10);
const MIN_INTERVAL_FAST: Duration = Duration::from_millis(200);
const MIN_INTERVAL_SLOW: Duration = Duration::from_secs(1);
/// Relative jitter in both directions.
const JITTER: f64 = 0.1;

impl PollPolicy for Proportional {
    fn delay(&self, context: &PollContext<'_>) -> Duration {
        let is_slow = context.model.is_none_or(|model| model.info().category.is_slow());
        let min = if is_slow { MIN_INTERVAL_SLOW } else { MIN_INTERVAL_FAST };
        let (elapsed, expected) = (context.elapsed.as_secs_f64(), context.expected.as_secs_f64());
        let mut early_polls = EARLY_POLLS.iter().map(|share| share * expected);
        let delay = match early_polls.find(|point| *point > elapsed + min.as_secs_f64() / 2.0) {
            Some(point) => Duration::from_secs_f64(point - elapsed),
            None => Duration::from_secs_f64(elapsed * INTERVAL_SHARE).min(MAX_INTERVAL),
        };
        delay.max(min).mul_f64(1.0 + JITTER * (2.0 * context.random - 1.0))
    }
}

/// A policy with a constant interval.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FixedInterval {
    interval: Duration,
}

impl FixedInterval {
    /// Creates a policy with this interval between polls.
    #[must_use]
    pub const fn new(interval: Duration) -> Self {
        Self { interval }
    }
}

impl PollPolicy for FixedInterval {
    fn delay(&self, _: &PollContext<'_>) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of all calls for a job of some length, without jitter.
    fn calls(model: &Model, usual: f64, job: f64) -> Vec<f64> {
        let mut calls: Vec<f64> = Vec::new();
        let mut now = 0.0;
        while now < job {
            let (elapsed, expected) = (Duration::from_secs_f64(now), Duration::from_secs_f64(usual));
            now +=
                Proportional.delay(&PollContext { model: Some(model), elapsed, expected, random: 0.5 }).as_secs_f64();
            calls.push(now);
        }
        calls
    }

    #[test]
    fn a_video_of_a_minute_takes_few_requests_and_is_noticed_soon() {
        for usual in [36.0, 45.0, 60.0] {
            let calls = calls(&Model::WAN_T2V, usual, 60.0);
            assert!(calls.len() <= 15, "{calls:?}");
            assert!(calls.last().unwrap() - 60.0 <= 0.06 * 60.0, "{calls:?}");
        }
    }

    #[test]
    fn a_slow_job_is_noticed_late_in_proportion() {
        for (model, usual) in [(Model::VACE, 400.0), (Model::WAN_T2V, 30.0), (Model::QWEN_IMAGE, 4.0)] {
            for factor in [1.01, 1.5, 2.5, 10.0] {
                let job = usual * factor;
                let late = calls(&model, usual, job).last().unwrap() - job;
                assert!(late <= (0.055 * job).max(1.0), "{model}: {late} after {job}");
            }
        }
    }

    #[test]
    fn intervals_stay_within_their_bounds() {
        for model in Model::all().chain([Model::from("p-new")]) {
            for elapsed in [0.0, 0.1, 1.0, 10.0, 100.0, 1e4, 1e7] {
                for (random, usual) in [(0.0, 0.0), (0.5, 30.0), (1.0, 1e3)] {
                    let (elapsed, expected_time) = (Duration::from_secs_f64(elapsed), Duration::from_secs_f64(usual));
                    let context = PollContext { model: Some(&model), elapsed, expected: expected_time, random };
                    let delay = Proportional.delay(&context).as_secs_f64();
                    let most = (usual * 0.5).max(10.0) * 1.1;
                    assert!((0.18..=most + 0.001).contains(&delay), "{model} after {elapsed:?}: {delay}");
                }
            }
        }
    }
}
