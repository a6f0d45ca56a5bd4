//! A download that survives interruptions: it continues where it stopped if that is safe, else it starts over.

use std::{pin::Pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use reqwest::{
    StatusCode, Url,
    header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE},
};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;

use crate::{
    Error, Result,
    error::ErrorKind,
    file_type::{self, FileType, SNIFF_LENGTH},
    retry::{AttemptError, Attempts, Idempotency},
    transport::{DownloadResponse, Transport},
};

/// A download over as many attempts as the retry policy allows.
pub(crate) struct ResumableDownload {
    transport: Arc<Transport>,
    url: Url,
    /// Maximum size in bytes.
    max_size: u64,
    attempts: Attempts,
    /// Whether the body, too, must arrive before the deadline. Not if the caller decides how fast it is read.
    is_bounded: bool,
    body: Option<Body>,
    received: u64,
    /// Whether anything was ever received. The reader may hold it even while `received` is 0 again.
    has_delivered: bool,
    total: Option<u64>,
    /// A strong validator, without which the rest cannot be requested.
    validator: Option<HeaderValue>,
    /// The first bytes, for the detection of the file type.
    head: BytesMut,
    content_type: Option<String>,
}

type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>;

/// What arrives next.
#[derive(Debug)]
pub(crate) enum Piece {
    Data(Bytes),
    /// The file starts over; everything that arrived before is discarded, unless the file is provably the same.
    Restart {
        is_same_file: bool,
    },
}

impl ResumableDownload {
    pub(crate) fn new(transport: Arc<Transport>, url: Url, max_size: u64, deadline: Instant) -> Self {
        let attempts = transport.retry.attempts(Idempotency::Idempotent, deadline);
        Self {
            transport,
            url,
            max_size,
            attempts,
            is_bounded: true,
            body: None,
            received: 0,
            has_delivered: false,
            total: None,
            validator: None,
            head: BytesMut::new(),
            content_type: None,
        }
    }

    /// Opens the download without reading the body. The caller may read that slower than the deadline allows.
    pub(crate) async fn open(&mut self) -> Result<()> {
        self.is_bounded = false;
        while self.body.is_none() {
            self.attempt_to_open().await?;
        }
        Ok(())
    }

    /// Returns what arrives next; `None` at the end of a complete file.
    pub(crate) async fn next(&mut self) -> Result<Option<Piece>> {
        loop {
            let Some(body) = &mut self.body else {
                if let Some(restart) = self.attempt_to_open().await? {
                    return Ok(Some(restart));
                }
                continue;
            };
            let left = if self.is_bounded { self.attempts.left() } else { Duration::MAX };
            let received = match next_chunk(body, self.transport.timeouts.idle, left).await {
                Ok(Some(chunk)) => return self.accept(chunk).map(Some),
                Ok(None) => self.check_complete(),
                Err(failure) => Err(failure),
            };
            self.body = None;
            match received {
                Ok(()) => {
                    self.attempts.succeed();
                    return Ok(None);
                }
                Err(failure) => self.attempts.fail(failure).await?,
            }
        }
    }

    /// Returns the URL.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the number of bytes that have arrived.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Returns the size of the file, if the service stated it.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Returns the declared media type.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns the file type, detected from the first bytes, else as declared.
    pub(crate) fn file_type(&self) -> FileType {
        match FileType::sniff(&self.head) {
            FileType::UNKNOWN => self.content_type().map_or(FileType::UNKNOWN, FileType::from_content_type),
            known => known,
        }
    }

    /// Makes one attempt. After a failure that may be retried, the body is still missing.
    async fn attempt_to_open(&mut self) -> Result<Option<Piece>> {
        let left = self.attempts.start()?;
        let span = self.attempts.span();
        match self.send(left).instrument(span).await {
            Ok(restart) => Ok(restart),
            Err(failure) => self.attempts.fail(failure).await.map(|()| None),
        }
    }

    /// Requests what is missing of the file, or all of it.
    async fn send(&mut self, left: Duration) -> Result<Option<Piece>, AttemptError> {
        let response = self.transport.download_once(&self.url, self.conditions(), left).await;
        let DownloadResponse { status, headers, body } = response.map_err(|failure| match failure.error.status() {
            // The file is shorter than what has arrived: it has changed.
            Some(416) if self.received > 0 => {
                self.range_mismatch("the service no longer has the rest of the file".into())
            }
            _ => failure,
        })?;
        let mut restart = None;
        if status == StatusCode::PARTIAL_CONTENT {
            self.total = Some(self.check_range(&headers)?);
        } else {
            restart = self.start_over(&headers);
            self.total = content_length(&headers);
        }
        check_size(self.total.unwrap_or_default(), self.max_size).map_err(AttemptError::indeterminate)?;
        self.body = Some(body);
        Ok(restart)
    }

    fn conditions(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(validator) = self.validator.as_ref().filter(|_| self.received > 0)
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", self.received))
        {
            headers.insert(RANGE, range);
            headers.insert(IF_RANGE, validator.clone());
        }
        headers
    }

    /// Prepares for a whole file.
    fn start_over(&mut self, headers: &HeaderMap) -> Option<Piece> {
        let validator = strong_validator(headers);
        let is_same_file = validator.is_some() && validator == self.validator;
        let restart = self.has_delivered.then_some(Piece::Restart { is_same_file });
        self.received = 0;
        self.head.clear();
        self.validator = validator;
        self.content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        restart
    }

    /// Returns where the file ends. The range must continue exactly where the download stopped, in the same file.
    fn check_range(&mut self, headers: &HeaderMap) -> Result<u64, AttemptError> {
        let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_same_file = headers.get(ETAG).is_none() || strong_validator(headers) == self.validator;
        let length = content_length(headers);
        match parse_range(range) {
            Some((first, end)) if self.validator.is_some() && is_same_file && first == self.received => {
                if length.is_some_and(|length| first.checked_add(length) != Some(end)) {
                    return Err(self.range_mismatch(format!("the range {range:?} does not have the length {length:?}")));
                }
                if let Some(total) = self.total.filter(|total| *total != end) {
                    let message = format!("the range {range:?} does not complete the file of {total} bytes");
                    return Err(self.range_mismatch(message));
                }
                Ok(end)
            }
            _ => Err(self.range_mismatch(format!("requested a range from byte {}, received {range:?}", self.received))),
        }
    }

    /// Builds the error for a response that does not fit. The next attempt requests the whole file.
    fn range_mismatch(&mut self, message: String) -> AttemptError {
        self.validator = None;
        AttemptError::indeterminate(Error::new(ErrorKind::Connection, message))
    }

    fn accept(&mut self, chunk: Bytes) -> Result<Piece> {
        self.received += chunk.len() as u64;
        self.has_delivered = true;
        check_size(self.received, self.max_size)?;
        if self.head.len() < SNIFF_LENGTH {
            self.head.extend_from_slice(&chunk[..chunk.len().min(SNIFF_LENGTH - self.head.len())]);
        }
        Ok(Piece::Data(chunk))
    }

    fn check_complete(&mut self) -> Result<(), AttemptError> {
        check_length(self.received, self.total)?;
        if file_type::contradicts(self.content_type.as_deref(), &self.head) {
            self.validator = None;
            let declared = self.content_type.as_deref().unwrap_or("a file");
            let error = Error::new(ErrorKind::Decode, format!("the content is not {declared}"));
            return Err(AttemptError::indeterminate(error));
        }
        Ok(())
    }
}

/// Parses the first byte and the end of a `Content-Range` that reaches to the end of the file.
pub(crate) fn parse_range(range: &str) -> Option<(u64, u64)> {
    let (bytes, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = bytes.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let end = last.checked_add(1)?;
    let reaches = total.trim() == "*" || total.trim().parse() == Ok(end);
    (first <= last && reaches).then_some((first, end))
}

/// Reads the next chunk of a body, or fails if none arrives within the idle timeout and the time that is left.
async fn next_chunk(
    body: &mut (impl Stream<Item = reqwest::Result<Bytes>> + Unpin),
    idle: Duration,
    left: Duration,
) -> Result<Option<Bytes>, AttemptError> {
    let failed = |message: String| AttemptError::indeterminate(Error::new(ErrorKind::Connection, message));
    let late = || Err(failed("the download did not end in time".into()));
    if left.is_zero() {
        // A chunk that has arrived would precede the timeout, so a fast body would never end.
        return late();
    }
    match timeout(idle.min(left), body.next()).await {
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(error))) => Err(failed(format!("the download was interrupted: {}", error.without_url()))),
        Ok(None) => Ok(None),
        Err(_) if left <= idle => late(),
        Err(_) => Err(failed(format!("the download stalled for {idle:?}"))),
    }
}

/// Rejects a file that exceeds the client's limit.
pub(crate) fn check_size(bytes: u64, max: u64) -> Result<()> {
    if bytes <= max {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooLarge,
        format!("the file exceeds the client's limit of {max} bytes; raise max_download"),
    ))
}

/// Rejects a file that is shorter than announced, or empty: no result is.
fn check_length(received: u64, total: Option<u64>) -> Result<(), AttemptError> {
    match total {
        _ if received == 0 => Err(AttemptError::indeterminate(Error::new(ErrorKind::Decode, "the file is empty"))),
        Some(total) if total != received => Err(AttemptError::indeterminate(Error::new(
            ErrorKind::Connection,
            format!("{received} of {total} bytes arrived"),
        ))),
        _ => Ok(()),
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns an entity tag that guarantees identical bytes.
fn strong_validator(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")).cloned()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_range_counts_only_if_it_reaches_the_end() {
        for (range, expected) in [
            ("bytes 5-9/10", Some((5, 10))),
            ("bytes 5-9/*", Some((5, 10))),
            ("bytes 0-0/1", Some((0, 1))),
            ("bytes 5-8/10", None),
            ("bytes 9-5/10", None),
            ("bytes */10", None),
            ("bytes 5-18446744073709551615/*", None),
            ("bytes -5-9/10", None),
            ("items 5-9/10", None),
            ("", None),
        ] {
            assert_eq!(parse_range(range), expected, "{range}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_an_idle_timeout_and_a_deadline() {
        let (short, long) = (Duration::from_secs(1), Duration::from_secs(60));
        for (idle, left, reason) in [(short, long, "stalled"), (long, short, "in time")] {
            let start = Instant::now();
            let failure = next_chunk(&mut stream::pending(), idle, left).await.unwrap_err();
            assert!(failure.error.is_connection() && failure.error.message().contains(reason), "{:?}", failure.error);
            assert_eq!(start.elapsed(), short);
        }
        let mut body = stream::repeat_with(|| Ok(Bytes::from_static(b"x")));
        assert!(next_chunk(&mut body, long, short).await.unwrap().is_some());
        assert!(next_chunk(&mut body, long, Duration::ZERO).await.is_err(), "although there is more");
    }
}
