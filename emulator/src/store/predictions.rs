//! Predictions and their output files.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::media::OutputFile;
use crate::sync::lock;

/// How long a finished prediction and its files are kept.
pub(crate) const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// Estimated memory of a prediction and its entries in the maps, besides its texts.
const OVERHEAD: usize = 400;

/// How a prediction ends.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Succeeded(Vec<Arc<OutputFile>>),
    Failed { message: &'static str, error: String },
    Canceled,
}

/// One prediction. All moments are times since the start of the emulator.
#[derive(Debug)]
pub(crate) struct Prediction {
    pub(crate) id: String,
    pub(crate) model: String,
    /// As JSON, without secrets.
    pub(crate) input: String,
    pub(crate) created: Duration,
    /// When its status changes from `starting` to `processing`.
    pub(crate) started: Duration,
    /// When it ends.
    pub(crate) finished: Duration,
    pub(crate) outcome: Outcome,
}

impl Prediction {
    /// Value of `status` at `now`.
    pub(crate) fn status(&self, now: Duration) -> &'static str {
        if now < self.started {
            return "starting";
        }
        if now < self.finished {
            return "processing";
        }
        match self.outcome {
            Outcome::Succeeded(_) => "succeeded",
            Outcome::Failed { .. } => "failed",
            Outcome::Canceled => "canceled",
        }
    }

    /// Estimated memory in bytes.
    fn size(&self) -> usize {
        let outcome = match &self.outcome {
            Outcome::Succeeded(files) => files.iter().map(|file| file.size() + file.path.len()).sum(),
            Outcome::Failed { error, .. } => error.capacity(),
            Outcome::Canceled => 0,
        };
        mem::size_of::<Self>() + OVERHEAD + self.model.capacity() + self.input.capacity() + outcome
    }

    fn record(&self, now: Duration) -> PredictionRecord {
        let files = match &self.outcome {
            Outcome::Succeeded(files) => files.iter().map(|file| file.path.clone()).collect(),
            Outcome::Failed { .. } | Outcome::Canceled => Vec::new(),
        };
        PredictionRecord {
            id: self.id.clone(),
            model: self.model.clone(),
            input: serde_json::from_str(&self.input).unwrap_or_default(),
            status: self.status(now),
            created: self.created,
            files,
        }
    }
}

/// A prediction that the emulator accepted.
///
/// Returned by [`Emulator::predictions`](crate::Emulator::predictions), and as JSON by `GET /_emulator/predictions`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PredictionRecord {
    /// The prediction's id.
    pub id: String,
    /// Name of the model.
    pub model: String,
    /// The input as submitted, except that secrets are replaced by their [hash](crate::secret_hash()).
    pub input: Value,
    /// Current status: `starting`, `processing`, `succeeded`, `failed` or `canceled`.
    pub status: &'static str,
    /// Time of submission, since the start of the emulator.
    pub created: Duration,
    /// Paths of the output files, below `/v1/predictions/delivery/`. Known from the start, but the files can be
    /// downloaded only after the prediction has succeeded.
    pub files: Vec<String>,
}

/// All predictions, oldest first, and their output files, within a memory limit.
///
/// The oldest of those that have ended are dropped. A dropped prediction is like an expired one.
#[derive(Debug)]
pub(crate) struct PredictionStore {
    limit: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    predictions: VecDeque<Entry>,
    by_id: HashMap<String, Arc<Prediction>>,
    /// By path: when the file is ready, and the file.
    files: HashMap<String, (Duration, Arc<OutputFile>)>,
    size: usize,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    size: usize,
    prediction: Arc<Prediction>,
}

/// The predictions that have not ended fill the memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StoreFull;

impl PredictionStore {
    /// Creates a store that uses at most `limit` bytes of memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, inner: Mutex::default() }
    }

    /// Adds a prediction, and drops others that have ended by `now` if there is no space.
    pub(crate) fn add(&self, prediction: Prediction, now: Duration) -> Result<Arc<Prediction>, StoreFull> {
        let prediction = Arc::new(prediction);
        let size = prediction.size();
        let mut inner = lock(&self.inner);
        if inner.size + size > self.limit {
            // Some more than needed: finding them takes a while.
            inner.shrink((self.limit - self.limit / 8).saturating_sub(size), now);
        }
        if inner.size + size > self.limit && !inner.predictions.is_empty() {
            return Err(StoreFull);
        }
        if let Outcome::Succeeded(files) = &prediction.outcome {
            for file in files {
                inner.files.insert(file.path.clone(), (prediction.finished, Arc::clone(file)));
            }
        }
        inner.by_id.insert(prediction.id.clone(), Arc::clone(&prediction));
        inner.last += 1;
        inner.size += size;
        let number = inner.last;
        inner.predictions.push_back(Entry { number, size, prediction: Arc::clone(&prediction) });
        Ok(prediction)
    }

    /// Returns the prediction with this id, unless it has expired by `now`.
    pub(crate) fn find(&self, id: &str, now: Duration) -> Option<Arc<Prediction>> {
        let prediction = lock(&self.inner).by_id.get(id).cloned()?;
        (now < prediction.finished + RETENTION).then_some(prediction)
    }

    /// Returns the file that is delivered at `path`, and the moment from which on it is ready.
    pub(crate) fn output(&self, path: &str) -> Option<(Duration, Arc<OutputFile>)> {
        lock(&self.inner).files.get(path).cloned()
    }

    pub(crate) fn records(&self, now: Duration) -> Vec<PredictionRecord> {
        lock(&self.inner).predictions.iter().map(|entry| entry.prediction.record(now)).collect()
    }

    /// Returns the first prediction after `number`, with its number.
    pub(crate) fn after(&self, number: u64, now: Duration) -> Option<(u64, PredictionRecord)> {
        let inner = lock(&self.inner);
        let index = inner.predictions.partition_point(|entry| entry.number <= number);
        inner.predictions.get(index).map(|entry| (entry.number, entry.prediction.record(now)))
    }

    /// Number of predictions that were dropped because of the limit.
    pub(crate) fn dropped(&self) -> u64 {
        lock(&self.inner).dropped
    }
}

impl Inner {
    /// Drops predictions that have ended by `now`, oldest first, until at most `limit` bytes are in use.
    fn shrink(&mut self, limit: usize, now: Duration) {
        for entry in mem::take(&mut self.predictions) {
            if self.size <= limit || now < entry.prediction.finished {
                self.predictions.push_back(entry);
                continue;
            }
            self.by_id.remove(&entry.prediction.id);
            if let Outcome::Succeeded(files) = &entry.prediction.outcome {
                for file in files {
                    self.files.remove(&file.path);
                }
            }
            self.size -= entry.size;
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn prediction(id: &str, seconds: u32, length: usize) -> Prediction {
        Prediction {
            id: id.to_owned(),
            model: "p-image".to_owned(),
            input: "x".repeat(length),
            created: Duration::ZERO,
            started: Duration::ZERO,
            finished: SECOND * seconds,
            outcome: Outcome::Canceled,
        }
    }

    fn kept(store: &PredictionStore) -> String {
        let inner = lock(&store.inner);
        assert_eq!(inner.predictions.len(), inner.by_id.len());
        assert_eq!(inner.size, inner.predictions.iter().map(|entry| entry.size).sum::<usize>());
        inner.predictions.iter().map(|entry| entry.prediction.id.as_str()).collect()
    }

    #[test]
    fn the_oldest_predictions_that_have_ended_are_dropped_beyond_the_limit() {
        let store = PredictionStore::new(40_000);
        let add = |id, seconds, now: u32| store.add(prediction(id, seconds, 9_000), SECOND * now).map(|_| ());
        for (id, seconds) in [("a", 5), ("b", 1), ("c", 2), ("d", 9)] {
            add(id, seconds, 0).unwrap();
        }
        assert_eq!(add("e", 3, 0), Err(StoreFull), "all are in progress");
        add("e", 3, 3).unwrap();
        assert_eq!((kept(&store), store.dropped()), ("ade".to_owned(), 2));
        assert!(store.find("b", SECOND).is_none() && store.find("a", SECOND).is_some());
        let listed = |number| store.after(number, SECOND).map(|(number, record)| format!("{number}{}", record.id));
        assert_eq!([0, 1, 4, 5].map(listed), [Some("1a".into()), Some("4d".into()), Some("5e".into()), None]);
    }

    #[test]
    fn a_prediction_larger_than_the_limit_is_kept_until_the_next() {
        let store = PredictionStore::new(1_000);
        store.add(prediction("a", 0, 5_000), SECOND).unwrap();
        assert_eq!(kept(&store), "a");
        store.add(prediction("b", 0, 5_000), SECOND).unwrap();
        assert_eq!(kept(&store), "b");
    }
}
