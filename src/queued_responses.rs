//! A queue of canned responses in place of the network.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use reqwest::{Method, Request, Response, Url, header::HeaderMap};
use serde_json::{Value, json};

/// Responses that a client receives instead of sending requests, in order: see [`test_util`](crate::test_util).
///
/// Nothing is sent over the network. A request for which no response is left fails with a message that names it, unless
/// a function [responds](Self::respond_with).
#[derive(Clone, Default)]
pub struct QueuedResponses {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    responses: VecDeque<http::Response<Bytes>>,
    respond: Option<Arc<Respond>>,
    requests: Vec<RecordedRequest>,
}

type Respond = dyn Fn(&RecordedRequest) -> http::Response<Bytes> + Send + Sync;

/// A request that a client made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers, without the key.
    pub headers: HeaderMap,
    /// The body, unless it is streamed.
    pub body: Option<Bytes>,
}

impl QueuedResponses {
    /// Creates an empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a response with a JSON body.
    #[must_use]
    pub fn json(self, status: u16, body: Value) -> Self {
        self.with(status, "application/json", body.to_string())
    }

    /// Appends a response with a file.
    #[must_use]
    pub fn file(self, content_type: &str, content: impl Into<Bytes>) -> Self {
        self.with(200, content_type, content)
    }

    /// Appends any response.
    #[must_use]
    pub fn response(self, response: http::Response<Bytes>) -> Self {
        self.state().responses.push_back(response);
        self
    }

    /// Sets a function that responds to each request for which no response is queued.
    ///
    /// No sockets are involved, so a simulated service works with a paused tokio clock.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use pruna::test_util::{QueuedResponses, client};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> pruna::Result<()> {
    /// let responses = QueuedResponses::new().respond_with(|request| {
    ///     let job = request.url.path().rsplit('/').next().unwrap_or_default();
    ///     http::Response::new(Bytes::from(format!(r#"{{"id": "{job}", "status": "processing"}}"#)))
    /// });
    /// assert_eq!(client(&responses).status("abc").await?, pruna::Status::PROCESSING);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn respond_with(
        self,
        respond: impl Fn(&RecordedRequest) -> http::Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.state().respond = Some(Arc::new(respond));
        self
    }

    /// Returns the requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.clone()
    }

    /// Returns the number of responses that are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.state().responses.len()
    }

    fn with(self, status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.response(response(status, content_type, body.into()))
    }

    /// Records a request and takes its response.
    pub(crate) fn take(&self, request: &Request) -> Response {
        let mut headers = request.headers().clone();
        headers.remove("apikey");
        let body = request.body().and_then(|body| body.as_bytes()).map(Bytes::copy_from_slice);
        let recorded = RecordedRequest { method: request.method().clone(), url: request.url().clone(), headers, body };
        let mut state = self.state();
        state.requests.push(recorded.clone());
        let (queued, respond) = (state.responses.pop_front(), state.respond.clone());
        // The function may look at the requests so far.
        drop(state);
        match (queued, respond) {
            (Some(queued), _) => queued.into(),
            (None, Some(respond)) => respond(&recorded).into(),
            (None, None) => exhausted(&recorded).into(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The response to a request for which none is left. Its status is never retried.
fn exhausted(request: &RecordedRequest) -> http::Response<Bytes> {
    let message = format!("no queued response is left for {} {}", request.method, request.url.path());
    response(400, "application/json", json!({"message": message}).to_string().into())
}

/// Builds a response; a status or a media type that HTTP does not allow is left out.
fn response(status: u16, content_type: &str, body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    if let Ok(status) = http::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    if let Ok(content_type) = content_type.parse() {
        response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    }
    response
}

impl fmt::Debug for QueuedResponses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedResponses").field("remaining", &self.remaining()).finish_non_exhaustive()
    }
}
