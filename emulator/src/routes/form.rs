//! Bounds on what is read of multipart/form-data.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;

/// Maximum number of bytes that the parser reads ahead, such as the headers of a part.
const MAX_AHEAD: usize = 256 * 1024;

/// Passes on one chunk at a time: the parser would otherwise read all that has arrived into its memory.
pub(super) struct FormStream<S> {
    stream: S,
    ahead: ReadAhead,
    is_paused: bool,
}

/// Counts the bytes that the parser has read since it returned something.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadAhead(Arc<AtomicUsize>);

impl ReadAhead {
    /// Restarts the count: the parser has returned something.
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl<S> FormStream<S> {
    pub(super) fn new(stream: S) -> (Self, ReadAhead) {
        let ahead = ReadAhead::default();
        (Self { stream, ahead: ahead.clone(), is_paused: false }, ahead)
    }
}

impl<S: Stream<Item = Result<Bytes, hyper::Error>> + Unpin> Stream for FormStream<S> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.is_paused) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Poll::Ready(chunk) = Pin::new(&mut self.stream).poll_next(context) else { return Poll::Pending };
        self.is_paused = true;
        Poll::Ready(match chunk {
            None => None,
            Some(Err(error)) => Some(Err(io::Error::other(error))),
            Some(Ok(chunk)) => {
                let ahead = self.ahead.0.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
                Some(if ahead > MAX_AHEAD { Err(io::Error::other("a part's headers are too long")) } else { Ok(chunk) })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use multer::Multipart;

    use super::*;

    async fn read(count: usize, chunk: Bytes) -> Result<u64, multer::Error> {
        let beginning = Bytes::from_static(b"--b\r\ncontent-disposition: form-data; name=\"content\"");
        let end = Bytes::from_static(b"\r\n--b--\r\n");
        let chunks = std::iter::once(beginning).chain(std::iter::repeat_n(chunk, count)).chain([end]);
        let (stream, ahead) = FormStream::new(futures_util::stream::iter(chunks.map(Ok)).boxed());
        let mut form = Multipart::new(stream, "b");
        let mut received = 0;
        while let Some(mut field) = form.next_field().await? {
            while let Some(chunk) = field.chunk().await? {
                ahead.reset();
                received += chunk.len() as u64;
            }
        }
        Ok(received)
    }

    #[tokio::test]
    async fn content_may_be_long_and_headers_may_not() {
        let content = Bytes::from(format!("\r\n\r\n{}", "x".repeat(64 * 1024)));
        let length = 100 * content.len() as u64 - 4;
        assert_eq!(read(100, content).await.unwrap(), length);
        let header = Bytes::from(format!("\r\nx: {}", "x".repeat(64 * 1024)));
        let error = read(100, header).await.unwrap_err();
        assert!(matches!(error, multer::Error::StreamReadFailed(_)), "{error:?}");
    }
}
