//! The content of a file as it arrives.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt as _, stream};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use super::{ErrorContext, SavedFile, stored_file::StoredFile};
use crate::{
    Error, Result,
    error::ErrorKind,
    file_type::FileType,
    stream::BoxStream,
    transfer::download::{Piece, ResumableDownload},
};

/// The content of a file as it arrives: see [`Download::open`](super::Download::open).
///
/// A stream of bytes. An interruption is resumed where the stream stopped, if the service guarantees by an entity tag that
/// the file is the same; otherwise the stream ends with an error.
#[must_use = "a stream does nothing unless it is read"]
pub struct Content {
    content_type: String,
    content_length: Option<u64>,
    pieces: BoxStream<Result<Bytes>>,
}

impl Content {
    /// Content that was part of the response.
    pub(super) fn inline(bytes: Bytes) -> Self {
        Self {
            content_type: FileType::sniff(&bytes).media_type.to_owned(),
            content_length: Some(bytes.len() as u64),
            pieces: BoxStream::new(stream::iter([Ok(bytes)])),
        }
    }

    /// The content of a download that is open.
    pub(super) fn streamed(download: ResumableDownload, error_context: ErrorContext) -> Self {
        let content_type = download.content_type().unwrap_or(FileType::UNKNOWN.media_type).to_owned();
        let content_length = download.total();
        let reader = ContentReader { download, delivered: 0, skip: 0 };
        let pieces =
            stream::try_unfold(
                reader,
                |mut reader| async move { Ok(reader.next().await?.map(|bytes| (bytes, reader))) },
            );
        let pieces = pieces.map_err(move |error| error_context.annotate(error));
        Self { content_type, content_length, pieces: BoxStream::new(pieces) }
    }

    /// The content of a copy on this machine.
    pub(super) fn stored(stored: StoredFile, error_context: ErrorContext) -> Self {
        let SavedFile { content_type, bytes, .. } = stored.file().clone();
        let pieces =
            stream::try_unfold(
                stored,
                |mut stored| async move { Ok(stored.next().await?.map(|bytes| (bytes, stored))) },
            );
        let pieces = pieces.map_err(move |error| error_context.annotate(error));
        Self { content_type, content_length: Some(bytes), pieces: BoxStream::new(pieces) }
    }

    /// Returns the media type, as declared by the service.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the size in bytes, if the service states it.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Returns the next piece, or `None` at the end of a complete file.
    ///
    /// # Errors
    ///
    /// As [`Download::bytes`](super::Download::bytes).
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        StreamExt::next(self).await
    }

    /// Turns the content into a reader, for [`tokio::io::copy`] and the like.
    ///
    /// Its I/O errors have the [`Error`] as their source.
    pub fn into_async_read(self) -> impl AsyncRead + Send + Unpin + use<> {
        StreamReader::new(self.map_err(std::io::Error::other))
    }
}

impl Stream for Content {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_next_unpin(context)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("content_type", &self.content_type)
            .field("content_length", &self.content_length)
            .finish_non_exhaustive()
    }
}

/// Delivers each byte once, whatever the download repeats.
struct ContentReader {
    download: ResumableDownload,
    delivered: u64,
    /// Number of bytes that arrive again and were delivered before.
    skip: u64,
}

impl ContentReader {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        while let Some(piece) = self.download.next().await? {
            match piece {
                Piece::Restart { .. } if self.delivered == 0 => {}
                Piece::Restart { is_same_file: true } => self.skip = self.delivered,
                Piece::Restart { is_same_file: false } => {
                    let message = "the download was interrupted and cannot be resumed: the service does not guarantee \
                                   that the file is the same; download it again";
                    return Err(Error::new(ErrorKind::Connection, message));
                }
                Piece::Data(mut data) => {
                    let known = self.skip.min(data.len() as u64);
                    self.skip -= known;
                    // At most the length of the piece, hence within `usize`.
                    let data = data.split_off(known as usize);
                    if !data.is_empty() {
                        self.delivered += data.len() as u64;
                        return Ok(Some(data));
                    }
                }
            }
        }
        Ok(None)
    }
}
