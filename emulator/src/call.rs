//! One request on its way through the emulator.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::Incoming;

use crate::answer::Refusal;
use crate::faults::Fault;
use crate::limits::Budget;
use crate::record::BODY_CAP;
use crate::state::State;

/// Longest JSON body that is read.
const JSON_CAP: usize = 8 * 1024 * 1024;

/// A request with all that handlers need of it.
pub(crate) struct Call {
    pub(crate) state: Arc<State>,
    /// Number in the record.
    pub(crate) number: u64,
    /// Sent back as `x-kong-request-id`.
    pub(crate) request_id: String,
    /// Scheme and host that the caller used, for the URLs in answers.
    pub(crate) origin: String,
    pub(crate) headers: HeaderMap,
    /// The path's parameter: an id, or what follows `delivery/`.
    pub(crate) parameter: String,
    /// The operation's limit.
    pub(crate) per_minute: Option<u32>,
    /// What the limiter said, for the headers of the answer.
    pub(crate) budget: Option<Budget>,
    /// The fault that strikes this request.
    pub(crate) fault: Option<Fault>,
    body: Option<Incoming>,
}

impl Call {
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
            budget: None,
            fault: None,
            body: Some(body),
        }
    }

    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Counts the request against the limit of `name`.
    pub(crate) fn count(&mut self, name: &str, limit: Option<u32>, documented: bool) -> Result<(), Refusal> {
        let (true, Some(limit)) = (self.state.settings.limits, limit) else { return Ok(()) };
        let budget = self.state.limiter.count(name, limit, self.state.clock.now());
        self.budget = Some(budget);
        if budget.allowed { Ok(()) } else { Err(Refusal::RateLimited { budget, documented }) }
    }

    /// The body as it arrives, written into the record on the way.
    pub(crate) fn body(&mut self) -> impl Stream<Item = Result<Bytes, hyper::Error>> + Send + Unpin + use<> {
        let (state, number) = (Arc::clone(&self.state), self.number);
        let body = self.body.take().map(BodyExt::into_data_stream);
        futures_util::stream::iter(body).flatten().inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                state.recorder.update(number, |request| {
                    request.body_length += chunk.len() as u64;
                    let room = BODY_CAP.saturating_sub(request.body.len());
                    request.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                });
            }
        })
    }

    /// The whole body; beyond 8 MiB it is received but not kept.
    pub(crate) async fn read(&mut self) -> Bytes {
        let mut stream = self.body();
        let mut body = BytesMut::new();
        while let Some(Ok(chunk)) = stream.next().await {
            if body.len() + chunk.len() <= JSON_CAP {
                body.extend_from_slice(&chunk);
            }
        }
        body.freeze()
    }

    /// Receives `length` bytes of the body, or a few more.
    pub(crate) async fn receive(&mut self, length: u64) {
        let mut stream = self.body();
        let mut received = 0;
        while received < length {
            let Some(Ok(chunk)) = stream.next().await else { return };
            received += chunk.len() as u64;
        }
    }

    /// Receives what is left of the body, so that the caller gets to read the answer.
    pub(crate) async fn drain(&mut self) {
        let mut stream = self.body();
        while let Some(Ok(_)) = stream.next().await {}
    }
}
