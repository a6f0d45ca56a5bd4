//! What became of a request: failures are marked here, where they happen, with what is known of the request's fate.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::LOCATION};

use super::LARGEST_ANSWER;
use tokio::time::Instant;

use crate::{
    Error,
    error::{
        ErrorKind,
        body::{error_of, text},
    },
    raw,
    retry::{Failure, Fate},
    timing,
    wire::Answer,
};

/// What the service says of a job.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) answer: Answer,
    /// Its wish for the next poll.
    pub(crate) next_poll: Option<Duration>,
    /// When it was asked.
    pub(crate) asked: Instant,
}

/// Marks what the generated client reports as a failure.
pub(super) async fn succeeded<T>(result: Result<T, raw::Error<()>>) -> Result<T, Failure> {
    Err(match result {
        Ok(value) => return Ok(value),
        Err(raw::Error::InvalidRequest(message)) => Failure::not_sent(Error::configuration(message)),
        Err(raw::Error::CommunicationError(error) | raw::Error::ResponseBodyError(error)) => broken(error),
        Err(raw::Error::InvalidResponsePayload(body, error)) => undecodable(&body, &error),
        Err(raw::Error::UnexpectedResponse(response)) => refused(response).await,
        Err(other) => Failure::maybe_accepted(Error::new(ErrorKind::Decode, other.to_string())),
    })
}

fn undecodable(body: &[u8], error: &serde_json::Error) -> Failure {
    let error = if body.len() > LARGEST_ANSWER {
        Error::new(ErrorKind::TooLarge, format!("the answer has more than {LARGEST_ANSWER} bytes"))
    } else {
        Error::new(ErrorKind::Decode, format!("the answer is not the JSON that was expected: {error}"))
    };
    Failure::maybe_accepted(error.with_body(text(body)))
}

/// An answer that says something, with what its headers say of the next poll.
pub(super) fn told(response: raw::ResponseValue<Answer>, asked: Instant) -> Result<Told, Failure> {
    let next_poll = timing::poll_interval(response.headers()).or_else(|| timing::retry_after(response.headers()));
    let answer = response.into_inner();
    if answer.is_error_envelope() {
        // It speaks of the request, not of the job: a poll that fails so is no failed job.
        let reason = answer.error().unwrap_or_default();
        return Err(meaningless(&answer, &format!("an error under the status of success: {reason}")));
    }
    if !answer.is_meaningful() {
        return Err(meaningless(&answer, "the answer has neither an id, nor a status, nor a result"));
    }
    Ok(Told { answer, next_poll, asked })
}

/// An answer of the right form that cannot be used.
pub(super) fn meaningless(answer: &Answer, why: &str) -> Failure {
    let body = answer.as_value().to_string();
    Failure::maybe_accepted(Error::new(ErrorKind::Decode, why).with_body(crate::error::body::text(body.as_bytes())))
}

/// Marks a failure of the connection.
pub(super) fn broken(error: reqwest::Error) -> Failure {
    // A request that was still waiting for a connection, new or from the pool, has not left.
    let fate = if error.is_connect() || error.is_builder() { Fate::NotSent } else { Fate::MaybeAccepted };
    let kind = if error.is_builder() {
        ErrorKind::Configuration
    } else if error.is_redirect() {
        ErrorKind::Redirected
    } else {
        ErrorKind::Connection
    };
    // The address may hold what is nobody's business; the causes say what happened.
    let error = error.without_url();
    let mut message = match (error.is_timeout(), error.is_connect()) {
        (true, true) => "no connection in time".to_owned(),
        (true, false) => "no answer in time".to_owned(),
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
    Failure { fate, error: Error::new(kind, message).with_source(error) }
}

/// Marks an answer that is no success.
pub(super) async fn refused(response: Response) -> Failure {
    let status = response.status();
    let headers = response.headers().clone();
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return broken(error),
    };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut error = error_of(status.as_u16(), &body);
    if status.is_redirection() {
        let target = header(LOCATION.as_str()).unwrap_or_else(|| "no address".into());
        error =
            Error::new(ErrorKind::Redirected, format!("to {target}; check the base URL")).with_status(status.as_u16());
    }
    if error.request_id().is_none() {
        error = error.with_request_id(header("x-kong-request-id").or_else(|| header("x-request-id")));
    }
    let taken = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT || status.is_informational();
    let fate = if taken { Fate::MaybeAccepted } else { Fate::Refused };
    let delay = if status == StatusCode::TOO_MANY_REQUESTS {
        timing::limit_lifted(&headers)
    } else {
        timing::retry_after(&headers)
    };
    Failure { fate, error: error.with_retry_after(delay) }
}
