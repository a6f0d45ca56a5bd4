//! When to ask again how far a job is.

use std::{fmt, time::Duration};

use crate::Model;

mod usual;

pub(crate) use usual::UsualTimes;

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
    /// The time that the model usually takes at least: from the catalogue, later learnt by the client. Zero when nothing
    /// is known.
    pub usual: Duration,
    /// A random number from 0 to 1, for jitter.
    pub random: f64,
}

/// The default: few calls until the model's usual time, then an interval of about 5 % of the time that has passed, at
/// least 0.2 s for pictures and 1 s for what takes longer, at most 10 s. So a result is noticed at most about 5 % late,
/// with a number of calls that grows only with the logarithm of the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proportional;

/// Until the usual time, calls fall on these shares of it.
const SPARSE: [f64; 3] = [0.5, 0.8, 1.0];
const SHARE: f64 = 0.05;
const LONGEST: Duration = Duration::from_secs(10);
/// Jitter, to either side.
const JITTER: f64 = 0.1;

impl PollPolicy for Proportional {
    fn delay(&self, pace: &Pace<'_>) -> Duration {
        let slow = pace.model.info().category.is_slow();
        let shortest = if slow { Duration::from_secs(1) } else { Duration::from_millis(200) };
        let (elapsed, usual) = (pace.elapsed.as_secs_f64(), pace.usual.as_secs_f64());
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
    fn calls(model: &Model, usual: f64, job: f64) -> Vec<f64> {
        let mut calls: Vec<f64> = Vec::new();
        let mut now = 0.0;
        while now < job {
            let (elapsed, usual) = (Duration::from_secs_f64(now), Duration::from_secs_f64(usual));
            now += Proportional.delay(&Pace { model, elapsed, usual, random: 0.5 }).as_secs_f64();
            calls.push(now);
        }
        calls
    }

    #[test]
    fn a_minute_of_video_takes_few_calls_and_is_noticed_soon() {
        for usual in [36.0, 45.0, 60.0] {
            let calls = calls(&Model::WAN_T2V, usual, 60.0);
            assert!(calls.len() <= 15, "{calls:?}");
            assert!(calls.last().unwrap() - 60.0 <= 0.06 * 60.0, "{calls:?}");
        }
    }

    #[test]
    fn a_job_that_takes_longer_than_usual_is_noticed_in_proportion() {
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
                    let (elapsed, usual_time) = (Duration::from_secs_f64(elapsed), Duration::from_secs_f64(usual));
                    let pace = Pace { model: &model, elapsed, usual: usual_time, random };
                    let delay = Proportional.delay(&pace).as_secs_f64();
                    let most = (usual * 0.5).max(10.0) * 1.1;
                    assert!((0.18..=most + 0.001).contains(&delay), "{model} after {elapsed:?}: {delay}");
                }
            }
        }
    }
}
