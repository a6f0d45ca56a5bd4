//! The log of requests, for tests to assert on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::sync::lock;

/// Maximum number of bytes of a body that are recorded.
pub(crate) const MAX_RECORDED_BODY: usize = 64 * 1024;
/// Maximum number of recorded requests; the oldest are dropped.
const MAX_REQUESTS: usize = 100_000;

/// A request that the emulator received.
///
/// Returned by [`Emulator::requests`](crate::Emulator::requests), and as JSON by `GET /_emulator/requests`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Sequence number of the request, from 1.
    pub number: u64,
    /// Sequence number of the connection, from 1; starts again after [`Emulator::restart`](crate::Emulator::restart).
    pub connection: u64,
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query without the question mark.
    pub query: Option<String>,
    /// Headers by lower-case name. Several values of one name are joined with a comma.
    pub headers: BTreeMap<String, String>,
    /// First 64 KiB of the body. A string in JSON.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// Length of the body in bytes, as far as it was received.
    pub body_length: u64,
    /// `operationId` in the OpenAPI document. `None` if no operation has this method and path.
    pub operation: Option<String>,
    /// Value of the `Model` header.
    pub model: Option<String>,
    /// Time of arrival, since the start of the emulator.
    pub time: Duration,
    /// Status of the response. `None` before the response is sent, and if a fault replaced it with raw bytes or a reset.
    pub status: Option<u16>,
    /// [Name](crate::faults::Fault::name) of the fault that was injected.
    pub fault: Option<String>,
}

impl RecordedRequest {
    /// Parses the body as JSON. Returns `None` if it is not JSON, or longer than 64 KiB.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the value of a header. The name is not case-sensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

/// The recorded requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    requests: VecDeque<RecordedRequest>,
}

impl RequestLog {
    /// Adds a request and returns its number, for [`RequestLog::update`].
    pub(crate) fn add(&self, mut request: RecordedRequest) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        request.number = inner.last;
        if inner.requests.len() == MAX_REQUESTS {
            inner.requests.pop_front();
        }
        inner.requests.push_back(request);
        inner.last
    }

    /// Changes the request `number`, unless it was cleared in the meantime.
    pub(crate) fn update(&self, number: u64, change: impl FnOnce(&mut RecordedRequest)) {
        let mut inner = lock(&self.inner);
        let Some(first) = inner.requests.front().map(|request| request.number) else { return };
        let index = number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(request) = index.and_then(|index| inner.requests.get_mut(index)) {
            change(request);
        }
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        lock(&self.inner).requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.inner).requests.clear();
    }
}
