//! Bodies of uploads: streamed, of known length, in pieces, and hashed while they are sent.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};
use reqwest::{Body, multipart::Part};

use super::{
    file_pool::FilePool,
    source::{self, ReadContent},
    stall::StallDetector,
};
use crate::{Error, Result, digest::Sha256, error::ErrorKind, file_type::FileType, progress::ProgressCallback};

/// Number of bytes that are passed to the connection at a time. Each is progress, for the callback and for the detection of
/// stalls, so they are smaller than what is read at a time.
const CHUNK_SIZE: usize = 64 * 1024;

/// Content that can be read again for each attempt.
#[derive(Clone, Debug)]
pub(super) enum Content<'a> {
    Path(&'a Path),
    /// A downloaded result in a temporary file, whose name is not sent.
    Result(&'a Path),
    Bytes(&'a Bytes),
}

/// What became of a body: its content, once it was passed on completely, or why it could not be read. That explains the error
/// of the connection that follows.
#[derive(Clone, Default)]
pub(super) struct BodyOutcome {
    outcome: Arc<Mutex<Option<Result<ReadContent>>>>,
}

impl BodyOutcome {
    pub(super) fn set(&self, outcome: Result<ReadContent>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// Takes the outcome; `None` if the body was not read to its end.
    pub(super) fn take(&self) -> Option<Result<ReadContent>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Builds the part of the form: a stream of known length, with a name, and a media type from the content.
pub(super) async fn part(
    content: &Content<'_>,
    pool: &FilePool,
    stall: &Arc<StallDetector>,
    progress: &ProgressCallback,
) -> Result<(Part, BodyOutcome)> {
    let outcome = BodyOutcome::default();
    let end = outcome.clone();
    let (part, name, file_type) = match content {
        Content::Bytes(bytes) => {
            let (file_type, length) = (FileType::sniff(bytes), bytes.len() as u64);
            let body = reporting(hashed((*bytes).clone(), end), length, stall, progress);
            (Part::stream_with_length(body, length), format!("upload.{}", file_type.extension), file_type)
        }
        Content::Path(path) | Content::Result(path) => {
            let (length, file) = source::open(path, pool).await?;
            let file_type = FileType::sniff(file.head());
            let name = match content {
                Content::Path(path) => path.file_name().map(|name| header_safe(&name.to_string_lossy())),
                _ => None,
            };
            let name = name.unwrap_or_else(|| format!("upload.{}", file_type.extension));
            let pieces = file.into_pieces(move |outcome| end.set(outcome));
            let chunks = pieces.map_ok(|piece| stream::iter(chunks(piece).map(Ok))).try_flatten();
            (Part::stream_with_length(reporting(chunks, length, stall, progress), length), name, file_type)
        }
    };
    let part = part.file_name(name).mime_str(file_type.media_type);
    let part = part.map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", file_type.media_type)))?;
    Ok((part, outcome))
}

/// Replaces characters that would end a header of the form, or its quotes.
fn header_safe(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { '_' } else { c }).collect()
}

/// Splits bytes into chunks, without copying them.
pub(super) fn chunks(bytes: Bytes) -> impl Iterator<Item = Bytes> {
    (0..bytes.len()).step_by(CHUNK_SIZE).map(move |start| bytes.slice(start..bytes.len().min(start + CHUNK_SIZE)))
}

/// Streams bytes and hashes each chunk when it is requested.
fn hashed(bytes: Bytes, end: BodyOutcome) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::unfold((chunks(bytes), Sha256::new(), end), |(mut chunks, mut hasher, end)| async {
        match chunks.next() {
            Some(chunk) => {
                hasher.update(&chunk);
                Some((Ok(chunk), (chunks, hasher, end)))
            }
            None => {
                end.set(Ok(ReadContent { hash: hasher.finish(), id: None }));
                None
            }
        }
    })
}

/// Wraps chunks into a body that reports its progress.
fn reporting(
    chunks: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    length: u64,
    stall: &Arc<StallDetector>,
    progress: &ProgressCallback,
) -> Body {
    let (stall, progress) = (Arc::clone(stall), progress.clone());
    let mut sent = 0;
    Body::wrap_stream(chunks.inspect_ok(move |chunk| {
        sent += chunk.len() as u64;
        stall.record_progress();
        progress.report(sent, Some(length));
    }))
}
