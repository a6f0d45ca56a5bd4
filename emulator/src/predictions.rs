//! Predictions: submission, with and without waiting, and the state that polling sees.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderName;
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{self, Answer, Refusal};
use crate::call::Call;
use crate::faults::Fault;
use crate::media::{Output, Recipe};
use crate::models::Model;
use crate::quirks::{self, UrlForm};
use crate::state::{State, SyncTimeout};
use crate::sync::lock;
use crate::{sources, validate};

/// How long a finished prediction and its files are kept.
pub(crate) const RETENTION: Duration = Duration::from_secs(24 * 3600);
/// Why a status request is answered with 404.
pub(crate) const UNKNOWN: &str = "There is no prediction with this id, or it has expired";
/// Share of a run that is spent in the queue.
const QUEUED_SHARE: f64 = 0.2;
/// How far apart polls should be on a clock that is faster than life: this share of the job's time, but not less than so
/// many seconds.
const POLLS_APART: f64 = 0.05;
const FEWEST_SECONDS: f64 = 0.005;

/// How a run ends.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Files(Vec<Arc<Output>>),
    Failed { message: &'static str, error: String },
    Canceled,
}

/// One run of a model.
#[derive(Debug)]
struct Job {
    id: String,
    model: String,
    input: Value,
    created: Duration,
    running: Duration,
    ready: Duration,
    outcome: Outcome,
}

/// A prediction as the emulator knows it, for tests to look at.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PredictionRecord {
    /// The id in the handle.
    pub id: String,
    /// The model that runs.
    pub model: String,
    /// The input as it was submitted.
    pub input: Value,
    /// What a poll would say now.
    pub status: &'static str,
    /// When it was submitted: time since the start of the emulator.
    pub created: Duration,
    /// Paths below `/v1/predictions/delivery/` of the files it makes.
    pub files: Vec<String>,
}

/// All predictions, oldest first, and the files they make.
#[derive(Debug, Default)]
pub(crate) struct Predictions {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    jobs: Vec<Arc<Job>>,
    by_id: HashMap<String, Arc<Job>>,
    outputs: HashMap<String, (Duration, Arc<Output>)>,
}

impl Predictions {
    fn add(&self, job: Job) -> Arc<Job> {
        let job = Arc::new(job);
        let mut inner = lock(&self.inner);
        if let Outcome::Files(files) = &job.outcome {
            for file in files {
                inner.outputs.insert(file.path.clone(), (job.ready, Arc::clone(file)));
            }
        }
        inner.jobs.push(Arc::clone(&job));
        inner.by_id.insert(job.id.clone(), Arc::clone(&job));
        job
    }

    fn find(&self, id: &str) -> Option<Arc<Job>> {
        lock(&self.inner).by_id.get(id).cloned()
    }

    /// The file that is delivered at `path`, and since when it is ready.
    pub(crate) fn output(&self, path: &str) -> Option<(Duration, Arc<Output>)> {
        lock(&self.inner).outputs.get(path).cloned()
    }

    pub(crate) fn records(&self, now: Duration) -> Vec<PredictionRecord> {
        lock(&self.inner).jobs.iter().map(|job| job.record(now)).collect()
    }
}

impl Job {
    fn status(&self, now: Duration) -> &'static str {
        if now < self.running {
            return "starting";
        }
        if now < self.ready {
            return "processing";
        }
        match self.outcome {
            Outcome::Files(_) => "succeeded",
            Outcome::Failed { .. } => "failed",
            Outcome::Canceled => "canceled",
        }
    }

    /// An answer on a job that may not have ended. When the clock is faster than life, it tells how soon to ask again
    /// (`X-Poll-Interval`, in seconds), so that clients do not sleep through a job that takes no time.
    fn running(&self, state: &State, status: StatusCode, body: &Value) -> Answer {
        let mut answer = answer::json(status, body);
        if state.settings.speed < 1.0 {
            let interval = (self.ready - self.created).as_secs_f64() * POLLS_APART;
            let name = HeaderName::from_static("x-poll-interval");
            answer::set(&mut answer, name, format!("{:.3}", interval.max(FEWEST_SECONDS)));
        }
        answer
    }

    fn record(&self, now: Duration) -> PredictionRecord {
        let files = match &self.outcome {
            Outcome::Files(files) => files.iter().map(|file| file.path.clone()).collect(),
            _ => Vec::new(),
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

    fn handle(&self, origin: &str) -> Value {
        json!({
            "id": self.id,
            "model": self.model,
            "input": self.input,
            "get_url": format!("{origin}/v1/predictions/status/{}", self.id),
        })
    }

    /// What a poll is told at `now`.
    fn progress(&self, now: Duration, origin: &str) -> Value {
        let status = self.status(now);
        if now < self.ready {
            return json!({"status": status, "message": "Generation in progress"});
        }
        match &self.outcome {
            Outcome::Files(files) => {
                let url = generation_url(&self.model, files, origin);
                json!({"status": status, "generation_url": url})
            }
            Outcome::Failed { message, error } => json!({"status": status, "message": message, "error": error}),
            Outcome::Canceled => json!({"status": status, "message": "Prediction was canceled"}),
        }
    }
}

fn generation_url(model: &str, files: &[Arc<Output>], origin: &str) -> Value {
    let quirks = quirks::of(model);
    let base = if quirks.relative { "" } else { origin };
    let mut urls = files.iter().map(|file| Value::from(format!("{base}/v1/predictions/delivery/{}", file.path)));
    let array = match quirks.form {
        UrlForm::Text => false,
        UrlForm::Array => true,
        UrlForm::ArrayWhenSeveral => files.len() > 1,
    };
    if array { urls.collect() } else { urls.next().unwrap_or_default() }
}

/// `createPrediction`: the checks in the gateway's order, then a job, then the handle or, with `Try-Sync`, the result.
pub(crate) async fn create(call: &mut Call) -> Result<Answer, Refusal> {
    let state = Arc::clone(&call.state);
    let model = routed(&state, call.header("model"))?;
    if call.header("content-type") != Some("application/json") {
        return Err(Refusal::gateway(StatusCode::BAD_REQUEST, "specified Content-Type is not allowed"));
    }
    let body = call.read().await;
    let input = validate::gateway(model, &body)?;
    call.count(&model.id, model.per_minute, false)?;
    validate::backend(model, &input)?;
    let job = start(call, model, input);
    let wait = call.header("try-sync").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if !wait || quirks::of(&model.id).ignores_try_sync {
        return Ok(job.running(&state, StatusCode::CREATED, &job.handle(&call.origin)));
    }
    let end = job.created + state.settings.sync_window;
    state.clock.sleep_until(job.ready.min(end)).await;
    if job.ready <= end {
        return Ok(answer::json(StatusCode::CREATED, &job.progress(state.clock.now().max(job.ready), &call.origin)));
    }
    match state.settings.sync_timeout {
        SyncTimeout::Handle => Ok(job.running(&state, StatusCode::CREATED, &job.handle(&call.origin))),
        SyncTimeout::GatewayTimeout => Err(Refusal::EdgeTimeout),
    }
}

/// The model that the header names. The gateway routes by it, so that a missing and an unknown one end alike.
fn routed<'a>(state: &'a State, header: Option<&str>) -> Result<&'a Model, Refusal> {
    if let Some(model) = header.and_then(|id| state.document.model(id)) {
        return Ok(model);
    }
    let known: Vec<&str> = state.document.models().iter().map(|model| model.id.as_str()).collect();
    let problem = if header.is_none() { "Missing Model header" } else { "Unknown model in Model header" };
    let message = format!("{problem}. Available models: {}", known.join(", "));
    Err(Refusal::gateway(StatusCode::BAD_REQUEST, message))
}

/// Puts a job on the list. How it ends is settled now, when it is made known is a matter of the clock.
fn start(call: &Call, model: &Model, input: Value) -> Arc<Job> {
    let state = &call.state;
    let created = state.clock.now();
    let duration = model.typical.mul_f64(state.settings.speed);
    let outcome = match &call.fault {
        Some(Fault::Cancel) => Outcome::Canceled,
        Some(Fault::Fail { error }) => failed(error.clone()),
        Some(Fault::Expired) => failed("404 Client Error: Not Found for url of the input file".to_owned()),
        _ => outcome(call, model, &input),
    };
    state.predictions.add(Job {
        id: random_id(26),
        model: model.id.clone(),
        input,
        created,
        running: created + duration.mul_f64(QUEUED_SHARE),
        ready: created + duration,
        outcome,
    })
}

fn outcome(call: &Call, model: &Model, input: &Value) -> Outcome {
    let sources = match sources::resolve(&call.state, model, input, &call.origin) {
        Ok(sources) => sources,
        Err(error) => return failed(error),
    };
    match Recipe::plan(model, input, sources) {
        Ok(recipes) => Outcome::Files(recipes.into_iter().map(|recipe| Arc::new(recipe.into_output())).collect()),
        Err((message, error)) => Outcome::Failed { message, error },
    }
}

fn failed(error: String) -> Outcome {
    Outcome::Failed { message: "Prediction failed", error }
}

/// `getPredictionStatus`.
pub(crate) fn status(call: &mut Call) -> Result<Answer, Refusal> {
    let now = call.state.clock.now();
    let job = call.state.predictions.find(&call.parameter).filter(|job| now < job.ready + RETENTION);
    let job = job.ok_or_else(|| Refusal::not_found(UNKNOWN))?;
    Ok(job.running(&call.state, StatusCode::OK, &job.progress(now, &call.origin)))
}

/// A random id of lower-case letters and digits, like the service's.
pub(crate) fn random_id(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..length).map(|_| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())])).collect()
}
