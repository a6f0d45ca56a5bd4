//! The only place that talks to reqwest: where the key is attached, bodies are bounded and failures are marked.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::{
    Request, Response, StatusCode, Url,
    header::{HeaderMap, HeaderValue, LOCATION},
    redirect,
};
use tokio::time::Instant;

use crate::{
    Error, Model,
    error::{Kind, body::error_of},
    origin::Base,
    raw,
    retry::{Effect, Failure, Fate, Retry},
    timing,
    wire::Answer,
};

/// Most bytes of a JSON answer that are read.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Most bytes of an error's body that are read.
const LARGEST_ERROR: usize = 64 * 1024;
/// How long the service holds a `Try-Sync` submission.
const SYNC_WINDOW: Duration = Duration::from_secs(60);
/// How many redirects a keyless download follows.
const MOST_REDIRECTS: usize = 5;

/// Time limits of single requests.
#[derive(Clone, Debug)]
pub(crate) struct Timeouts {
    /// Until a connection stands.
    pub(crate) connect: Duration,
    /// From the first byte sent to the last byte of the answer, for JSON.
    pub(crate) attempt: Duration,
    /// Without a byte, in either direction, for files.
    pub(crate) idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), attempt: Duration::from_secs(30), idle: Duration::from_secs(30) }
    }
}

/// Changes the configuration of the HTTP client before ours is laid over it.
pub(crate) type Configure = dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync;

/// Sends requests: with the key to the service, without it to anybody else.
pub(crate) struct Transport {
    raw: raw::Client,
    keyless: reqwest::Client,
    pub(crate) base: Base,
    pub(crate) retry: Retry,
    pub(crate) timeouts: Timeouts,
    /// What must never be repeated in an error.
    key: String,
}

/// The key and the origin that it goes to; part of every [`raw::Client`].
#[derive(Clone)]
pub struct Session {
    key: HeaderValue,
    base: Base,
    timeout: Option<Duration>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl ClientHooks<Session> for raw::Client {
    /// The one place where the key is attached, after comparing origins.
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), progenitor_client::Error<E>> {
        let session = self.inner();
        // The service has no such header; the generator sends it everywhere.
        request.headers_mut().remove("api-version");
        if session.base.is_ours(request.url()) {
            request.headers_mut().insert("apikey", session.key.clone());
        }
        *request.timeout_mut() = session.timeout;
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let response = self.client().execute(request).await?;
        if !response.status().is_success() {
            return bounded(response, LARGEST_ERROR).await;
        }
        if info.operation_id == "download_content" { Ok(response) } else { bounded(response, LARGEST_ANSWER).await }
    }
}

/// Reads a body up to a limit and puts it back, so that nothing later reads more.
async fn bounded(mut response: Response, limit: usize) -> reqwest::Result<Response> {
    let mut body = BytesMut::new();
    while body.len() < limit {
        let Some(chunk) = response.chunk().await? else { break };
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
    }
    let mut rebuilt = http::Response::new(body.freeze());
    *rebuilt.status_mut() = response.status();
    *rebuilt.headers_mut() = std::mem::take(response.headers_mut());
    Ok(Response::from(rebuilt))
}

/// A raw client with the default time limits.
pub(crate) fn connect(base_url: &str, api_key: &str) -> Result<raw::Client, Error> {
    Ok(Transport::new(Base::parse(base_url)?, api_key, Timeouts::default(), 1, &|builder| builder)?.raw)
}

impl Transport {
    pub(crate) fn new(
        base: Base,
        key: &str,
        timeouts: Timeouts,
        max_attempts: u32,
        configure: &Configure,
    ) -> Result<Self, Error> {
        install_crypto();
        let session = Session { key: key_header(key)?, base: base.clone(), timeout: Some(timeouts.attempt) };
        let client = build(&base, &timeouts, configure, redirect::Policy::none())?;
        let keyless = build(&base, &timeouts, configure, keyless_redirects(base.clone()))?;
        let raw = raw::Client::new_with_client(base.as_str(), client, session);
        Ok(Self { raw, keyless, base, retry: Retry::new(max_attempts), timeouts, key: key.to_owned() })
    }

    /// The raw client with another time limit for its next request.
    fn raw(&self, timeout: Option<Duration>) -> raw::Client {
        let mut raw = self.raw.clone();
        raw.inner.timeout = timeout;
        raw
    }

    /// Sends a submission; see [`retry`](crate::retry) for when it is sent again.
    pub(crate) async fn submit(
        &self,
        model: &Model,
        input: serde_json::Map<String, serde_json::Value>,
        try_sync: bool,
        deadline: Instant,
    ) -> Result<Told, Error> {
        let request = raw::types::PredictionRequest { input };
        let limit = if try_sync { self.timeouts.attempt + SYNC_WINDOW } else { self.timeouts.attempt };
        let sent = self.retry.run(Effect::PaidJob, deadline, |left| {
            let (raw, request) = (self.raw(Some(limit.min(left))), &request);
            async move {
                let answer = raw.create_prediction(model.as_str(), try_sync.then_some(true), request).await;
                let told = told(succeeded(answer).await?)?;
                let answer = &told.answer;
                if answer.id().is_none() && !answer.status().is_terminal() {
                    return Err(meaningless(answer, "the service took the submission and gave no id"));
                }
                Ok(told)
            }
        });
        sent.await.map_err(|error| self.finish(error).with_model(model.clone()))
    }

    /// Asks once how far a job is.
    pub(crate) async fn status_once(&self, id: &str, left: Duration) -> Result<Told, Failure> {
        if matches!(id, "" | "." | "..") {
            // Such an id would name another route.
            return Err(Failure::not_sent(Error::new(Kind::NotFound, format!("{id:?} is no id of a job"))));
        }
        let raw = self.raw(Some(self.timeouts.attempt.min(left)));
        told(succeeded(raw.get_prediction_status(id).await).await?)
    }

    /// Asks how far a job is, again when that fails.
    pub(crate) async fn status(&self, id: &str, deadline: Instant) -> Result<Answer, Error> {
        let asked = self.retry.run(Effect::Harmless, deadline, |left| self.status_once(id, left));
        Ok(asked.await.map_err(|error| self.finish(error))?.answer)
    }

    /// Sends a form once. There is no limit on the whole, as files take their time; the caller watches its progress.
    pub(crate) async fn upload_once(
        &self,
        form: reqwest::multipart::Form,
    ) -> Result<crate::media::upload::UploadAnswer, Failure> {
        Ok(succeeded(self.raw(None).upload_file(form).await).await?.into_inner())
    }

    /// Opens a file for download: with the key from the service itself, without it from anywhere else.
    pub(crate) async fn open_once(&self, url: &Url, headers: HeaderMap) -> Result<Opened, Failure> {
        if self.base.is_ours(url) {
            let raw = self.raw(None);
            let response = succeeded(self.in_time(raw.download_content(url, headers)).await?).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            return Ok(Opened { status, headers, body: response.into_inner_stream() });
        }
        if !self.base.may_fetch(url) {
            let refused = format!("{url} is not fetched: only https addresses without user name and password are");
            return Err(Failure::not_sent(Error::new(Kind::Decode, refused)));
        }
        let response = self.in_time(self.keyless.get(url.clone()).headers(headers).send()).await?;
        let response = response.map_err(broken)?;
        if !response.status().is_success() {
            return Err(refused(bounded(response, LARGEST_ERROR).await.map_err(broken)?).await);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Opened { status, headers, body: Box::pin(response.bytes_stream()) })
    }

    /// Bounds the time until the head of an answer is there; its body has an idle limit of its own.
    async fn in_time<T>(&self, opening: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::time::timeout(self.timeouts.attempt, opening).await.map_err(|_| Failure {
            fate: Fate::MaybeAccepted,
            error: Error::new(Kind::Connection, format!("no answer within {:?}", self.timeouts.attempt)),
        })
    }

    /// Takes the key out of whatever the service repeated.
    pub(crate) fn finish(&self, error: Error) -> Error {
        error.scrubbed(std::slice::from_ref(&self.key))
    }
}

/// What the service says of a job.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) answer: Answer,
    /// Its wish for the next poll.
    pub(crate) next_poll: Option<Duration>,
}

/// A file whose head has arrived.
pub(crate) struct Opened {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>,
}

fn key_header(key: &str) -> Result<HeaderValue, Error> {
    if key.is_empty() {
        return Err(Error::configuration("the API key is empty; set PRUNA_API_KEY or give it to the builder"));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::configuration(
            "the API key holds a blank, a line break or another character that no key has; copy it again",
        ));
    }
    let mut header = HeaderValue::from_str(key).map_err(|_| Error::configuration("the API key cannot be sent"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn build(
    base: &Base,
    timeouts: &Timeouts,
    configure: &Configure,
    redirects: redirect::Policy,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder().user_agent(concat!("pruna-rust/", env!("CARGO_PKG_VERSION")));
    if base.is_loopback() {
        // A proxy of the environment is not meant for a service on this machine.
        builder = builder.no_proxy();
    }
    // What keeps the key safe comes last and cannot be configured away.
    let builder = configure(builder).redirect(redirects).referer(false).connect_timeout(timeouts.connect);
    builder.build().map_err(|e| Error::configuration(format!("the HTTP client cannot be built: {e}")).with_source(e))
}

/// Without a key redirects may be followed, a few, and never to an address that may not be fetched.
fn keyless_redirects(base: Base) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MOST_REDIRECTS {
            attempt.error("too many redirects")
        } else if base.may_fetch(attempt.url()) {
            attempt.follow()
        } else {
            attempt.error("redirected to an address that is not https")
        }
    })
}

/// Gives rustls its crypto provider, unless the program has chosen one.
fn install_crypto() {
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that somebody else was quicker, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Marks what the generated client reports as a failure.
async fn succeeded<T>(result: Result<T, raw::Error<()>>) -> Result<T, Failure> {
    Err(match result {
        Ok(value) => return Ok(value),
        Err(raw::Error::InvalidRequest(message)) => Failure::not_sent(Error::configuration(message)),
        Err(raw::Error::CommunicationError(error) | raw::Error::ResponseBodyError(error)) => broken(error),
        Err(raw::Error::InvalidResponsePayload(body, error)) => undecodable(&body, &error),
        Err(raw::Error::UnexpectedResponse(response)) => refused(response).await,
        Err(other) => maybe_accepted(Error::new(Kind::Decode, other.to_string())),
    })
}

fn maybe_accepted(error: Error) -> Failure {
    Failure { fate: Fate::MaybeAccepted, error }
}

fn undecodable(body: &[u8], error: &serde_json::Error) -> Failure {
    let message = if body.len() >= LARGEST_ANSWER {
        format!("the answer is larger than {LARGEST_ANSWER} bytes")
    } else {
        format!("the answer is not the JSON that was expected: {error}")
    };
    maybe_accepted(Error::new(Kind::Decode, message).with_body(crate::error::body::text(body)))
}

/// An answer that says something, with what its headers say of the next poll.
fn told(response: raw::ResponseValue<Answer>) -> Result<Told, Failure> {
    let next_poll = timing::poll_interval(response.headers()).or_else(|| timing::retry_after(response.headers()));
    let answer = response.into_inner();
    if answer.is_meaningful() {
        Ok(Told { answer, next_poll })
    } else {
        Err(meaningless(&answer, "the answer has neither an id, nor a status, nor a result"))
    }
}

fn meaningless(answer: &Answer, why: &str) -> Failure {
    let body = answer.as_value().to_string();
    maybe_accepted(Error::new(Kind::Decode, why).with_body(crate::error::body::text(body.as_bytes())))
}

/// Marks a failure of the connection.
fn broken(error: reqwest::Error) -> Failure {
    let fate = if error.is_connect() || error.is_builder() { Fate::NotSent } else { Fate::MaybeAccepted };
    let kind = if error.is_builder() {
        Kind::Configuration
    } else if error.is_redirect() {
        Kind::Redirected
    } else {
        Kind::Connection
    };
    // The address may hold what is nobody's business; the causes say what happened.
    let error = error.without_url();
    let mut message = if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() };
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
async fn refused(response: Response) -> Failure {
    let status = response.status();
    let headers = response.headers().clone();
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return broken(error),
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut error = error_of(status.as_u16(), &body);
    if status.is_redirection() {
        let target = text(LOCATION.as_str()).unwrap_or_else(|| "no address".into());
        error = Error::new(Kind::Redirected, format!("to {target}; check the base URL")).with_status(status.as_u16());
    }
    if error.request_id().is_none() {
        error = error.with_request_id(text("x-kong-request-id").or_else(|| text("x-request-id")));
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
