//! Sends requests: permits, retries and redaction around the generated client.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use reqwest::{
    StatusCode, Url,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tracing::Instrument as _;

mod response;

pub(crate) use response::JobResponse;
use response::{
    check, error_response, id_in_text, job_behind_redirect, job_response, malformed_response, transport_error,
};

#[cfg(feature = "test-util")]
use crate::queued_responses::QueuedResponses;
use crate::{
    Error, JobRef, Model, Result,
    auth::{ApiKey, Auth},
    charge::Charge,
    config::Timeouts,
    error::ErrorKind,
    exchange,
    http_client::{self, Configure},
    limits::{Limiter, Limits, Operation, Permit, Priority, Urgency},
    origin::BaseUrl,
    raw::{self, MAX_ERROR},
    retry::{AttemptError, Idempotency, RetryPolicy},
    wire::{PredictionResponse, UploadResponse},
};

/// How long the service holds a `Try-Sync` submission.
const SYNC_WINDOW: Duration = Duration::from_secs(60);

/// Sends requests: with the key to the service, anonymously to any other origin.
pub(crate) struct Transport {
    raw: raw::Client,
    anonymous: reqwest::Client,
    key: Arc<ApiKey>,
    pub(crate) base: BaseUrl,
    pub(crate) retry: Arc<RetryPolicy>,
    pub(crate) limits: Arc<Limiter>,
    pub(crate) timeouts: Timeouts,
}

/// Settings of a transport.
pub(crate) struct TransportOptions<'a> {
    pub(crate) base: BaseUrl,
    pub(crate) key: &'a str,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_attempts: u32,
    pub(crate) limits: Limits,
    pub(crate) configure: &'a Configure,
    #[cfg(feature = "test-util")]
    pub(crate) queued: Option<QueuedResponses>,
}

/// A submission as it is sent.
pub(crate) struct Submission<'a, 'c> {
    pub(crate) model: &'a Model,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) try_sync: bool,
    pub(crate) deadline: Instant,
    pub(crate) urgency: Urgency,
    /// A permit that was acquired beforehand. With one, the submission is attempted once.
    pub(crate) permit: Option<Permit<'a>>,
    pub(crate) charge: &'a mut Charge<'c>,
}

/// One attempt at a submission.
struct Sending<'a, 'c> {
    try_sync: bool,
    deadline: Instant,
    /// Released after the attempt.
    _permit: Permit<'a>,
    charge: &'a mut Charge<'c>,
}

/// Called before each attempt at a submission.
pub(crate) trait SubmitHook: Sync {
    /// An error prevents the attempt.
    fn before_send(&self) -> impl Future<Output = Result<()>> + Send;
}

/// Does nothing.
pub(crate) struct NoopHook;

impl SubmitHook for NoopHook {
    async fn before_send(&self) -> Result<()> {
        Ok(())
    }
}

/// A download whose response head has arrived.
pub(crate) struct DownloadResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>,
}

/// Adds the job to the error of a submission that was accepted with a damaged response, if its id is readable.
fn with_readable_job(error: Error, model: &Model) -> Error {
    let id = error.body().filter(|_| error.is_decode()).and_then(id_in_text).map(str::to_owned);
    match id {
        Some(id) => error.with_job(JobRef::new(id, model)),
        None => error,
    }
}

impl Transport {
    pub(crate) fn new(options: TransportOptions<'_>) -> Result<Self> {
        let TransportOptions { base, key, timeouts, max_attempts, limits, configure, .. } = options;
        let (key, limits) = (Arc::new(ApiKey::new(key)?), Arc::new(Limiter::new(limits)));
        let auth = Auth {
            key: Arc::clone(&key),
            base: base.clone(),
            timeout: Some(timeouts.attempt),
            model: None,
            limits: Arc::clone(&limits),
            #[cfg(feature = "test-util")]
            queued: options.queued,
        };
        let client = http_client::build(&base, &timeouts, configure)?;
        let anonymous = http_client::build_anonymous(&base, &timeouts, configure)?;
        let raw = raw::Client::new_with_client(base.as_str(), client, auth);
        Ok(Self { raw, anonymous, key, base, retry: Arc::new(RetryPolicy::new(max_attempts)), limits, timeouts })
    }

    /// Uses another key for requests from now on.
    pub(crate) fn set_api_key(&self, key: &str) -> Result<()> {
        self.key.replace(key)
    }

    /// Sends a submission. [`retry`](crate::retry) says when it is repeated.
    pub(crate) async fn submit(&self, submission: Submission<'_, '_>, hook: &impl SubmitHook) -> Result<JobResponse> {
        let Submission { model, parameters, try_sync, deadline, urgency, mut permit, charge } = submission;
        let request = raw::types::PredictionRequest { input: parameters };
        let mut attempts = self.retry.attempts(Idempotency::NonIdempotent, deadline);
        if permit.is_some() {
            attempts = attempts.once();
        }
        let with_model = |error: Error| error.with_model(model.clone());
        loop {
            attempts.start().map_err(with_model)?;
            let span = attempts.span();
            let early = permit.take();
            let attempt = async {
                let permit = match early {
                    Some(permit) => permit,
                    None => self.submission_permit(model, urgency, deadline).await?,
                };
                let send = Sending { try_sync, deadline, _permit: permit, charge: &mut *charge };
                self.submit_once(model, &request, send, hook).await
            }
            .instrument(span)
            .await;
            match self.redact_attempt(attempt) {
                Ok(response) => {
                    charge.accepted(response.response.id());
                    attempts.succeed();
                    return Ok(response);
                }
                Err(failure) => {
                    charge.failed(failure.state);
                    attempts.fail(failure).await.map_err(with_model)?;
                }
            }
        }
    }

    async fn submit_once(
        &self,
        model: &Model,
        request: &raw::types::PredictionRequest,
        sending: Sending<'_, '_>,
        hook: &impl SubmitHook,
    ) -> Result<JobResponse, AttemptError> {
        let Sending { try_sync, deadline, charge, .. } = sending;
        hook.before_send().await.map_err(AttemptError::not_sent)?;
        charge.sending().map_err(AttemptError::not_sent)?;
        let window = if try_sync { SYNC_WINDOW } else { Duration::ZERO };
        let (sent_at, sent_at_wall) = (Instant::now(), SystemTime::now());
        let timeout = self.timeouts.attempt.saturating_add(window).min(deadline - sent_at);
        let raw = self.raw.for_submission(model, timeout);
        // Boxed: otherwise every future around it would be as large, and copied on its way down.
        let response = Box::pin(raw.create_prediction(model.as_str(), try_sync.then_some(true), request)).await;
        if let Err(raw::Error::UnexpectedResponse(redirect)) = &response
            && let Some(response) = job_behind_redirect(redirect, &self.base)
        {
            return Ok(JobResponse { response, next_poll: None, sent_at, sent_at_wall });
        }
        let job = match check(response).await {
            Ok(response) => job_response(response, sent_at, sent_at_wall)?,
            Err(failure) => return Err(failure.map(|error| with_readable_job(error, model))),
        };
        if !job.response.status().is_terminal() && job.response.id().is_none() {
            return Err(malformed_response(&job.response, "the service accepted the submission but returned no id"));
        }
        Ok(job)
    }

    /// Returns a name for the key at this service from which neither can be derived.
    pub(crate) fn account(&self) -> String {
        self.key.account(&self.base)
    }

    /// Waits until the rate limits allow a request.
    pub(crate) async fn permit(
        &self,
        operation: Operation<'_>,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Permit<'_>, AttemptError> {
        self.limits.acquire(operation, priority, deadline).await.map_err(AttemptError::not_sent)
    }

    /// Waits until the rate limits allow a submission.
    async fn submission_permit(
        &self,
        model: &Model,
        urgency: Urgency,
        deadline: Instant,
    ) -> Result<Permit<'_>, AttemptError> {
        self.limits.acquire_submission(model, urgency, deadline).await.map_err(AttemptError::not_sent)
    }

    /// Polls a job once.
    pub(crate) async fn status_once(
        &self,
        id: &str,
        priority: Priority,
        deadline: Instant,
    ) -> Result<JobResponse, AttemptError> {
        if matches!(id, "" | "." | "..") {
            // Such an id would change the path of the request.
            return Err(AttemptError::not_sent(Error::new(ErrorKind::NotFound, format!("{id:?} is not a job id"))));
        }
        let _permit = self.permit(Operation::Status, priority, deadline).await?;
        let (sent_at, sent_at_wall) = (Instant::now(), SystemTime::now());
        let raw = self.raw.with_timeout(Some(self.timeouts.attempt.min(deadline - sent_at)));
        let response = check(Box::pin(raw.get_prediction_status(id)).await).await;
        self.redact_attempt(response.and_then(|response| job_response(response, sent_at, sent_at_wall)))
    }

    /// Polls a job, with retries.
    pub(crate) async fn status(&self, id: &str, deadline: Instant) -> Result<PredictionResponse> {
        let attempt = |_| self.status_once(id, Instant::now(), deadline);
        Ok(self.retry.run(Idempotency::Idempotent, deadline, attempt).await?.response)
    }

    /// Sends a form once, without a limit on its duration; the caller watches its progress.
    pub(crate) async fn upload_once(&self, form: reqwest::multipart::Form) -> Result<UploadResponse, AttemptError> {
        let raw = self.raw.with_timeout(None);
        let response = check(Box::pin(raw.upload_file(form)).await).await;
        self.redact_attempt(response.map(raw::ResponseValue::into_inner))
    }

    /// Starts a download: with the key from the service itself, anonymously from any other origin.
    ///
    /// The time until the head of the response is limited; the body has an idle timeout of its own.
    pub(crate) async fn download_once(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        left: Duration,
    ) -> Result<DownloadResponse, AttemptError> {
        let is_own = self.base.is_same_origin(url);
        let _permit = match is_own {
            true => Some(self.permit(Operation::Download, Instant::now(), Instant::now() + left).await?),
            false => None,
        };
        // Lengths and ranges must be those of the file itself.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let max = self.timeouts.attempt.min(left);
        let download = Box::pin(async {
            match is_own {
                true => self.download_own(url, headers).await,
                false => self.download_anonymous(url, headers).await,
            }
        });
        let late = || Error::new(ErrorKind::Connection, format!("no response within {max:?}"));
        let response = tokio::time::timeout(max, download).await;
        self.redact_attempt(response.unwrap_or_else(|_| Err(AttemptError::indeterminate(late()))))
    }

    async fn download_own(&self, url: &Url, headers: HeaderMap) -> Result<DownloadResponse, AttemptError> {
        let response = check(self.raw.with_timeout(None).download_content(url, headers).await).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(DownloadResponse { status, headers, body: response.into_inner_stream() })
    }

    async fn download_anonymous(&self, url: &Url, headers: HeaderMap) -> Result<DownloadResponse, AttemptError> {
        if !self.base.may_fetch(url) {
            let message = format!("{url} is not fetched: only https URLs without user name and password are");
            return Err(AttemptError::not_sent(Error::new(ErrorKind::Decode, message)));
        }
        let request = self.anonymous.get(url.clone()).headers(headers).build().map_err(transport_error)?;
        let span = exchange::span(&request);
        let response = exchange::send(
            &self.anonymous,
            #[cfg(feature = "test-util")]
            progenitor_client::ClientInfo::inner(&self.raw).queued.as_ref(),
            request,
            &span,
        )
        .instrument(span.clone())
        .await;
        exchange::record(&span, &response);
        let response = response.map_err(transport_error)?;
        if !response.status().is_success() {
            return Err(error_response(exchange::bounded(response, MAX_ERROR).await.map_err(transport_error)?).await);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(DownloadResponse { status, headers, body: Box::pin(response.bytes_stream()) })
    }

    /// Redacts the key wherever the service repeated it.
    fn redact_attempt<T>(&self, attempt: Result<T, AttemptError>) -> Result<T, AttemptError> {
        attempt.map_err(|failure| failure.map(|error| self.redact(error)))
    }

    /// Redacts the key in an error.
    pub(crate) fn redact(&self, error: Error) -> Error {
        error.redact(&self.key.secrets())
    }
}
