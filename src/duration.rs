//! Estimates of how long models take: from the catalog at first, later from observed durations.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::Model;

/// Number of recent durations of a model that count.
const MAX_SAMPLES: usize = 64;
/// Minimum number of durations that replace the catalog's typical time.
const MIN_SAMPLES: usize = 5;
/// Polling follows this percentile. A low one, because polls become denser around it and should be so in time.
const EARLY: f64 = 0.2;
/// The expected duration that is shown to users follows this percentile.
const MEDIAN: f64 = 0.5;
/// Typical time of a job whose model is not known.
pub(crate) const UNKNOWN_TYPICAL: Duration = Duration::from_secs(60);
/// Few jobs finish before this share of the catalog's typical time.
const SHARE_OF_TYPICAL: f64 = 0.8;

/// Estimates durations per model; shared by the clones of a client.
#[derive(Debug, Default)]
pub(crate) struct DurationEstimator {
    samples: Mutex<HashMap<Model, VecDeque<Duration>>>,
}

impl DurationEstimator {
    /// Returns the time that a job of this model is expected to take at least. Zero if it is unknown.
    pub(crate) fn expected(&self, model: &Model) -> Duration {
        self.observed(model, EARLY).unwrap_or_else(|| match model.is_documented() {
            true => Duration::from_secs_f64(model.info().typical_seconds * SHARE_OF_TYPICAL),
            false => Duration::ZERO,
        })
    }

    /// Returns the time that a job of this model usually takes. One minute if it is unknown.
    pub(crate) fn typical(&self, model: &Model) -> Duration {
        let catalog = || Duration::from_secs_f64(model.info().typical_seconds);
        self.observed(model, MEDIAN).unwrap_or_else(catalog)
    }

    /// Returns a percentile of the recent durations, if there are enough.
    fn observed(&self, model: &Model, share: f64) -> Option<Duration> {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.get(model).filter(|times| times.len() >= MIN_SAMPLES).map(|times| percentile(times, share))
    }

    /// Records how long a job took.
    ///
    /// `is_exact` means that the job was seen running shortly before its end. Otherwise `took` is an upper bound, which is
    /// informative only if it is below the current estimate.
    pub(crate) fn record(&self, model: &Model, took: Duration, is_exact: bool) {
        if !is_exact && took >= self.expected(model) {
            return;
        }
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        if !samples.contains_key(model) {
            samples.insert(model.clone(), VecDeque::with_capacity(MAX_SAMPLES));
        }
        if let Some(times) = samples.get_mut(model) {
            times.truncate(MAX_SAMPLES - 1);
            times.push_front(took);
        }
    }
}

fn percentile(times: &VecDeque<Duration>, share: f64) -> Duration {
    let mut sorted: Vec<Duration> = times.iter().copied().collect();
    sorted.sort_unstable();
    let place = (sorted.len() - 1) as f64 * share;
    sorted.get(place.round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_catalog_counts_until_there_are_enough_samples() {
        let estimator = DurationEstimator::default();
        let start = estimator.expected(&Model::WAN_T2V);
        assert_eq!(start, Duration::from_secs_f64(Model::WAN_T2V.info().typical_seconds * 0.8));
        assert_eq!(estimator.expected(&Model::from("p-new")), Duration::ZERO);
        for model in [Model::WAN_T2V, Model::from("p-new")] {
            for n in 1..=MIN_SAMPLES {
                estimator.record(&model, seconds(100), true);
                assert_eq!(estimator.expected(&model) == seconds(100), n == MIN_SAMPLES, "{model} after {n}");
            }
        }
        assert_eq!(
            estimator.expected(&Model::VACE),
            DurationEstimator::default().expected(&Model::VACE),
            "models do not mix"
        );
    }

    #[test]
    fn a_low_percentile_of_the_recent_durations_counts() {
        let estimator = DurationEstimator::default();
        for n in 1..=1000 {
            estimator.record(&Model::WAN_T2V, seconds(n), true);
        }
        // Of the samples 937 to 1000.
        assert_eq!(estimator.expected(&Model::WAN_T2V), seconds(950));
        assert_eq!(estimator.typical(&Model::WAN_T2V), seconds(969));
    }

    #[test]
    fn a_person_is_shown_the_typical_time() {
        let estimator = DurationEstimator::default();
        assert_eq!(estimator.typical(&Model::WAN_T2V).as_secs_f64(), Model::WAN_T2V.info().typical_seconds);
        assert_eq!(estimator.typical(&Model::from("p-new")), seconds(60));
    }

    #[test]
    fn an_upper_bound_counts_only_below_the_estimate() {
        let estimator = DurationEstimator::default();
        for _ in 0..MIN_SAMPLES {
            estimator.record(&Model::WAN_T2V, seconds(3600), false);
        }
        assert_eq!(estimator.expected(&Model::WAN_T2V), DurationEstimator::default().expected(&Model::WAN_T2V));
        for _ in 0..MIN_SAMPLES {
            estimator.record(&Model::WAN_T2V, seconds(10), false);
        }
        assert_eq!(estimator.expected(&Model::WAN_T2V), seconds(10));
    }
}
