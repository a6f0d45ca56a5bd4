//! Response bodies that describe a prediction.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderName;
use serde_json::{Value, json};

use crate::media::OutputFile;
use crate::quirks::{Quirks, UrlShape};
use crate::response::{self, Response};
use crate::state::State;
use crate::store::{Outcome, Prediction};

/// Suggested interval between polls, as a share of the prediction's time.
const POLL_INTERVAL_SHARE: f64 = 0.05;
/// Minimum suggested interval between polls, in seconds.
const MIN_POLL_INTERVAL: f64 = 0.005;

/// The body that returns a new prediction's id and `get_url`.
pub(super) fn handle(prediction: &Prediction, input: &Value, origin: &str) -> Value {
    json!({
        "id": prediction.id,
        "model": prediction.model,
        "input": input,
        "get_url": format!("{origin}/v1/predictions/status/{}", prediction.id),
    })
}

/// The body of a status response at `now`.
pub(super) fn status(prediction: &Prediction, now: Duration, origin: &str) -> Value {
    let status = prediction.status(now);
    if now < prediction.finished {
        return json!({"status": status, "message": "Generation in progress"});
    }
    match &prediction.outcome {
        Outcome::Succeeded(files) => {
            let url = generation_url(&prediction.model, files, origin);
            json!({"status": status, "generation_url": url})
        }
        Outcome::Failed { message, error } => json!({"status": status, "message": message, "error": error}),
        Outcome::Canceled => json!({"status": status, "message": "Prediction was canceled"}),
    }
}

/// Returns a response about a prediction that may be unfinished.
///
/// If predictions are faster than on the service, `X-Poll-Interval` (in seconds) asks clients to poll more often:
/// their usual intervals would be longer than the whole prediction.
pub(super) fn respond(state: &State, prediction: &Prediction, status: StatusCode, body: &Value) -> Response {
    let mut response = response::json(status, body);
    if state.settings.speed < 1.0 {
        let interval = (prediction.finished - prediction.created).as_secs_f64() * POLL_INTERVAL_SHARE;
        let name = HeaderName::from_static("x-poll-interval");
        response::set_header(&mut response, name, format!("{:.3}", interval.max(MIN_POLL_INTERVAL)));
    }
    response
}

fn generation_url(model: &str, files: &[Arc<OutputFile>], origin: &str) -> Value {
    let quirks = Quirks::of(model);
    let base = if quirks.relative_url { "" } else { origin };
    let mut urls = files.iter().map(|file| Value::from(format!("{base}/v1/predictions/delivery/{}", file.path)));
    let is_array = match quirks.url_shape {
        UrlShape::Text => false,
        UrlShape::Array => true,
        UrlShape::ArrayWhenSeveral => files.len() > 1,
    };
    if is_array { urls.collect() } else { urls.next().unwrap_or_default() }
}
