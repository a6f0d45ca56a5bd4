//! The emulator's own addresses, below `/_emulator/`: for tests in any language. No key is needed.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::faults::Rule;
use crate::state::State;

/// Answers `method` on `/_emulator/PATH`.
pub(crate) async fn answer(state: &State, method: &Method, path: &str, body: Incoming) -> Answer {
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    match (method.as_str(), path) {
        ("GET", "health") => ok(json!({"status": "ok"})),
        ("GET", "requests") => list(&state.recorder.all()),
        ("DELETE", "requests") => {
            state.recorder.clear();
            done()
        }
        ("GET", "predictions") => list(&state.predictions.records(state.clock.now())),
        ("POST", "clock") => advance(state, &body),
        ("GET", "faults") => list(&state.faults.list()),
        ("POST", "faults") => add_faults(state, &body),
        ("DELETE", "faults") => {
            state.faults.clear();
            done()
        }
        ("DELETE", path) if path.starts_with("faults/") => remove_fault(state, path),
        _ => problem(StatusCode::NOT_FOUND, "the emulator has no such address"),
    }
}

/// `{"advance_seconds": N}`
fn advance(state: &State, body: &Bytes) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let by = body["advance_seconds"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match by {
        Some(by) => {
            state.clock.advance(by);
            ok(json!({"seconds": state.clock.now().as_secs_f64()}))
        }
        None => problem(StatusCode::BAD_REQUEST, "send {\"advance_seconds\": NUMBER}"),
    }
}

/// One rule, or an array of them.
fn add_faults(state: &State, body: &Bytes) -> Answer {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Rules {
        Many(Vec<Value>),
        One(Value),
    }
    let rules = match serde_json::from_slice(body) {
        Ok(Rules::Many(rules)) => rules,
        Ok(Rules::One(rule)) => vec![rule],
        Err(error) => return problem(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match rules.into_iter().map(serde_json::from_value).collect::<Result<Vec<Rule>, _>>() {
        Ok(rules) => {
            let ids: Vec<u64> = rules.into_iter().map(|rule| state.faults.add(rule)).collect();
            answer::json(StatusCode::CREATED, &json!({"ids": ids}))
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn remove_fault(state: &State, path: &str) -> Answer {
    let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
    match id.is_some_and(|id| state.faults.remove(id)) {
        true => done(),
        false => problem(StatusCode::NOT_FOUND, "there is no fault of this number"),
    }
}

fn list<T: serde::Serialize>(items: &[T]) -> Answer {
    match serde_json::to_value(items) {
        Ok(items) => ok(items),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn ok(body: Value) -> Answer {
    answer::json(StatusCode::OK, &body)
}

fn done() -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

fn problem(status: StatusCode, message: &str) -> Answer {
    answer::json(status, &json!({"error": message}))
}
