//! The control interface below `/_emulator/`, for tests in any language. It needs no API key.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::faults::Rule;
use crate::response::{self, Response};
use crate::state::State;

/// Handles `method` on `/_emulator/PATH`.
pub(crate) async fn handle(state: &State, method: &Method, path: &str, body: Incoming) -> Response {
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    match (method.as_str(), path) {
        ("GET", "health") => ok(json!({"status": "ok"})),
        ("GET", "requests") => list(&state.requests.all()),
        ("DELETE", "requests") => {
            state.requests.clear();
            no_content()
        }
        ("GET", "predictions") => list(&state.predictions.records(state.clock.now())),
        ("POST", "clock") => advance(state, &body),
        ("GET", "faults") => list(&state.faults.list()),
        ("POST", "faults") => add_faults(state, &body),
        ("DELETE", "faults") => {
            state.faults.clear();
            no_content()
        }
        ("DELETE", path) if path.starts_with("faults/") => remove_fault(state, path),
        _ => error_body(StatusCode::NOT_FOUND, "the emulator has no such path"),
    }
}

/// Moves the clock forward: `{"advance_seconds": N}`.
fn advance(state: &State, body: &Bytes) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let by = body["advance_seconds"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match by {
        Some(by) => {
            state.clock.advance(by);
            ok(json!({"seconds": state.clock.now().as_secs_f64()}))
        }
        None => error_body(StatusCode::BAD_REQUEST, "send {\"advance_seconds\": NUMBER}"),
    }
}

/// Adds one rule, or an array of rules.
fn add_faults(state: &State, body: &Bytes) -> Response {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Rules {
        Many(Vec<Value>),
        One(Value),
    }
    let rules = match serde_json::from_slice(body) {
        Ok(Rules::Many(rules)) => rules,
        Ok(Rules::One(rule)) => vec![rule],
        Err(error) => return error_body(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match rules.into_iter().map(serde_json::from_value).collect::<Result<Vec<Rule>, _>>() {
        Ok(rules) => {
            let ids: Vec<u64> = rules.into_iter().map(|rule| state.faults.add(rule)).collect();
            response::json(StatusCode::CREATED, &json!({"ids": ids}))
        }
        Err(error) => error_body(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn remove_fault(state: &State, path: &str) -> Response {
    let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
    match id.is_some_and(|id| state.faults.remove(id)) {
        true => no_content(),
        false => error_body(StatusCode::NOT_FOUND, "there is no fault rule with this id"),
    }
}

fn list<T: serde::Serialize>(items: &[T]) -> Response {
    match serde_json::to_value(items) {
        Ok(items) => ok(items),
        Err(error) => error_body(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn ok(body: Value) -> Response {
    response::json(StatusCode::OK, &body)
}

fn no_content() -> Response {
    response::empty(StatusCode::NO_CONTENT)
}

fn error_body(status: StatusCode, message: &str) -> Response {
    response::json(status, &json!({"error": message}))
}
