//! Bodies of uploads: streamed, of known length, in pieces.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use reqwest::{Body, multipart::Part};
use tokio::{fs::File, io::AsyncReadExt as _};
use tokio_util::io::ReaderStream;

use super::stall::StallDetector;
use crate::{
    Error, Result,
    error::ErrorKind,
    file_type::{FileType, SNIFF_LENGTH},
    progress::ProgressCallback,
};

/// Number of bytes that are read from a file at a time.
const CHUNK_SIZE: usize = 64 * 1024;

/// Content that can be read again for each attempt.
#[derive(Clone, Debug)]
pub(super) enum Content<'a> {
    Path(&'a Path),
    /// A downloaded result in a temporary file, whose name is not sent.
    Result(&'a Path),
    Bytes(&'a Bytes),
}

/// An error in reading the content while it is sent. It explains the error of the connection that follows.
#[derive(Clone, Default)]
pub(super) struct BodyError {
    error: Arc<Mutex<Option<Error>>>,
}

impl BodyError {
    fn set(&self, error: Error) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(super) fn take(&self) -> Option<Error> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Builds the part of the form: a stream of known length, with a name, and a media type from the content.
pub(super) async fn part(
    content: &Content<'_>,
    stall: &Arc<StallDetector>,
    progress: &ProgressCallback,
) -> Result<(Part, BodyError)> {
    let body_error = BodyError::default();
    let (part, name, file_type) = match content {
        Content::Bytes(bytes) => {
            let file_type = FileType::sniff(bytes);
            let pieces = stream::iter(chunks((*bytes).clone()).map(Ok));
            let length = bytes.len() as u64;
            let body = reporting(pieces, length, stall, progress);
            (Part::stream_with_length(body, length), format!("upload.{}", file_type.extension), file_type)
        }
        Content::Path(path) | Content::Result(path) => {
            let (mut file, length) = open(path).await?;
            let mut head = vec![0; SNIFF_LENGTH.min(usize::try_from(length).unwrap_or(SNIFF_LENGTH))];
            file.read_exact(&mut head).await.map_err(|e| Error::io(path.display(), e))?;
            let file_type = FileType::sniff(&head);
            let pieces = exactly(length, head, file, path.display().to_string(), body_error.clone());
            let name = match content {
                Content::Path(path) => path.file_name().map(|name| header_safe(&name.to_string_lossy())),
                _ => None,
            };
            let name = name.unwrap_or_else(|| format!("upload.{}", file_type.extension));
            (Part::stream_with_length(reporting(pieces, length, stall, progress), length), name, file_type)
        }
    };
    let part = part.file_name(name).mime_str(file_type.media_type);
    let part = part.map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", file_type.media_type)))?;
    Ok((part, body_error))
}

/// Replaces characters that would end a header of the form, or its quotes.
fn header_safe(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { '_' } else { c }).collect()
}

/// Opens a regular file and returns its length.
pub(super) async fn open(path: &Path) -> Result<(File, u64)> {
    let failed = |e| Error::io(path.display(), e);
    // Checked before opening: opening a pipe would wait for a writer.
    if !tokio::fs::metadata(path).await.map_err(failed)?.is_file() {
        return Err(Error::new(ErrorKind::Io, format!("{} is not a file", path.display())));
    }
    let file = File::open(path).await.map_err(failed)?;
    let length = file.metadata().await.map_err(failed)?.len();
    if length == 0 {
        // Files of /proc and the like report no length but have content.
        let message = format!("{} is empty, or a pseudo file; copy it to a regular file first", path.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    Ok((file, length))
}

/// Reads a file in pieces.
pub(super) fn pieces(file: File) -> ReaderStream<File> {
    ReaderStream::with_capacity(file, CHUNK_SIZE)
}

/// Splits bytes into pieces.
pub(super) fn chunks(bytes: Bytes) -> impl Iterator<Item = Bytes> {
    (0..bytes.len()).step_by(CHUNK_SIZE).map(move |start| bytes.slice(start..bytes.len().min(start + CHUNK_SIZE)))
}

/// Streams a file. Fails if its size changes meanwhile.
fn exactly(
    length: u64,
    head: Vec<u8>,
    file: File,
    name: String,
    body_error: BodyError,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    let changed = move || {
        let message = format!("{name} changed its size while it was uploaded");
        body_error.set(Error::new(ErrorKind::Io, message.clone()));
        Some(Err(std::io::Error::other(message)))
    };
    let content = stream::once(async { Ok(Bytes::from(head)) }).chain(pieces(file));
    // An empty piece marks the end.
    let end = stream::once(async { Ok(Bytes::new()) });
    content.chain(end).scan(0_u64, move |sent, piece| {
        let item = match piece {
            Ok(piece) if piece.is_empty() => {
                if *sent < length {
                    changed()
                } else {
                    None
                }
            }
            Ok(piece) => {
                *sent += piece.len() as u64;
                if *sent > length { changed() } else { Some(Ok(piece)) }
            }
            Err(error) => Some(Err(error)),
        };
        future::ready(item)
    })
}

/// Wraps pieces into a body that reports its progress.
fn reporting(
    pieces: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    length: u64,
    stall: &Arc<StallDetector>,
    progress: &ProgressCallback,
) -> Body {
    let (stall, progress) = (Arc::clone(stall), progress.clone());
    let mut sent = 0;
    Body::wrap_stream(pieces.inspect_ok(move |piece| {
        sent += piece.len() as u64;
        stall.record_progress();
        progress.report(sent, Some(length));
    }))
}
