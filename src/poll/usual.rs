//! How long models usually take: from the catalogue first, then from what was seen.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::Model;

/// How many of the last times of a model count.
const MEMORY: usize = 64;
/// From how many times on they say more than the catalogue.
const ENOUGH: usize = 5;
/// The share of times that are shorter than the usual one. A low one, because what is done earlier is noticed late, while
/// to begin early costs only a few calls.
const PERCENTILE: f64 = 0.2;
/// The catalogue has typical times; as a rule fewer jobs than [`PERCENTILE`] take a smaller share of them than this.
const SHARE_OF_TYPICAL: f64 = 0.8;

/// Usual times of models, learnt by a client with all its clones.
#[derive(Debug, Default)]
pub(crate) struct UsualTimes(Mutex<HashMap<Model, VecDeque<Duration>>>);

impl UsualTimes {
    /// The time that a model usually takes at least. Zero when nothing is known: then it may be done at once.
    pub(crate) fn of(&self, model: &Model) -> Duration {
        let learnt = {
            let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.get(model).filter(|times| times.len() >= ENOUGH).map(percentile)
        };
        learnt.unwrap_or_else(|| match model.is_documented() {
            true => Duration::from_secs_f64(model.info().typical_seconds * SHARE_OF_TYPICAL),
            false => Duration::ZERO,
        })
    }

    /// Takes note of how long a job took.
    ///
    /// `watched` tells that it was seen running shortly before. Otherwise it took less than that by an unknown amount,
    /// which says something only when even so it is less than usual.
    pub(crate) fn learn(&self, model: &Model, took: Duration, watched: bool) {
        if !watched && took >= self.of(model) {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains_key(model) {
            seen.insert(model.clone(), VecDeque::with_capacity(MEMORY));
        }
        if let Some(times) = seen.get_mut(model) {
            times.truncate(MEMORY - 1);
            times.push_front(took);
        }
    }
}

fn percentile(times: &VecDeque<Duration>) -> Duration {
    let mut sorted: Vec<Duration> = times.iter().copied().collect();
    sorted.sort_unstable();
    let place = (sorted.len() - 1) as f64 * PERCENTILE;
    sorted.get(place.round() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_catalogue_counts_until_enough_was_seen() {
        let usual = UsualTimes::default();
        let start = usual.of(&Model::WAN_T2V);
        assert_eq!(start, Duration::from_secs_f64(Model::WAN_T2V.info().typical_seconds * 0.8));
        assert_eq!(usual.of(&Model::from("p-new")), Duration::ZERO);
        for model in [Model::WAN_T2V, Model::from("p-new")] {
            for n in 1..=ENOUGH {
                usual.learn(&model, seconds(100), true);
                assert_eq!(usual.of(&model) == seconds(100), n == ENOUGH, "{model} after {n}");
            }
        }
        assert_eq!(usual.of(&Model::VACE), UsualTimes::default().of(&Model::VACE), "models do not mix");
    }

    #[test]
    fn a_low_share_of_the_last_times_counts() {
        let usual = UsualTimes::default();
        for n in 1..=1000 {
            usual.learn(&Model::WAN_T2V, seconds(n), true);
        }
        // Of 937 to 1000.
        assert_eq!(usual.of(&Model::WAN_T2V), seconds(950));
    }

    #[test]
    fn what_was_not_watched_counts_only_when_it_is_short() {
        let usual = UsualTimes::default();
        for _ in 0..ENOUGH {
            usual.learn(&Model::WAN_T2V, seconds(3600), false);
        }
        assert_eq!(usual.of(&Model::WAN_T2V), UsualTimes::default().of(&Model::WAN_T2V));
        for _ in 0..ENOUGH {
            usual.learn(&Model::WAN_T2V, seconds(10), false);
        }
        assert_eq!(usual.of(&Model::WAN_T2V), seconds(10));
    }
}
