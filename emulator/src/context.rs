//! The context of one request.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{HeaderMap, StatusCode};

use crate::error_response::ErrorResponse;
use crate::faults::Fault;
use crate::memory::{MemoryLimit, Reservation};
use crate::recording::BodyRecorder;
use crate::state::State;
use crate::store::RateLimitStatus;

/// Maximum size of a JSON body.
const MAX_JSON_BODY: usize = 8 * 1024 * 1024;

/// A request, with what handlers need to respond to it.
pub(crate) struct RequestContext {
    pub(crate) state: Arc<State>,
    /// Number in the request log.
    pub(crate) number: u64,
    /// Sent back as `x-kong-request-id`.
    pub(crate) request_id: String,
    /// Scheme and host that the client used, for the URLs in responses.
    pub(crate) origin: String,
    pub(crate) headers: HeaderMap,
    /// The path parameter: an id, or the rest of a delivery path.
    pub(crate) parameter: String,
    /// Rate limit of the operation.
    pub(crate) per_minute: Option<u32>,
    /// State of the rate limit, for the response headers.
    pub(crate) rate_limit: Option<RateLimitStatus>,
    /// The fault to inject.
    pub(crate) fault: Option<Fault>,
    body: Option<Incoming>,
}

impl RequestContext {
    pub(crate) fn new(state: Arc<State>, number: u64, headers: HeaderMap, body: Incoming) -> Self {
        let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let origin = if host.is_empty() { state.url() } else { format!("http://{host}") };
        Self {
            state,
            number,
            request_id: format!("{:032x}", fastrand::u128(..)),
            origin,
            headers,
            parameter: String::new(),
            per_minute: None,
            rate_limit: None,
            fault: None,
            body: Some(body),
        }
    }

    /// Returns the value of a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Counts the request against the rate limit of `name`.
    pub(crate) fn check_rate_limit(
        &mut self,
        name: &str,
        limit: Option<u32>,
        is_documented: bool,
    ) -> Result<(), ErrorResponse> {
        let (true, Some(limit)) = (self.state.settings.limits, limit) else { return Ok(()) };
        let status = self.state.rate_limiter.count(name, limit, self.state.clock.now());
        self.rate_limit = Some(status);
        if status.is_allowed { Ok(()) } else { Err(ErrorResponse::RateLimited { status, is_documented }) }
    }

    /// Returns the body as a stream, which also records it.
    pub(crate) fn body_stream(&mut self) -> impl Stream<Item = Result<Bytes, hyper::Error>> + Send + Unpin + use<> {
        let mut recorder = BodyRecorder::new(&self.state, self.number, &self.headers);
        let body = self.body.take().map(BodyExt::into_data_stream);
        futures_util::stream::iter(body).flatten().inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                recorder.add(chunk);
            }
        })
    }

    /// Reads the whole body. It fails if the body, or all bodies in progress together, are too large.
    ///
    /// The reservation is to be kept as long as the body or something made of it.
    pub(crate) async fn read_body(&mut self) -> Result<(Bytes, Reservation), ErrorResponse> {
        let mut stream = self.body_stream();
        let mut reservation = MemoryLimit::reservation(&self.state.bodies);
        let mut body = BytesMut::new();
        let mut result = Ok(());
        // To its end in any case: some clients read the response only after they have sent the whole request.
        while let Some(Ok(chunk)) = stream.next().await {
            if result.is_ok() && body.len() + chunk.len() > MAX_JSON_BODY {
                result = Err((StatusCode::PAYLOAD_TOO_LARGE, "Request size limit exceeded"));
            } else if result.is_ok() && !reservation.increase(chunk.len()) {
                result = Err((StatusCode::SERVICE_UNAVAILABLE, "the emulator has too many requests in progress"));
            }
            match result {
                Ok(()) => body.extend_from_slice(&chunk),
                Err(_) => body = BytesMut::new(),
            }
        }
        match result {
            Ok(()) => Ok((body.freeze(), reservation)),
            Err((status, message)) => Err(ErrorResponse::gateway(status, message)),
        }
    }

    /// Reads at least `length` bytes of the body.
    pub(crate) async fn read_at_least(&mut self, length: u64) {
        let mut stream = self.body_stream();
        let mut received = 0;
        while received < length {
            let Some(Ok(chunk)) = stream.next().await else { return };
            received += chunk.len() as u64;
        }
    }

    /// Reads the rest of the body. Some clients read the response only after they have sent the whole request.
    pub(crate) async fn drain_body(&mut self) {
        let mut stream = self.body_stream();
        while let Some(Ok(_)) = stream.next().await {}
    }
}
