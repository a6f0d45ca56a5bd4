//! Poll policies: when the status of a job is requested.

use std::{fmt, time::Duration};

use crate::{Model, model::Category};

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
///         context.elapsed.clamp(Duration::from_millis(500), Duration::from_secs(30)).max(context.min_interval())
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
    /// Number of jobs that the client and its clones wait for, this one included.
    pub waiting: usize,
    /// Status requests per second that these jobs take at the intervals of [`Budgeted`] for few jobs.
    pub demand: f64,
    /// Status requests per second that these jobs may take together at present, always above zero. Infinite if there is no
    /// limit.
    ///
    /// On average, half of the [limit](crate::limits::Limits::status). More for a short time if fewer were sent before.
    pub budget: f64,
}

impl PollContext<'_> {
    /// Returns the interval of this job that keeps the polls of all jobs within the budget. Zero if there are few jobs.
    #[must_use]
    pub fn min_interval(&self) -> Duration {
        let load = self.demand / self.budget;
        if load > 1.0 { to_duration(max_interval(self.model).as_secs_f64() * load) } else { Duration::ZERO }
    }
}

/// The default policy: results are noticed promptly, and all jobs together stay within a budget of status requests.
///
/// - **Few jobs.** Polls are at most 0.5 s apart for images, 2 s for videos and models that are not documented, and 5 s for
///   trainers. They are up to four times denser, but at least 0.18 s apart, while the job is young and around the time at
///   which it is expected to end. An expected duration never delays a poll.
/// - **Many jobs.** If the jobs that the client waits for would take more than half of the limit on status requests
///   ([`Limits::status`](crate::limits::Limits::status): 15,000 of 30,000 per minute by default), all intervals become longer
///   by the same factor. Jobs that are neither young nor near their expected end wait up to twice as long as the others. Requests that were
///   not used in the last minute are made up for, so that up to about a thousand jobs that are submitted at once are noticed as
///   promptly as one. Without a limit ([`Limits::none`](crate::limits::Limits::none)), intervals do not become longer.
///
/// Intervals have 10 % jitter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budgeted;

/// Relative jitter in both directions.
const JITTER: f64 = 0.1;
/// Interval of a young job, as a share of the elapsed time.
const YOUNG_SHARE: f64 = 0.2;
/// How many times denser the polls of young jobs, and of those that are expected to end, may be.
const MAX_DENSITY: f64 = 4.0;
/// Minimum interval in seconds, before jitter.
const MIN_INTERVAL: f64 = 0.2;
/// Number of intervals for which a job is young.
const YOUNG_INTERVALS: f64 = 10.0;
/// When a job is expected to end, as a multiple of the minimum duration expected.
const EXPECTED_END: std::ops::RangeInclusive<f64> = 0.5..=2.5;
/// Factor on the intervals of jobs that are not urgent, if there are many jobs.
const PATIENCE: f64 = 2.0;

/// Returns the maximum interval between polls if there are few jobs, before jitter.
pub(crate) fn max_interval(model: Option<&Model>) -> Duration {
    let category = model.map(|model| &model.info().category);
    let maximum = match category {
        Some(category) if *category == Category::TRAINER => 5.0,
        Some(category) if !category.is_slow() => 0.5,
        _ => 2.0,
    };
    Duration::from_secs_f64(maximum / (1.0 + JITTER))
}

impl PollPolicy for Budgeted {
    fn delay(&self, context: &PollContext<'_>) -> Duration {
        let max = max_interval(context.model).as_secs_f64();
        let min = (max / MAX_DENSITY).max(MIN_INTERVAL);
        let (elapsed, expected) = (context.elapsed.as_secs_f64(), context.expected.as_secs_f64());
        let ends_soon = expected > 0.0 && EXPECTED_END.contains(&(elapsed / expected));
        let is_urgent = ends_soon || expected == 0.0 || elapsed < max * YOUNG_INTERVALS;
        // For few jobs.
        let prompt = if ends_soon { min } else { (elapsed * YOUNG_SHARE).clamp(min, max) };
        // For many: first the additional polls become fewer, then all.
        let load = context.demand / context.budget * if is_urgent { 1.0 } else { PATIENCE };
        let within_budget = max * (load * MAX_DENSITY).min(load.max(1.0));
        to_duration(prompt.max(within_budget) * (1.0 + JITTER * (2.0 * context.random - 1.0)))
    }
}

fn to_duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
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

    /// The only job of a client without a limit.
    fn alone(model: &Model, elapsed: f64, expected: f64, random: f64) -> PollContext<'_> {
        let (elapsed, expected) = (Duration::from_secs_f64(elapsed), Duration::from_secs_f64(expected));
        PollContext { model: Some(model), elapsed, expected, random, waiting: 1, demand: 1.0, budget: f64::INFINITY }
    }

    /// Times of the polls within the first seconds of a job that is alone.
    fn polls(model: &Model, expected: f64, random: f64, until: f64) -> Vec<f64> {
        let mut polls = vec![0.0];
        while polls.last().unwrap() < &until {
            let now = polls.last().unwrap();
            polls.push(now + Budgeted.delay(&alone(model, *now, expected, random)).as_secs_f64());
        }
        polls
    }

    #[test]
    fn the_polls_of_a_single_job_are_never_further_apart_than_its_category_allows() {
        for (model, goal) in [
            (Model::QWEN_IMAGE, 0.5),
            (Model::WAN_T2V, 2.0),
            (Model::VACE, 2.0),
            (Model::P_IMAGE_TRAINER, 5.0),
            (Model::from("p-new"), 2.0),
        ] {
            for expected in [0.0, 0.1, 1.0, 45.0, 1e6] {
                for random in [0.0, 0.5, 1.0] {
                    for pair in polls(&model, expected, random, 2000.0).windows(2) {
                        let interval = pair[1] - pair[0];
                        assert!((0.179..goal + 0.001).contains(&interval), "{model}, {expected}: {interval}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_wrong_expectation_delays_no_poll() {
        for model in [Model::QWEN_IMAGE, Model::WAN_T2V, Model::P_IMAGE_TRAINER] {
            for elapsed in [0.0, 0.3, 1.0, 3.0, 10.0, 100.0, 1000.0] {
                let unknown = Budgeted.delay(&alone(&model, elapsed, 0.0, 0.5));
                for expected in [0.01, 1.0, 10.0, 100.0, 1e4] {
                    let delay = Budgeted.delay(&alone(&model, elapsed, expected, 0.5));
                    assert!(delay <= unknown, "{model} after {elapsed}, expected {expected}: {delay:?}");
                }
            }
        }
    }

    #[test]
    fn polls_are_denser_at_first_and_around_the_expected_end() {
        let polls = polls(&Model::WAN_T2V, 40.0, 0.5, 120.0);
        let within = |from: f64, to: f64| polls.iter().filter(|poll| (from..to).contains(*poll)).count();
        assert!(within(0.1, 5.0) >= 7, "{polls:?}");
        assert!((5..=6).contains(&within(10.0, 20.0)), "{polls:?}");
        assert!(within(30.0, 40.0) >= 20, "{polls:?}");
        assert!((5..=6).contains(&within(105.0, 115.0)), "{polls:?}");
    }

    #[test]
    fn the_intervals_of_many_jobs_grow_with_the_demand() {
        let crowd = |model: &Model, elapsed, demand, budget| {
            let context = PollContext { demand, budget, ..alone(model, elapsed, 36.0, 0.5) };
            (Budgeted.delay(&context).as_secs_f64(), context.min_interval().as_secs_f64())
        };
        for (model, elapsed, load, delay, min) in [
            // Urgent: young or near the expected end.
            (Model::WAN_T2V, 5.0, 0.01, 1.0, 0.0),
            (Model::WAN_T2V, 5.0, 1.0, 1.818, 0.0),
            (Model::WAN_T2V, 40.0, 0.1, 0.727, 0.0),
            (Model::WAN_T2V, 40.0, 10.0, 18.18, 18.18),
            (Model::QWEN_IMAGE, 1.0, 10.0, 4.545, 4.545),
            // An old job takes second place.
            (Model::WAN_T2V, 400.0, 0.4, 1.818, 0.0),
            (Model::WAN_T2V, 400.0, 10.0, 36.36, 18.18),
        ] {
            let got = crowd(&model, elapsed, 250.0 * load, 250.0);
            let is_close = |a: f64, b: f64| (a - b).abs() < 0.01;
            assert!(is_close(got.0, delay) && is_close(got.1, min), "{model} after {elapsed} at {load}: {got:?}");
        }
    }

    #[test]
    fn an_extreme_demand_gives_a_long_interval() {
        let model = Model::VACE;
        let context = PollContext { demand: f64::MAX, budget: 1e-300, ..alone(&model, 1.0, 0.0, 1.0) };
        assert_eq!((Budgeted.delay(&context), context.min_interval()), (Duration::MAX, Duration::MAX));
    }
}
