//! The control interface below `/_emulator/`, for tests in any language. It needs no API key.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::faults::Rule;
use crate::response::{self, Response};
use crate::state::State;

/// Maximum size of a request body.
const MAX_BODY: usize = 1024 * 1024;

/// Handles a request to `/_emulator/PATH`.
pub(crate) async fn handle(state: &State, request: &Parts, path: &str, body: Incoming) -> Response {
    if let Err(reason) = check_sender(&request.method, &request.headers) {
        return error_body(StatusCode::FORBIDDEN, reason);
    }
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return error_body(StatusCode::PAYLOAD_TOO_LARGE, "the body exceeds 1 MiB");
    };
    let body = body.to_bytes();
    match (request.method.as_str(), path) {
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

/// Rejects requests that a web page of another site could have made in a browser on this machine.
///
/// Such a page reaches the emulator under a host name of its own (DNS rebinding) or names its origin, and cannot send JSON
/// without asking first.
fn check_sender(method: &Method, headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if !text(HOST).is_some_and(is_loopback) {
        return Err("the control interface answers on a loopback host only, such as 127.0.0.1");
    }
    let is_own = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| Some(host) == text(HOST));
    if !text(ORIGIN).is_none_or(is_own) {
        return Err("the control interface does not answer web pages of another origin");
    }
    let is_json = |value: &str| value.split(';').next().unwrap_or_default().trim() == "application/json";
    if method == Method::POST && !text(CONTENT_TYPE).is_some_and(is_json) {
        return Err("send the header Content-Type: application/json");
    }
    Ok(())
}

/// Whether a `Host` header names this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(method: Method, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        check_sender(&method, &headers).is_ok()
    }

    #[test]
    fn only_programs_on_this_machine_control_the_emulator() {
        for host in ["127.0.0.1:8787", "127.9.9.9", "localhost:1", "LOCALHOST", "[::1]:8787"] {
            assert!(sender(Method::GET, &[("host", host)]), "{host}");
            assert!(sender(Method::GET, &[("host", host), ("origin", &format!("http://{host}"))]), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8787", "10.0.0.1", ""] {
            assert!(!sender(Method::GET, &[("host", host)]), "{host}");
        }
        for origin in ["https://evil.example", "null", "http://localhost:3000", "https://127.0.0.1:8787"] {
            assert!(!sender(Method::GET, &[("host", "127.0.0.1:8787"), ("origin", origin)]), "{origin}");
        }
        let local = ("host", "127.0.0.1");
        assert!(!sender(Method::GET, &[]));
        for content_type in ["application/json", "application/json; charset=utf-8"] {
            assert!(sender(Method::POST, &[local, ("content-type", content_type)]));
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "text/plain; a=application/json"] {
            assert!(!sender(Method::POST, &[local, ("content-type", content_type)]), "{content_type}");
        }
        assert!(!sender(Method::POST, &[local]));
    }
}
