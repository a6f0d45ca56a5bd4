//! Predictions and their output files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::media::OutputFile;
use crate::sync::lock;

/// How long a finished prediction and its files are kept.
pub(crate) const RETENTION: Duration = Duration::from_secs(24 * 3600);

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
    pub(crate) input: Value,
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

    fn record(&self, now: Duration) -> PredictionRecord {
        let files = match &self.outcome {
            Outcome::Succeeded(files) => files.iter().map(|file| file.path.clone()).collect(),
            Outcome::Failed { .. } | Outcome::Canceled => Vec::new(),
        };
        PredictionRecord {
            id: self.id.clone(),
            model: self.model.clone(),
            input: self.input.clone(),
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
    /// The input as submitted.
    pub input: Value,
    /// Current status: `starting`, `processing`, `succeeded`, `failed` or `canceled`.
    pub status: &'static str,
    /// Time of submission, since the start of the emulator.
    pub created: Duration,
    /// Paths of the output files, below `/v1/predictions/delivery/`. Known from the start, but the files can be
    /// downloaded only after the prediction has succeeded.
    pub files: Vec<String>,
}

/// All predictions, oldest first, and their output files.
#[derive(Debug, Default)]
pub(crate) struct PredictionStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    predictions: Vec<Arc<Prediction>>,
    by_id: HashMap<String, Arc<Prediction>>,
    /// By path: when the file is ready, and the file.
    files: HashMap<String, (Duration, Arc<OutputFile>)>,
}

impl PredictionStore {
    pub(crate) fn add(&self, prediction: Prediction) -> Arc<Prediction> {
        let prediction = Arc::new(prediction);
        let mut inner = lock(&self.inner);
        if let Outcome::Succeeded(files) = &prediction.outcome {
            for file in files {
                inner.files.insert(file.path.clone(), (prediction.finished, Arc::clone(file)));
            }
        }
        inner.predictions.push(Arc::clone(&prediction));
        inner.by_id.insert(prediction.id.clone(), Arc::clone(&prediction));
        prediction
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
        lock(&self.inner).predictions.iter().map(|prediction| prediction.record(now)).collect()
    }
}
