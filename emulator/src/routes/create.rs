//! `createPrediction`: submits a prediction, and waits for it with `Try-Sync`.

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::Value;

use super::{prediction_body, validate};
use crate::context::RequestContext;
use crate::error_response::ErrorResponse;
use crate::faults::Fault;
use crate::id::random_id;
use crate::media;
use crate::models::Model;
use crate::quirks::Quirks;
use crate::recording::record_input;
use crate::response::{self, Response};
use crate::settings::SyncTimeout;
use crate::sources;
use crate::state::State;
use crate::store::{Outcome, Prediction, StoreFull};

/// Share of a prediction's time that is spent in the queue.
const QUEUED_SHARE: f64 = 0.2;

/// Checks the request in the gateway's order, then starts the prediction.
pub(super) async fn handle(context: &mut RequestContext) -> Result<Response, ErrorResponse> {
    let state = Arc::clone(&context.state);
    let model = find_model(&state, context.header("model"))?;
    // The gateway rejects parameters such as `charset` as well.
    if context.header("content-type") != Some("application/json") {
        return Err(ErrorResponse::gateway(StatusCode::BAD_REQUEST, "specified Content-Type is not allowed"));
    }
    let (body, _reservation) = context.read_body().await?;
    let input = validate::gateway_checks(model, &body)?;
    drop(body);
    context.check_rate_limit(&model.id, model.per_minute, false)?;
    validate::backend_checks(model, &input)?;
    let prediction = start(context, model, &input).await?;
    let handle = || {
        let body = prediction_body::handle(&prediction, &input, &context.origin);
        prediction_body::respond(&state, &prediction, StatusCode::CREATED, &body)
    };
    let is_sync = context.header("try-sync").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if !is_sync || Quirks::of(&model.id).ignores_try_sync {
        return Ok(handle());
    }
    let deadline = prediction.created.saturating_add(state.settings.sync_window);
    state.clock.sleep_until(prediction.finished.min(deadline)).await;
    if prediction.finished <= deadline {
        let now = state.clock.now().max(prediction.finished);
        let body = prediction_body::status(&prediction, now, &context.origin);
        return Ok(response::json(StatusCode::CREATED, &body));
    }
    match state.settings.sync_timeout {
        SyncTimeout::Handle => Ok(handle()),
        SyncTimeout::GatewayTimeout => Err(ErrorResponse::EdgeTimeout),
    }
}

/// Finds the model of the `Model` header. The gateway routes by it, so a missing and an unknown model are both 400.
fn find_model<'a>(state: &'a State, header: Option<&str>) -> Result<&'a Model, ErrorResponse> {
    if let Some(model) = header.and_then(|id| state.document.model(id)) {
        return Ok(model);
    }
    let known: Vec<&str> = state.document.models().iter().map(|model| model.id.as_str()).collect();
    let problem = if header.is_none() { "Missing Model header" } else { "Unknown model in Model header" };
    let message = format!("{problem}. Available models: {}", known.join(", "));
    Err(ErrorResponse::gateway(StatusCode::BAD_REQUEST, message))
}

/// Adds a prediction to the store. Its outcome is fixed now; the clock decides when it becomes visible.
async fn start(context: &RequestContext, model: &Model, input: &Value) -> Result<Arc<Prediction>, ErrorResponse> {
    let state = &context.state;
    let outcome = match &context.fault {
        Some(Fault::Cancel) => Outcome::Canceled,
        Some(Fault::Fail { error }) => failed(error.clone()),
        Some(Fault::Expired) => failed("404 Client Error: Not Found for url of the input file".to_owned()),
        _ => outcome(context, model, input).await?,
    };
    let created = state.clock.now();
    let duration = model.typical.mul_f64(state.settings.speed);
    let prediction = Prediction {
        id: random_id(26),
        model: model.id.clone(),
        input: record_input(state, &context.headers, input),
        created,
        started: created + duration.mul_f64(QUEUED_SHARE),
        finished: created + duration,
        outcome,
    };
    state.predictions.add(prediction, created).map_err(|StoreFull| {
        let message = "the emulator has too many unfinished predictions; raise its prediction_memory";
        ErrorResponse::gateway(StatusCode::SERVICE_UNAVAILABLE, message)
    })
}

async fn outcome(context: &RequestContext, model: &Model, input: &Value) -> Result<Outcome, ErrorResponse> {
    let state = &context.state;
    let sources = match sources::resolve(state, model, input, &context.origin) {
        Ok(sources) => sources,
        Err(error) => return Ok(failed(error)),
    };
    let planned = if sources.iter().any(|source| matches!(source.origin, media::Origin::Upload(_))) {
        // The uploads are read.
        let (state, id, input) = (Arc::clone(state), model.id.clone(), input.clone());
        let plan = move || Some(media::plan_outputs(state.document.model(&id)?, &input, sources));
        context.state.media_cache.run(plan).await.map_err(|error| ErrorResponse::internal(&error))?
    } else {
        Some(media::plan_outputs(model, input, sources))
    };
    Ok(match planned.ok_or_else(ErrorResponse::no_route)? {
        Ok(specs) => Outcome::Succeeded(specs.into_iter().map(|spec| Arc::new(spec.into_file())).collect()),
        Err((message, error)) => Outcome::Failed { message, error },
    })
}

fn failed(error: String) -> Outcome {
    Outcome::Failed { message: "Prediction failed", error }
}
