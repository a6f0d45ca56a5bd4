//! Responses and failures of single requests, with what each says about whether the request was processed.

use std::time::{Duration, SystemTime};

use reqwest::{Response, StatusCode, header::LOCATION};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    Error,
    error::{
        ErrorKind,
        body::{error_for_response, text},
    },
    headers,
    origin::BaseUrl,
    raw::{self, MAX_RESPONSE},
    retry::{AttemptError, SendState},
    wire::PredictionResponse,
};

/// A response about a job.
#[derive(Clone, Debug)]
pub(crate) struct JobResponse {
    pub(crate) response: PredictionResponse,
    /// The service's hint for the next poll.
    pub(crate) next_poll: Option<Duration>,
    /// When the request was sent.
    pub(crate) sent_at: Instant,
    /// The same by the wall clock.
    pub(crate) sent_at_wall: SystemTime,
}

/// Turns a failure of the generated client into an attempt error.
pub(super) async fn check<T>(result: Result<T, raw::Error<()>>) -> Result<T, AttemptError> {
    Err(match result {
        Ok(value) => return Ok(value),
        Err(raw::Error::InvalidRequest(message)) => AttemptError::not_sent(Error::configuration(message)),
        Err(raw::Error::CommunicationError(error) | raw::Error::ResponseBodyError(error)) => transport_error(error),
        Err(raw::Error::InvalidResponsePayload(body, error)) => undecodable(&body, &error),
        // Boxed: every request would be as large as one that fails.
        Err(raw::Error::UnexpectedResponse(response)) => Box::pin(error_response(response)).await,
        Err(other) => AttemptError::indeterminate(Error::new(ErrorKind::Decode, other.to_string())),
    })
}

fn undecodable(body: &[u8], error: &serde_json::Error) -> AttemptError {
    let error = if body.len() > MAX_RESPONSE {
        Error::new(ErrorKind::TooLarge, format!("the response has more than {MAX_RESPONSE} bytes; check the base URL"))
    } else {
        Error::new(ErrorKind::Decode, format!("the response is not the expected JSON: {error}"))
    };
    AttemptError::indeterminate(error.with_body(text(body)))
}

/// Reads a successful response about a job.
pub(super) fn job_response(
    response: raw::ResponseValue<PredictionResponse>,
    sent_at: Instant,
    sent_at_wall: SystemTime,
) -> Result<JobResponse, AttemptError> {
    let next_poll = headers::poll_interval(response.headers()).or_else(|| headers::retry_after(response.headers()));
    let response = response.into_inner();
    if response.is_error_envelope() {
        // It concerns the request, not the job: such a poll says nothing about the job.
        let reason = response.error().unwrap_or_default();
        return Err(malformed_response(&response, &format!("an error with a status of success: {reason}")));
    }
    if !response.is_meaningful() {
        return Err(malformed_response(&response, "the response has neither an id, nor a status, nor a result"));
    }
    Ok(JobResponse { response, next_poll, sent_at, sent_at_wall })
}

/// Builds the error for a well-formed response that cannot be used.
pub(super) fn malformed_response(response: &PredictionResponse, why: &str) -> AttemptError {
    let body = response.as_value().to_string();
    AttemptError::indeterminate(Error::new(ErrorKind::Decode, why).with_body(text(body.as_bytes())))
}

/// Whether the certificate of the server was not accepted: trying again changes nothing.
fn is_certificate_error(error: &reqwest::Error) -> bool {
    let mut sources = std::iter::successors(std::error::Error::source(error), |source| source.source());
    error.is_connect() && sources.any(|source| source.to_string().to_lowercase().contains("certificate"))
}

/// Builds the error for a failure of the connection.
pub(super) fn transport_error(error: reqwest::Error) -> AttemptError {
    // A request that was still waiting for a connection, new or pooled, has not been sent.
    let is_unsent = error.is_connect() || error.is_builder();
    let state = if is_unsent { SendState::NotSent } else { SendState::Indeterminate };
    let kind = if error.is_builder() || is_certificate_error(&error) {
        ErrorKind::Configuration
    } else if error.is_redirect() {
        ErrorKind::Redirected
    } else {
        ErrorKind::Connection
    };
    // The URL may be private; the sources say what happened.
    let error = error.without_url();
    let mut message = match (error.is_timeout(), error.is_connect()) {
        (true, true) => "no connection in time".to_owned(),
        (true, false) => "no response in time".to_owned(),
        _ => error.to_string(),
    };
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        let text = next.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = next.source();
    }
    AttemptError { state, error: Error::new(kind, message).with_source(error) }
}

/// Whether a status proves that the request was not processed.
///
/// Redirects, conflicts, timeouts of proxies (408, 499), early data (425), server errors and unregistered
/// statuses prove nothing.
fn proves_rejection(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400..=406 | 410 | 411 | 413..=415 | 421 | 422 | 429 | 431 | 451)
}

/// Returns the job that a redirect of a submission points to: its status at the service itself.
pub(super) fn job_behind_redirect(response: &Response, base: &BaseUrl) -> Option<PredictionResponse> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?.to_str().ok()?;
    let url = base.resolve(location).ok().filter(|url| base.is_same_origin(url))?;
    let (_, id) = url.path().rsplit_once("/v1/predictions/status/")?;
    let is_id = !id.is_empty() && !id.contains('/');
    is_id.then(|| PredictionResponse::new(json!({"id": id, "get_url": url.as_str()})))
}

/// Finds the id in the body of a response that could not be decoded as a whole.
pub(super) fn id_in_text(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("\"id\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let (id, _) = rest.split_once('"')?;
    let is_id =
        !id.is_empty() && id.len() <= 200 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    is_id.then_some(id)
}

/// Builds the error for a response with any status but 2xx.
pub(super) async fn error_response(response: Response) -> AttemptError {
    let status = response.status();
    let headers = response.headers().clone();
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return transport_error(error),
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut error = error_for_response(status.as_u16(), &body);
    if status.is_redirection() {
        let target = header(LOCATION.as_str()).unwrap_or_else(|| "unknown".into());
        let message = format!("its target is {target}; check the base URL");
        error = Error::new(ErrorKind::Redirected, message).with_status(status.as_u16());
    }
    if error.request_id().is_none() {
        error = error.with_request_id(header("x-kong-request-id").or_else(|| header("x-request-id")));
    }
    let state = if proves_rejection(status) { SendState::Rejected } else { SendState::Indeterminate };
    let delay = if status == StatusCode::TOO_MANY_REQUESTS {
        headers::rate_limit_wait(&headers)
    } else {
        headers::retry_after(&headers)
    };
    AttemptError { state, error: error.with_retry_after(delay) }
}
