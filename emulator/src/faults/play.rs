//! Faults put into effect: an answer in place of the service's, or the service's answer spoiled.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION, RETRY_AFTER};
use serde_json::{Value, json};

use super::{Fault, UrlForm};
use crate::answer::{self, Answer, Refusal};
use crate::call::Call;
use crate::predictions::UNKNOWN;
use crate::wire::{Script, Step};

/// What goes out: an answer, or a script for the bare socket.
pub(crate) enum Reply {
    Answer(Answer),
    Script(Script),
}

/// The reply to a request that the service never gets to see, if `fault` is of that group.
pub(crate) async fn before(fault: &Fault, call: &mut Call, operation: &str) -> Option<Reply> {
    let answer = match fault {
        Fault::Refuse => return Some(Reply::Script(Script::new().then(Step::Reset))),
        Fault::ResetInRequest { after } => {
            call.receive(*after).await;
            return Some(Reply::Script(Script::new().then(Step::Reset)));
        }
        Fault::Status { status, headers, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            let page =
                || format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\r\n");
            let body = body.clone().unwrap_or_else(page);
            let mut answer = answer::with_type(status, "text/html", Bytes::from(body));
            for (name, value) in headers {
                set(&mut answer, name, value);
            }
            answer
        }
        Fault::RateLimited { retry_after, reset } => {
            let refusal = Refusal::gateway(StatusCode::TOO_MANY_REQUESTS, "API rate limit exceeded");
            let mut answer = refusal.answer(&call.request_id);
            if let Some(retry_after) = retry_after {
                answer::set(&mut answer, RETRY_AFTER, retry_after);
            }
            if let Some(reset) = reset {
                set(&mut answer, "ratelimit-reset", reset);
            }
            answer
        }
        Fault::Redirect { status, location } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::FOUND);
            let mut answer = answer::with_type(status, "text/html", Bytes::from_static(b"<html>Moved</html>\r\n"));
            answer::set(&mut answer, LOCATION, location);
            answer
        }
        Fault::Expired => match operation {
            "downloadContent" => Refusal::content_expired().answer(&call.request_id),
            "getPredictionStatus" => Refusal::not_found(UNKNOWN).answer(&call.request_id),
            _ => return None,
        },
        _ => return None,
    };
    Some(Reply::Answer(answer))
}

fn set(answer: &mut Answer, name: &str, value: &str) {
    if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
        answer::set(answer, name, value);
    }
}

/// Spoils the answer to a request that was served.
pub(crate) async fn play(fault: &Fault, call: &Call, answer: Answer) -> Reply {
    let length = answer.body().len() as u64;
    let script = match fault {
        Fault::HangUp => Script::answer(&answer, length, length),
        Fault::ResetBeforeHead => Script::new().then(Step::Reset),
        Fault::ResetInBody { after } => Script::answer(&answer, length, *after).then(Step::Reset),
        Fault::StallBeforeHead => Script::new().then(Step::Stall),
        Fault::StallInBody { after } => Script::answer(&answer, length, *after).then(Step::Stall),
        Fault::Truncate { after } => Script::answer(&answer, length, (*after).min(length.saturating_sub(1))),
        Fault::WrongLength { difference } => Script::answer(&answer, length.saturating_add_signed(*difference), length),
        Fault::Flood { length: Some(total) } => {
            let total = (*total).max(length);
            Script::answer(&answer, total, length).then(Step::Fill(Some(total - length)))
        }
        Fault::Flood { length: None } => Script::open_ended(&answer).then(Step::Fill(None)),
        Fault::GarbageHead => Script::new().then(Step::Send(noise(512))),
        _ => return Reply::Answer(change(fault, call, answer).await),
    };
    Reply::Script(script)
}

/// The faults that leave HTTP intact.
async fn change(fault: &Fault, call: &Call, answer: Answer) -> Answer {
    match fault {
        Fault::Delay { seconds } => {
            let clock = &call.state.clock;
            clock.sleep_until(clock.now() + Duration::try_from_secs_f64(*seconds).unwrap_or_default()).await;
            answer
        }
        Fault::GarbageBody => answer.map(|body| noise(body.len().max(64))),
        Fault::UnknownStatus { status } => edit(answer, |_| Some(json!({"status": status, "message": "On its way"}))),
        Fault::UnknownFields { fields } => edit(answer, |mut body| {
            body.as_object_mut()?.extend(fields.clone());
            Some(body)
        }),
        Fault::ErrorObject => edit(answer, |_| {
            Some(json!({
                "error": {"code": "INTERNAL_ERROR", "message": "An unexpected error occurred"},
                "request_id": call.request_id,
            }))
        }),
        Fault::Url { form } => edit(answer, |body| reshape(body, form)),
        Fault::Fail { error } => {
            finish(answer, json!({"status": "failed", "message": "Prediction failed", "error": error}))
        }
        Fault::Cancel => finish(answer, json!({"status": "canceled", "message": "Prediction was canceled"})),
        _ => answer,
    }
}

/// Puts an end in place of a state. A handle stays: its job was given that end when it was submitted.
fn finish(answer: Answer, end: Value) -> Answer {
    edit(answer, |body| Some(if body.get("status").is_some() { end } else { body }))
}

/// Changes a JSON body; any other is left alone.
fn edit(answer: Answer, change: impl FnOnce(Value) -> Option<Value>) -> Answer {
    match serde_json::from_slice(answer.body()).ok().and_then(change) {
        Some(body) => answer.map(|_| Bytes::from(body.to_string())),
        None => answer,
    }
}

fn reshape(mut body: Value, form: &UrlForm) -> Option<Value> {
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

/// `http://host/path` without its host.
fn relative(url: &str) -> String {
    match url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|slash| &rest[slash..])) {
        Some(path) => path.to_owned(),
        None => url.to_owned(),
    }
}

/// Bytes that are neither HTTP nor JSON nor a picture; always the same.
fn noise(length: usize) -> Bytes {
    let mut random = fastrand::Rng::with_seed(length as u64);
    (0..length).map(|_| random.u8(128..)).collect()
}
