//! What the emulator was asked: every request of the API, for tests to assert on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use hyper::HeaderMap;
use serde::{Serialize, Serializer};

use crate::sync::lock;

/// Longest part of a body that is kept.
pub(crate) const BODY_CAP: usize = 64 * 1024;
/// Most requests that are kept; then the oldest go.
const CAPACITY: usize = 100_000;

/// One request that the emulator received.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Running number, from 1 upwards.
    pub number: u64,
    /// The connection it came over, numbered from 1 upwards.
    pub connection: u64,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query, without the question mark.
    pub query: Option<String>,
    /// Headers by lower-case name. Several values of one name are joined by a comma.
    pub headers: BTreeMap<String, String>,
    /// The body's first 64 KiB.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// Full length of the body in bytes, as far as it was received.
    pub body_length: u64,
    /// The document's `operationId`, or `None` if no operation has this method and path.
    pub operation: Option<String>,
    /// Value of the `Model` header.
    pub model: Option<String>,
    /// When it came: time since the start of the emulator.
    pub time: Duration,
    /// Status of the answer. `None` while there is none, and for good if a fault broke the connection.
    pub status: Option<u16>,
    /// Name of the fault that was played on it, if any.
    pub fault: Option<String>,
}

impl RecordedRequest {
    /// The body as JSON, if it is complete and JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The value of a header; the name's case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

/// The list of requests.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    requests: VecDeque<RecordedRequest>,
}

impl Recorder {
    /// Adds a request and returns its number, by which it can be completed.
    pub(crate) fn add(&self, mut request: RecordedRequest) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        request.number = inner.last;
        if inner.requests.len() == CAPACITY {
            inner.requests.pop_front();
        }
        inner.requests.push_back(request);
        inner.last
    }

    /// Completes the request `number`, unless it was cleared meanwhile.
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

/// Headers as a map, names in lower case.
pub(crate) fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut map: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.as_str().to_owned())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    map
}
