//! The log of requests, for tests to assert on.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::Mutex;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::redact::secret_hash;
use crate::sync::lock;

/// Maximum number of bytes of a body that are recorded.
pub(crate) const MAX_RECORDED_BODY: usize = 64 * 1024;
/// Estimated memory of a header besides its text: two strings in a map.
const HEADER_OVERHEAD: usize = 80;

/// A request that the emulator received.
///
/// Returned by [`Emulator::requests`](crate::Emulator::requests), and as JSON by `GET /_emulator/requests`.
///
/// It holds no secrets: API keys, credentials and cookies, in whatever part of the request, and strings in JSON under a
/// name that suggests a secret (such as `hf_api_token`) are replaced by their [hash](crate::secret_hash()).
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
    /// First 64 KiB of the body, once it was received. A string in JSON.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// Length of the body in bytes, as far as it was received.
    pub body_length: u64,
    /// SHA-256 of the whole body in hexadecimal digits. `None` if `body` is not cut off.
    pub body_sha256: Option<String>,
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

    /// Returns the value of a header. The name is not case-sensitive. A secret is replaced by its
    /// [hash](crate::secret_hash()).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// Whether the request was sent with this API key, in the header `apikey`.
    pub fn has_key(&self, key: &str) -> bool {
        self.header("apikey") == Some(&secret_hash(key))
    }

    /// Estimated memory in bytes.
    fn size(&self) -> usize {
        let optional = [&self.query, &self.operation, &self.model, &self.fault, &self.body_sha256];
        let optional: usize = optional.into_iter().flatten().map(String::capacity).sum();
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + HEADER_OVERHEAD).sum();
        mem::size_of::<Self>() + self.method.len() + self.path.len() + self.body.capacity() + optional + headers
    }
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

/// The recorded requests, oldest first, within a memory limit. The oldest are dropped.
#[derive(Debug)]
pub(crate) struct RequestLog {
    limit: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    /// Requests and their memory in bytes.
    requests: VecDeque<(RecordedRequest, usize)>,
    size: usize,
    dropped: u64,
}

impl RequestLog {
    /// Creates a log that uses at most `limit` bytes of memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, inner: Mutex::default() }
    }

    /// Adds a request and returns its number, for [`RequestLog::update`].
    pub(crate) fn add(&self, mut request: RecordedRequest) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        request.number = inner.last;
        let size = request.size();
        inner.size += size;
        inner.requests.push_back((request, size));
        inner.shrink(self.limit);
        inner.last
    }

    /// Changes the request `number`, unless it was dropped or cleared in the meantime.
    pub(crate) fn update(&self, number: u64, change: impl FnOnce(&mut RecordedRequest)) {
        let mut inner = lock(&self.inner);
        let index = inner.position(number);
        let Some((request, size)) = inner.requests.get_mut(index).filter(|(request, _)| request.number == number)
        else {
            return;
        };
        change(request);
        let (before, now) = (*size, request.size());
        *size = now;
        inner.size = inner.size - before + now;
        inner.shrink(self.limit);
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        lock(&self.inner).requests.iter().map(|(request, _)| request.clone()).collect()
    }

    /// Returns the first request after `number`.
    pub(crate) fn after(&self, number: u64) -> Option<RecordedRequest> {
        let inner = lock(&self.inner);
        inner.requests.get(inner.position(number.saturating_add(1))).map(|(request, _)| request.clone())
    }

    /// Number of requests that were dropped because of the limit.
    pub(crate) fn dropped(&self) -> u64 {
        lock(&self.inner).dropped
    }

    pub(crate) fn clear(&self) {
        let mut inner = lock(&self.inner);
        *inner = Inner { last: inner.last, ..Inner::default() };
    }
}

impl Inner {
    /// Index of the first request from `number` on.
    fn position(&self, number: u64) -> usize {
        self.requests.partition_point(|(request, _)| request.number < number)
    }

    fn shrink(&mut self, limit: usize) {
        while self.size > limit
            && let Some((_, size)) = self.requests.pop_front()
        {
            self.size -= size;
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: usize) -> RecordedRequest {
        RecordedRequest {
            number: 0,
            connection: 1,
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: None,
            headers: BTreeMap::from([("apikey".to_owned(), secret_hash("pru_first"))]),
            body: vec![b'x'; body],
            body_length: body as u64,
            body_sha256: None,
            operation: None,
            model: None,
            time: Duration::ZERO,
            status: None,
            fault: None,
        }
    }

    fn numbers(log: &RequestLog) -> Vec<u64> {
        log.all().iter().map(|request| request.number).collect()
    }

    #[test]
    fn the_oldest_requests_are_dropped_beyond_the_limit() {
        let log = RequestLog::new(10_000);
        for _ in 0..5 {
            log.add(request(3000));
        }
        assert_eq!((numbers(&log), log.dropped()), (vec![4, 5], 3));
        assert!(lock(&log.inner).size <= 10_000);
        log.update(3, |_| unreachable!("it was dropped"));
        log.update(5, |request| request.body = vec![b'x'; 8000]);
        assert_eq!((numbers(&log), log.dropped()), (vec![5], 4));
        log.add(request(20_000));
        assert_eq!((numbers(&log), log.dropped()), (vec![], 6), "longer than the limit");
        assert_eq!(lock(&log.inner).size, 0);
        log.clear();
        assert_eq!((log.add(request(1)), log.dropped()), (7, 0), "numbers continue");
    }

    #[test]
    fn requests_are_listed_one_by_one() {
        let log = RequestLog::new(1_000_000);
        for _ in 0..3 {
            log.add(request(0));
        }
        let next = |number| log.after(number).map(|request| request.number);
        assert_eq!([0, 1, 2, 3, u64::MAX].map(next), [Some(1), Some(2), Some(3), None, None]);
    }

    #[test]
    fn keys_are_compared_by_their_hash() {
        assert!(request(0).has_key("pru_first"));
        assert!(!request(0).has_key("pru_second") && !request(0).has_key(&secret_hash("pru_first")));
    }
}
