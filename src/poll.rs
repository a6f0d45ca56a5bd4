//! When to ask again how far a job is.

use std::{fmt, time::Duration};

use crate::Model;

/// Decides how long to wait before the next status call. What the service says of it wins over any policy.
///
/// ```
/// use std::time::Duration;
/// use pruna::poll::{Pace, PollPolicy};
///
/// #[derive(Debug)]
/// struct EverySecond;
///
/// impl PollPolicy for EverySecond {
///     fn delay(&self, _: &Pace<'_>) -> Duration {
///         Duration::from_secs(1)
///     }
/// }
///
/// let client = pruna::Client::builder().api_key("pru_...").poll_policy(EverySecond).build()?;
/// # Ok::<(), pruna::Error>(())
/// ```
pub trait PollPolicy: fmt::Debug + Send + Sync {
    /// The time until the next call.
    fn delay(&self, pace: &Pace<'_>) -> Duration;
}

/// What a policy can go by.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Pace<'a> {
    /// The model that runs.
    pub model: &'a Model,
    /// Time since the submission, or since the wait began for a job that was attached.
    pub elapsed: Duration,
    /// A random number from 0 to 1, for jitter.
    pub random: f64,
}

/// The default: few calls until the model's usual time, then an interval of about 5 % of the time that has passed. So a
/// result is noticed at most about 5 % late, with a number of calls that grows only with the logarithm of the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proportional;

/// Until the usual time, calls fall on these shares of it.
const SPARSE: [f64; 3] = [0.1, 0.5, 1.0];
const SHARE: f64 = 0.05;
const LONGEST: Duration = Duration::from_secs(10);
/// Jitter, to either side.
const JITTER: f64 = 0.1;

impl PollPolicy for Proportional {
    fn delay(&self, pace: &Pace<'_>) -> Duration {
        let info = pace.model.info();
        let shortest = if info.category.is_slow() { Duration::from_secs(1) } else { Duration::from_millis(200) };
        // Nothing is known of an undocumented model: it may be done at once.
        let usual = if pace.model.is_documented() { info.typical_seconds } else { 0.0 };
        let elapsed = pace.elapsed.as_secs_f64();
        let sparse =
            SPARSE.iter().map(|share| share * usual).find(|point| *point > elapsed + shortest.as_secs_f64() / 2.0);
        let delay = match sparse {
            Some(point) => Duration::from_secs_f64(point - elapsed),
            None => Duration::from_secs_f64(elapsed * SHARE).min(LONGEST),
        };
        delay.max(shortest).mul_f64(1.0 + JITTER * (2.0 * pace.random - 1.0))
    }
}

/// The same interval always.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub Duration);

impl PollPolicy for Fixed {
    fn delay(&self, _: &Pace<'_>) -> Duration {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of all calls for a job of some length, without jitter.
    fn calls(model: &Model, job: f64) -> Vec<f64> {
        let mut calls: Vec<f64> = Vec::new();
        let mut now = 0.0;
        while now < job {
            let pace = Pace { model, elapsed: Duration::from_secs_f64(now), random: 0.5 };
            now += Proportional.delay(&pace).as_secs_f64();
            calls.push(now);
        }
        calls
    }

    #[test]
    fn a_minute_of_video_takes_few_calls_and_is_noticed_soon() {
        let calls = calls(&Model::WAN_T2V, 60.0);
        assert!(calls.len() <= 15, "{calls:?}");
        assert!(calls.last().unwrap() - 60.0 <= 0.06 * 60.0, "{calls:?}");
    }

    #[test]
    fn intervals_stay_within_their_bounds() {
        for model in Model::all().chain([Model::from("p-new")]) {
            for elapsed in [0.0, 0.1, 1.0, 10.0, 100.0, 1e4, 1e7] {
                for random in [0.0, 0.5, 1.0] {
                    let pace = Pace { model: &model, elapsed: Duration::from_secs_f64(elapsed), random };
                    let delay = Proportional.delay(&pace).as_secs_f64();
                    let most = (model.info().typical_seconds * 0.5).max(10.0) * 1.1;
                    assert!((0.18..=most + 0.001).contains(&delay), "{model} after {elapsed}: {delay}");
                }
            }
        }
    }
}
