//! A download over several attempts: what is there already is kept, as far as that is safe.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use reqwest::{
    StatusCode, Url,
    header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE},
};
use tokio::time::timeout;

use super::{
    kind::{self, FileKind},
    progress::Observer,
    sink::Sink,
};
use crate::{
    Error,
    error::ErrorKind,
    retry::Failure,
    transport::{Opened, Transport},
};

/// What is known of a file that is being fetched.
pub(super) struct Transfer<'a> {
    transport: &'a Transport,
    url: &'a Url,
    most: u64,
    observer: &'a Observer,
    written: u64,
    /// A strong validator: only with it the rest can be asked for.
    validator: Option<HeaderValue>,
    head: BytesMut,
    content_type: Option<String>,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(transport: &'a Transport, url: &'a Url, most: u64, observer: &'a Observer) -> Self {
        Self { transport, url, most, observer, written: 0, validator: None, head: BytesMut::new(), content_type: None }
    }

    /// One request: the rest of what is there already, or all of it.
    pub(super) async fn attempt(&mut self, sink: &mut impl Sink, left: Duration) -> Result<(), Failure> {
        let Opened { status, headers, mut body } = self.open(left).await?;
        let end = if status == StatusCode::PARTIAL_CONTENT {
            Some(self.continued(&headers)?)
        } else {
            self.begin_again(sink, &headers).await?;
            content_length(&headers)
        };
        within_limit(end.unwrap_or_default(), self.most).map_err(Failure::not_sent)?;
        while let Some(piece) = next_piece(&mut body, self.transport.timeouts.idle).await? {
            self.written += piece.len() as u64;
            within_limit(self.written, self.most).map_err(Failure::not_sent)?;
            if self.head.len() < kind::SNIFFED {
                self.head.extend_from_slice(&piece[..piece.len().min(kind::SNIFFED - self.head.len())]);
            }
            sink.write(piece).await.map_err(Failure::not_sent)?;
            self.observer.tell(self.written, end);
        }
        is_whole(self.written, end)?;
        if kind::contradicts(self.content_type.as_deref(), &self.head) {
            self.validator = None;
            let said = self.content_type.as_deref().unwrap_or("a file");
            return Err(Failure::maybe_accepted(Error::new(ErrorKind::Decode, format!("what arrived is not {said}"))));
        }
        Ok(())
    }

    /// The kind of the file, told from its first bytes, else as the service says.
    pub(super) fn kind(&self) -> FileKind {
        match kind::of_bytes(&self.head) {
            kind::UNKNOWN => self.content_type.as_deref().map_or(kind::UNKNOWN, kind::of_content_type),
            known => known,
        }
    }

    async fn open(&mut self, left: Duration) -> Result<Opened, Failure> {
        let opened = self.transport.open_once(self.url, self.conditions(), left).await;
        opened.map_err(|failure| match failure.error.status() {
            // The file is shorter than what is there already: it has changed.
            Some(416) if self.written > 0 => self.out_of_step("the service has no such range any more".into()),
            _ => failure,
        })
    }

    fn conditions(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(validator) = self.validator.as_ref().filter(|_| self.written > 0)
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", self.written))
        {
            headers.insert(RANGE, range);
            headers.insert(IF_RANGE, validator.clone());
        }
        headers
    }

    async fn begin_again(&mut self, sink: &mut impl Sink, headers: &HeaderMap) -> Result<(), Failure> {
        if self.written > 0 {
            sink.restart().await.map_err(Failure::not_sent)?;
        }
        self.written = 0;
        self.head.clear();
        self.validator = strong_validator(headers);
        self.content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(())
    }

    /// Where the file ends. The answer must go on exactly where we are, in the same file.
    fn continued(&mut self, headers: &HeaderMap) -> Result<u64, Failure> {
        let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let same_file = headers.get(ETAG).is_none() || strong_validator(headers) == self.validator;
        let length = content_length(headers);
        match parse_range(range) {
            Some((first, end)) if self.validator.is_some() && same_file && first == self.written => {
                if length.is_none_or(|length| first + length == end) {
                    return Ok(end);
                }
                Err(self.out_of_step(format!("the range {range:?} does not have the length {length:?}")))
            }
            _ => Err(self.out_of_step(format!("the range {range:?} came, asked for was byte {}", self.written))),
        }
    }

    /// Something does not fit: the next attempt fetches everything.
    fn out_of_step(&mut self, message: String) -> Failure {
        self.validator = None;
        Failure::maybe_accepted(Error::new(ErrorKind::Connection, message))
    }
}

/// First byte and end of a `Content-Range` that reaches to the end of the file.
pub(crate) fn parse_range(range: &str) -> Option<(u64, u64)> {
    let (bytes, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = bytes.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let end = last.checked_add(1)?;
    let reaches = total.trim() == "*" || total.trim().parse() == Ok(end);
    (first <= last && reaches).then_some((first, end))
}

/// The next piece of a body, or a failure when it does not come in time.
pub(super) async fn next_piece(
    body: &mut (impl Stream<Item = reqwest::Result<Bytes>> + Unpin),
    idle: Duration,
) -> Result<Option<Bytes>, Failure> {
    let broken = |message: String| Failure::maybe_accepted(Error::new(ErrorKind::Connection, message));
    match timeout(idle, body.next()).await {
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(error))) => Err(broken(format!("the download broke off: {}", error.without_url()))),
        Ok(None) => Ok(None),
        Err(_) => Err(broken(format!("the download stood still for {idle:?}"))),
    }
}

/// Refuses a file that is larger than the client takes.
pub(super) fn within_limit(bytes: u64, most: u64) -> Result<(), Error> {
    if bytes <= most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("the file is larger than the client's limit of {most} bytes")))
}

/// Refuses a file that is shorter than it was said to be, or empty: no result is.
pub(super) fn is_whole(seen: u64, end: Option<u64>) -> Result<(), Failure> {
    match end {
        _ if seen == 0 => Err(Failure::maybe_accepted(Error::new(ErrorKind::Decode, "the file is empty"))),
        Some(end) if end != seen => {
            Err(Failure::maybe_accepted(Error::new(ErrorKind::Connection, format!("{seen} of {end} bytes arrived"))))
        }
        _ => Ok(()),
    }
}

pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// An entity tag that promises byte for byte the same content.
fn strong_validator(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_when_it_reaches_to_the_end() {
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
}
