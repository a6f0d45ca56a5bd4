//! The only place that talks to reqwest: where the key is attached, bodies are bounded and requests are traced.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{BufMut as _, Bytes, BytesMut};
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::{
    Method, Request, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect,
};
use tokio::time::Instant;
use tracing::{Instrument as _, field::Empty};

mod http_client;
mod outcome;

pub(crate) use http_client::Configure;
pub(crate) use outcome::Told;
use outcome::{broken, meaningless, refused, succeeded, told};

use crate::{
    Error, Model,
    client::Intent,
    error::ErrorKind,
    limits::{Limiter, Limits, Operation, Permit, Rank},
    origin::Base,
    raw,
    retry::{Effect, Failure, Retry},
    wire::Answer,
};

/// Most bytes of a JSON answer that are read.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Most bytes of an error's body that are read.
const LARGEST_ERROR: usize = 64 * 1024;
/// How long the service holds a `Try-Sync` submission.
const SYNC_WINDOW: Duration = Duration::from_secs(60);

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

/// Sends requests: with the key to the service, without it to anybody else.
pub(crate) struct Transport {
    raw: raw::Client,
    keyless: reqwest::Client,
    pub(crate) base: Base,
    pub(crate) retry: Retry,
    pub(crate) limits: Arc<Limiter>,
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
    limits: Arc<Limiter>,
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
        let span = span(request.method(), request.url());
        let model = request.headers().get("model").and_then(|model| model.to_str().ok()).map(Model::from);
        let exchange = async {
            let response = self.client().execute(request).await?;
            let refused = response.status() == StatusCode::TOO_MANY_REQUESTS;
            self.inner().limits.report(limited(info.operation_id, model.as_ref()), refused, response.headers());
            let most = match (response.status().is_success(), info.operation_id) {
                (true, "download_content") => return Ok(response),
                (true, _) => LARGEST_ANSWER,
                (false, _) => LARGEST_ERROR,
            };
            bounded(response, most).await
        };
        let result = exchange.instrument(span.clone()).await;
        record(&span, &result);
        result
    }
}

/// What an operation is, as far as limits are concerned.
fn limited<'a>(operation_id: &str, model: Option<&'a Model>) -> Operation<'a> {
    match (operation_id, model) {
        ("download_content", _) => Operation::Delivery,
        ("upload_file", _) => Operation::Upload,
        (_, Some(model)) => Operation::Submission(model),
        _ => Operation::Status,
    }
}

/// The span of an exchange, with OpenTelemetry's names for a client of HTTP: no query, no body, no header.
fn span(method: &Method, url: &Url) -> tracing::Span {
    tracing::debug_span!(
        "http",
        otel.name = %method,
        otel.kind = "client",
        http.request.method = %method,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.scheme = url.scheme(),
        url.path = url.path(),
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

/// Adds to the span of an exchange what came of it.
fn record(span: &tracing::Span, result: &reqwest::Result<Response>) {
    match result {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if !status.is_success() {
                span.record("error.type", status.as_str());
            }
            span.in_scope(|| tracing::trace!(http.response.status_code = status.as_u16(), "answered"));
        }
        Err(error) => {
            let kind = if error.is_timeout() { "timeout" } else { "connection" };
            span.record("error.type", kind);
            span.in_scope(|| tracing::trace!(error.type = kind, "no answer"));
        }
    }
}

/// Reads a body up to a limit and puts it back, so that nothing later reads more.
async fn bounded(mut response: Response, limit: usize) -> reqwest::Result<Response> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
        if body.len() == limit {
            // What was cut off must not pass for a whole: no JSON ends so.
            body.put_u8(0);
            break;
        }
    }
    let mut rebuilt = http::Response::new(body.freeze());
    *rebuilt.status_mut() = response.status();
    *rebuilt.headers_mut() = std::mem::take(response.headers_mut());
    Ok(Response::from(rebuilt))
}

/// A raw client with the default time limits.
pub(crate) fn connect(base_url: &str, api_key: &str) -> Result<raw::Client, Error> {
    Ok(Transport::new(Base::parse(base_url)?, api_key, Timeouts::default(), 1, Limits::none(), &|builder| builder)?.raw)
}

impl Transport {
    pub(crate) fn new(
        base: Base,
        key: &str,
        timeouts: Timeouts,
        max_attempts: u32,
        limits: Limits,
        configure: &Configure,
    ) -> Result<Self, Error> {
        let limits = Arc::new(Limiter::new(limits));
        let (header, timeout) = (http_client::key_header(key)?, Some(timeouts.attempt));
        let session = Session { key: header, base: base.clone(), timeout, limits: Arc::clone(&limits) };
        let client = http_client::build(&base, &timeouts, configure, redirect::Policy::none())?;
        let keyless = http_client::build(&base, &timeouts, configure, http_client::keyless_redirects(base.clone()))?;
        let raw = raw::Client::new_with_client(base.as_str(), client, session);
        Ok(Self { raw, keyless, base, retry: Retry::new(max_attempts), limits, timeouts, key: key.to_owned() })
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
        intent: &impl Intent,
    ) -> Result<Told, Error> {
        let request = raw::types::PredictionRequest { input };
        let sent = self.retry.run(Effect::PaidJob, deadline, |_| async {
            self.clean(self.submit_once(model, &request, try_sync, deadline, intent).await)
        });
        sent.await.map_err(|error| error.with_model(model.clone()))
    }

    async fn submit_once(
        &self,
        model: &Model,
        request: &raw::types::PredictionRequest,
        try_sync: bool,
        deadline: Instant,
        intent: &impl Intent,
    ) -> Result<Told, Failure> {
        let _permit = self.permit(Operation::Submission(model), Instant::now(), deadline).await?;
        intent.declare().await.map_err(Failure::not_sent)?;
        let window = if try_sync { SYNC_WINDOW } else { Duration::ZERO };
        let asked = Instant::now();
        let raw = self.raw(Some(self.timeouts.attempt.saturating_add(window).min(deadline - asked)));
        // On the heap: every future around it would be as large otherwise, and copied on its way down.
        let answer = Box::pin(raw.create_prediction(model.as_str(), try_sync.then_some(true), request)).await;
        let told = told(succeeded(answer).await?, asked)?;
        let answer = &told.answer;
        if answer.id().is_none() && !answer.status().is_terminal() {
            return Err(meaningless(answer, "the service took the submission and gave no id"));
        }
        Ok(told)
    }

    /// A name for the key and its service, from which neither can be told.
    #[cfg(feature = "postgres")]
    pub(crate) fn account(&self) -> String {
        use crate::digest::{Sha256, hex};
        let mut hash = Sha256::new();
        hash.update(format!("{} {}", self.key, self.base.as_str()));
        hex(&hash.finish()[..8])
    }

    /// Waits until the limits allow a request.
    pub(crate) async fn permit(
        &self,
        operation: Operation<'_>,
        rank: Rank,
        deadline: Instant,
    ) -> Result<Permit<'_>, Failure> {
        self.limits.acquire(operation, rank, deadline).await.map_err(Failure::not_sent)
    }

    /// Asks once how far a job is; the lower the rank, the sooner, when there are more to be asked than the limit allows.
    pub(crate) async fn status_once(&self, id: &str, rank: Rank, deadline: Instant) -> Result<Told, Failure> {
        if matches!(id, "" | "." | "..") {
            // Such an id would name another route.
            return Err(Failure::not_sent(Error::new(ErrorKind::NotFound, format!("{id:?} is no id of a job"))));
        }
        let _permit = self.permit(Operation::Status, rank, deadline).await?;
        let asked = Instant::now();
        let raw = self.raw(Some(self.timeouts.attempt.min(deadline - asked)));
        let answer = succeeded(Box::pin(raw.get_prediction_status(id)).await).await;
        self.clean(answer.and_then(|answer| told(answer, asked)))
    }

    /// Asks how far a job is, again when that fails.
    pub(crate) async fn status(&self, id: &str, deadline: Instant) -> Result<Answer, Error> {
        let asked = self.retry.run(Effect::Harmless, deadline, |_| self.status_once(id, Instant::now(), deadline));
        Ok(asked.await?.answer)
    }

    /// Sends a form once. There is no limit on the whole, as files take their time; the caller watches its progress.
    pub(crate) async fn upload_once(
        &self,
        form: reqwest::multipart::Form,
    ) -> Result<crate::media::upload::UploadAnswer, Failure> {
        let raw = self.raw(None);
        let answer = succeeded(Box::pin(raw.upload_file(form)).await).await;
        self.clean(answer.map(raw::ResponseValue::into_inner))
    }

    /// Opens a file for download: with the key from the service itself, without it from anywhere else. There is a limit on
    /// the time until the head of the answer is there; the body has an idle limit of its own.
    pub(crate) async fn open_once(&self, url: &Url, mut headers: HeaderMap, left: Duration) -> Result<Opened, Failure> {
        let _permit = match self.base.is_ours(url) {
            true => Some(self.permit(Operation::Delivery, Instant::now(), Instant::now() + left).await?),
            false => None,
        };
        // Lengths and ranges are to be those of the file itself.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let limit = self.timeouts.attempt.min(left);
        let opening = Box::pin(async {
            if self.base.is_ours(url) {
                self.open_ours(url, headers).await
            } else {
                self.open_foreign(url, headers).await
            }
        });
        let late = || Failure::maybe_accepted(Error::new(ErrorKind::Connection, format!("no answer within {limit:?}")));
        self.clean(tokio::time::timeout(limit, opening).await.unwrap_or_else(|_| Err(late())))
    }

    async fn open_ours(&self, url: &Url, headers: HeaderMap) -> Result<Opened, Failure> {
        let response = succeeded(self.raw(None).download_content(url, headers).await).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Opened { status, headers, body: response.into_inner_stream() })
    }

    async fn open_foreign(&self, url: &Url, headers: HeaderMap) -> Result<Opened, Failure> {
        if !self.base.may_fetch(url) {
            let refused = format!("{url} is not fetched: only https addresses without user name and password are");
            return Err(Failure::not_sent(Error::new(ErrorKind::Decode, refused)));
        }
        let sending = self.keyless.get(url.clone()).headers(headers).send();
        let span = span(&Method::GET, url);
        let result = sending.instrument(span.clone()).await;
        record(&span, &result);
        let response = result.map_err(broken)?;
        if !response.status().is_success() {
            return Err(refused(bounded(response, LARGEST_ERROR).await.map_err(broken)?).await);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Opened { status, headers, body: Box::pin(response.bytes_stream()) })
    }

    /// Takes the key out of whatever the service repeated, before anybody sees it.
    fn clean<T>(&self, attempt: Result<T, Failure>) -> Result<T, Failure> {
        attempt.map_err(|Failure { fate, error }| Failure { fate, error: self.finish(error) })
    }

    /// Takes the key out of an error.
    pub(crate) fn finish(&self, error: Error) -> Error {
        error.hiding(std::slice::from_ref(&self.key))
    }
}

/// A file whose head has arrived.
pub(crate) struct Opened {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>,
}
