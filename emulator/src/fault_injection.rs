//! Puts faults into effect: a reply that replaces the request, or a change of its response.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION, RETRY_AFTER};
use serde_json::{Value, json};

use crate::context::RequestContext;
use crate::error_response::ErrorResponse;
use crate::faults::{Fault, UrlForm};
use crate::reply::{RawReply, Reply, Step};
use crate::response::{self, Response};

/// Returns the reply of a fault that replaces the request; `None` if the request is to be processed.
pub(crate) async fn replace_request(fault: &Fault, context: &mut RequestContext, operation: &str) -> Option<Reply> {
    let response = match fault {
        Fault::Refuse => return Some(Reply::Raw(RawReply::new().then(Step::Reset))),
        Fault::ResetInRequest { after } => {
            context.read_at_least(*after).await;
            return Some(Reply::Raw(RawReply::new().then(Step::Reset)));
        }
        Fault::Status { status, headers, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            let page =
                || format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\r\n");
            let body = body.clone().unwrap_or_else(page);
            let mut response = response::with_type(status, "text/html", Bytes::from(body));
            for (name, value) in headers {
                set_header(&mut response, name, value);
            }
            response
        }
        Fault::RateLimited { retry_after, reset } => {
            let error = ErrorResponse::gateway(StatusCode::TOO_MANY_REQUESTS, "API rate limit exceeded");
            let mut response = error.into_response(&context.request_id);
            if let Some(retry_after) = retry_after {
                response::set_header(&mut response, RETRY_AFTER, retry_after);
            }
            if let Some(reset) = reset {
                set_header(&mut response, "ratelimit-reset", reset);
            }
            response
        }
        Fault::Redirect { status, location } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::FOUND);
            let body = Bytes::from_static(b"<html>Moved</html>\r\n");
            let mut response = response::with_type(status, "text/html", body);
            response::set_header(&mut response, LOCATION, location);
            response
        }
        Fault::Expired => match operation {
            "downloadContent" => ErrorResponse::content_expired().into_response(&context.request_id),
            "getPredictionStatus" => ErrorResponse::prediction_not_found().into_response(&context.request_id),
            _ => return None,
        },
        _ => return None,
    };
    Some(Reply::Response(response))
}

fn set_header(response: &mut Response, name: &str, value: &str) {
    if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
        response::set_header(response, name, value);
    }
}

/// Applies a fault to the response of a request that was processed.
pub(crate) async fn alter_response(fault: &Fault, context: &RequestContext, response: Response) -> Reply {
    let length = response.body().len() as u64;
    let raw = match fault {
        Fault::HangUp => RawReply::with_length(&response, length, length),
        Fault::ResetBeforeHead => RawReply::new().then(Step::Reset),
        Fault::ResetInBody { after } => RawReply::with_length(&response, length, *after).then(Step::Reset),
        Fault::StallBeforeHead => RawReply::new().then(Step::Stall),
        Fault::StallInBody { after } => RawReply::with_length(&response, length, *after).then(Step::Stall),
        Fault::Truncate { after } => RawReply::with_length(&response, length, (*after).min(length.saturating_sub(1))),
        Fault::WrongLength { difference } => {
            RawReply::with_length(&response, length.saturating_add_signed(*difference), length)
        }
        Fault::Flood { length: Some(total) } => {
            let total = (*total).max(length);
            RawReply::with_length(&response, total, length).then(Step::Pad(Some(total - length)))
        }
        Fault::Flood { length: None } => RawReply::without_length(&response).then(Step::Pad(None)),
        Fault::GarbageHead => RawReply::new().then(Step::Send(garbage(512))),
        _ => return Reply::Response(alter_valid_response(fault, context, response).await),
    };
    Reply::Raw(raw)
}

/// Applies a fault after which the response is still valid HTTP.
async fn alter_valid_response(fault: &Fault, context: &RequestContext, response: Response) -> Response {
    match fault {
        Fault::Delay { seconds } => {
            let clock = &context.state.clock;
            clock.sleep_until(clock.now().saturating_add(delay(*seconds))).await;
            response
        }
        Fault::GarbageBody => response.map(|body| garbage(body.len().max(64))),
        Fault::UnknownStatus { status } => {
            edit_json(response, |_| Some(json!({"status": status, "message": "On its way"})))
        }
        Fault::UnknownFields { fields } => edit_json(response, |mut body| {
            body.as_object_mut()?.extend(fields.clone());
            Some(body)
        }),
        Fault::ErrorObject => edit_json(response, |_| {
            Some(json!({
                "error": {"code": "INTERNAL_ERROR", "message": "An unexpected error occurred"},
                "request_id": context.request_id,
            }))
        }),
        Fault::Url { form } => edit_json(response, |body| rewrite_urls(body, form)),
        Fault::Fail { error } => {
            replace_status(response, json!({"status": "failed", "message": "Prediction failed", "error": error}))
        }
        Fault::Cancel => replace_status(response, json!({"status": "canceled", "message": "Prediction was canceled"})),
        _ => response,
    }
}

/// Negative delays and NaN count as 0.
fn delay(seconds: f64) -> Duration {
    let too_long = if seconds > 0.0 { Duration::MAX } else { Duration::ZERO };
    Duration::try_from_secs_f64(seconds).unwrap_or(too_long)
}

/// Replaces a body that has a status. A body without one belongs to a submission, whose prediction already has the
/// outcome of the fault.
fn replace_status(response: Response, status: Value) -> Response {
    edit_json(response, |body| Some(if body.get("status").is_some() { status } else { body }))
}

/// Changes a JSON body. Leaves other bodies unchanged.
fn edit_json(response: Response, change: impl FnOnce(Value) -> Option<Value>) -> Response {
    match serde_json::from_slice(response.body()).ok().and_then(change) {
        Some(body) => response.map(|_| Bytes::from(body.to_string())),
        None => response,
    }
}

fn rewrite_urls(mut body: Value, form: &UrlForm) -> Option<Value> {
    for pointer in ["/generation_url", "/get_url", "/urls/get"] {
        let Some(url) = body.pointer_mut(pointer) else { continue };
        *url = match (form, url.take()) {
            (UrlForm::Array, Value::String(text)) if pointer == "/generation_url" => json!([text]),
            (UrlForm::Text, Value::Array(mut urls)) if !urls.is_empty() => urls.swap_remove(0),
            (UrlForm::Relative, Value::String(text)) => Value::from(relative(&text)),
            (UrlForm::Relative, Value::Array(urls)) => urls.iter().filter_map(Value::as_str).map(relative).collect(),
            (UrlForm::Other(url), _) => Value::from(url.as_str()),
            (_, url) => url,
        };
    }
    Some(body)
}

/// Returns the path of `http://host/path`.
fn relative(url: &str) -> String {
    match url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|slash| &rest[slash..])) {
        Some(path) => path.to_owned(),
        None => url.to_owned(),
    }
}

/// Returns bytes that are neither HTTP nor JSON nor an image, always the same.
fn garbage(length: usize) -> Bytes {
    let mut random = fastrand::Rng::with_seed(length as u64);
    (0..length).map(|_| random.u8(128..)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_delay() {
        let cases = [
            (1.5, Duration::from_millis(1500)),
            (0.0, Duration::ZERO),
            (-1.0, Duration::ZERO),
            (f64::NAN, Duration::ZERO),
            (1e300, Duration::MAX),
            (f64::INFINITY, Duration::MAX),
        ];
        for (seconds, expected) in cases {
            assert_eq!(delay(seconds), expected, "{seconds}");
        }
    }
}
