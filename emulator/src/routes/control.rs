//! The control interface below `/_emulator/`, for tests in any language. It needs no API key.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::MAX_ADVANCE;
use crate::faults::Rule;
use crate::listing::Listing;
use crate::reply::Reply;
use crate::response::{self, Response};
use crate::state::State;

/// Maximum size of a request body.
const MAX_BODY: usize = 1024 * 1024;
/// Maximum size of a request body that is read to its end.
const MAX_DRAINED: usize = 64 * MAX_BODY;
/// Maximum size of all fault rules as JSON.
const MAX_RULES: usize = 4 * MAX_BODY;

/// A request body exceeds [`MAX_BODY`].
struct TooLarge;

/// Handles a request to `/_emulator/PATH`.
pub(crate) async fn handle(state: &Arc<State>, request: &Parts, path: &str, body: Incoming) -> Reply {
    if let Err(reason) = check_sender(&request.method, &request.headers) {
        return Reply::Response(error_body(StatusCode::FORBIDDEN, reason));
    }
    let Ok(body) = read_body(body).await else {
        return Reply::Response(error_body(StatusCode::PAYLOAD_TOO_LARGE, "the body exceeds 1 MiB"));
    };
    match (request.method.as_str(), path) {
        ("GET", "requests") => list_requests(Arc::clone(state)),
        ("GET", "predictions") => list_predictions(Arc::clone(state)),
        (method, path) => Reply::Response(control(state, method, path, &body)),
    }
}

/// Reads a body up to its end, also when it is too large: otherwise the client gets a write error instead of the response.
async fn read_body(mut body: Incoming) -> Result<Bytes, TooLarge> {
    let mut received = BytesMut::new();
    let mut length = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(chunk) = frame.into_data() else { continue };
        length = length.saturating_add(chunk.len());
        if length > MAX_DRAINED {
            break;
        }
        if length <= MAX_BODY {
            received.extend_from_slice(&chunk);
        }
    }
    if length > MAX_BODY { Err(TooLarge) } else { Ok(received.freeze()) }
}

fn control(state: &State, method: &str, path: &str, body: &Bytes) -> Response {
    match (method, path) {
        ("GET", "health") => ok(json!({"status": "ok"})),
        ("DELETE", "requests") => {
            state.requests.clear();
            no_content()
        }
        ("POST", "clock") => advance(state, body),
        ("GET", "faults") => list(&state.faults.list()),
        ("POST", "faults") => add_faults(state, body),
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
    match parse_advance(body) {
        Ok(by) => {
            state.clock.advance(by);
            ok(json!({"seconds": state.clock.now().as_secs_f64()}))
        }
        Err(error) => error_body(StatusCode::BAD_REQUEST, &error),
    }
}

fn parse_advance(body: &[u8]) -> Result<Duration, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not valid JSON: {error}"))?;
    let seconds = body.get("advance_seconds").ok_or("send {\"advance_seconds\": NUMBER}")?;
    let range = 0.0..=MAX_ADVANCE.as_secs_f64();
    let by = seconds.as_f64().filter(|seconds| range.contains(seconds));
    by.and_then(|by| Duration::try_from_secs_f64(by).ok())
        .ok_or_else(|| format!("advance_seconds must be a number from 0 to {} (100 years)", MAX_ADVANCE.as_secs()))
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
        Ok(rules) if size(&state.faults.list()) + size(&rules) > MAX_RULES => {
            error_body(StatusCode::PAYLOAD_TOO_LARGE, "the fault rules exceed 4 MiB; remove some first")
        }
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

/// Size of rules as JSON, in bytes, with their counters.
fn size<T: serde::Serialize>(rules: &[T]) -> usize {
    rules.iter().map(|rule| 64 + serde_json::to_string(rule).map_or(MAX_RULES, |rule| rule.len())).sum()
}

fn list_requests(state: Arc<State>) -> Reply {
    let (dropped, mut last) = (state.requests.dropped(), 0);
    let next = move || {
        let request = state.requests.after(last)?;
        last = request.number;
        Some(request)
    };
    listing(Listing::new(next), dropped)
}

fn list_predictions(state: Arc<State>) -> Reply {
    let (dropped, now, mut last) = (state.predictions.dropped(), state.clock.now(), 0);
    let next = move || {
        let (number, record) = state.predictions.after(last, now)?;
        last = number;
        Some(record)
    };
    listing(Listing::new(next), dropped)
}

/// A list, and the number of older entries that were dropped.
fn listing(listing: Listing, dropped: u64) -> Reply {
    let mut response = hyper::Response::new(listing);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(HeaderName::from_static("x-emulator-dropped"), dropped.into());
    Reply::Listing(response)
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
    fn the_clock_is_advanced_by_a_number_in_range_only() {
        for (body, expected) in [("0", 0), ("60", 60), ("3153600000", 3_153_600_000), ("6e1", 60)] {
            let body = format!("{{\"advance_seconds\": {body}}}");
            assert_eq!(parse_advance(body.as_bytes()), Ok(Duration::from_secs(expected)));
        }
        for number in ["-1", "-1e-9", "1e300", "18446744073709551616", "3153600001", "\"60\"", "null", "[]"] {
            let error = parse_advance(format!("{{\"advance_seconds\": {number}}}").as_bytes()).unwrap_err();
            assert_eq!(error, "advance_seconds must be a number from 0 to 3153600000 (100 years)", "{number}");
        }
        for number in ["1e400", "NaN", "Infinity", "-", ""] {
            let error = parse_advance(format!("{{\"advance_seconds\": {number}}}").as_bytes()).unwrap_err();
            assert!(error.starts_with("the body is not valid JSON: "), "{number}: {error}");
        }
        for body in ["{}", "7", "[]", "null"] {
            let error = parse_advance(body.as_bytes()).unwrap_err();
            assert_eq!(error, "send {\"advance_seconds\": NUMBER}", "{body}");
        }
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
