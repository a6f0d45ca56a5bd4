//! The context of one request.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::Incoming;

use crate::error_response::ErrorResponse;
use crate::faults::Fault;
use crate::state::State;
use crate::store::{MAX_RECORDED_BODY, RateLimitStatus};

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
        let (state, number) = (Arc::clone(&self.state), self.number);
        let body = self.body.take().map(BodyExt::into_data_stream);
        futures_util::stream::iter(body).flatten().inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                state.requests.update(number, |request| {
                    request.body_length += chunk.len() as u64;
                    let room = MAX_RECORDED_BODY.saturating_sub(request.body.len());
                    request.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                });
            }
        })
    }

    /// Reads the whole body. Data beyond 8 MiB is dropped.
    pub(crate) async fn read_body(&mut self) -> Bytes {
        let mut stream = self.body_stream();
        let mut body = BytesMut::new();
        while let Some(Ok(chunk)) = stream.next().await {
            if body.len() + chunk.len() <= MAX_JSON_BODY {
                body.extend_from_slice(&chunk);
            }
        }
        body.freeze()
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
