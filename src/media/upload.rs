//! Uploads: files streamed with a known length, equal content once.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    Stream, StreamExt as _, TryStreamExt as _,
    future::{Either, select},
};
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use serde::{Deserialize, Serialize};
use tokio::{fs::File, io::AsyncReadExt as _, sync::Semaphore, time::Instant};
use tokio_util::io::ReaderStream;
use tracing::Instrument as _;

use super::{
    Local, Media, kind,
    progress::{Observer, Progress},
};
use crate::{
    Client, Error,
    digest::Sha256,
    error::ErrorKind,
    limits::Operation,
    retry::{Effect, Failure},
    timing,
    transport::Transport,
};

/// How long an upload is used again. The service keeps it 30 minutes; a job has to have fetched it by then.
const LONGEST_USE: Duration = Duration::from_secs(25 * 60);
/// How many uploads of one client are under way at once.
const AT_ONCE: usize = 8;
/// Bytes that are read from a file at a time.
const CHUNK: usize = 64 * 1024;

/// A file that the service keeps for half an hour, to be used as input.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::{Media, inputs::PImageEdit};
///
/// let photo = client.upload(Media::path("me.jpg")).await?;
/// client.generate(PImageEdit::new("as a watercolour").images([&photo])).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UploadedFile {
    /// The service's name for the file.
    pub id: String,
    /// Where models find it. It cannot be opened by a client.
    pub url: String,
    /// The name that it was uploaded under.
    pub name: Option<String>,
    /// Media type.
    pub content_type: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// When it was uploaded, as the service writes it (RFC 3339).
    pub created_at: Option<String>,
    /// When it will be deleted, as the service writes it (RFC 3339).
    pub expires_at: Option<String>,
}

/// An upload. Nothing is sent before it is awaited.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::Media;
///
/// let photo = client.upload(Media::path("me.jpg")).on_progress(|progress| println!("{} bytes", progress.bytes)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Upload {
    client: Client,
    media: Media,
    observer: Observer,
}

impl Upload {
    pub(crate) fn new(client: Client, media: Media) -> Self {
        Self { client, media, observer: Observer::default() }
    }

    /// Calls back with every piece that leaves. Content that was uploaded before does not leave again.
    pub fn on_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(tell);
        self
    }
}

impl IntoFuture for Upload {
    type Output = Result<UploadedFile, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let media = local(self.media)?;
            self.client.uploads().upload(self.client.transport(), media, &self.observer).await
        })
    }
}

impl UploadedFile {
    /// How long the file lives, by the service's clock alone, so that ours may be wrong.
    fn lifetime(&self) -> Option<Duration> {
        let time = |text: &Option<String>| humantime::parse_rfc3339(text.as_deref()?).ok();
        Some(time(&self.expires_at)?.duration_since(time(&self.created_at)?).unwrap_or_default())
    }
}

/// The answer to an upload, read leniently: only the address is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadAnswer(serde_json::Value);

impl UploadAnswer {
    fn into_file(self, transport: &Transport) -> Result<UploadedFile, Error> {
        let text = |name: &str| self.0[name].as_str().map(str::to_owned);
        let address = self.0["urls"]["get"].as_str().ok_or_else(|| {
            let error = Error::new(ErrorKind::Decode, "the answer to the upload has no address (urls.get)");
            transport.finish(error.with_body(Some(self.0.to_string())))
        })?;
        Ok(UploadedFile {
            id: text("id").unwrap_or_default(),
            url: transport.base.resolve(address)?.into(),
            name: text("name"),
            content_type: text("content_type"),
            size: self.0["size"].as_u64(),
            created_at: text("created_at"),
            expires_at: text("expires_at"),
        })
    }
}

type Hash = [u8; 32];

/// The uploads of a client and its clones.
pub(crate) struct Uploads {
    /// By content. The inner lock is held during an upload, so that equal content waits for it instead of going twice.
    known: Mutex<HashMap<Hash, Arc<tokio::sync::Mutex<Option<Kept>>>>>,
    permits: Semaphore,
    /// For how long an upload is tried again.
    deadline: Duration,
}

/// An upload that can be used again.
#[derive(Clone)]
struct Kept {
    file: UploadedFile,
    until: Instant,
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploads").finish_non_exhaustive()
    }
}

impl Uploads {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self { known: Mutex::default(), permits: Semaphore::new(AT_ONCE), deadline }
    }

    /// Uploads media, unless the same content was uploaded before and is still there.
    pub(crate) async fn upload(
        &self,
        transport: &Transport,
        media: Local,
        observer: &Observer,
    ) -> Result<UploadedFile, Error> {
        let upload = self.upload_once(transport, media, observer);
        upload.instrument(tracing::info_span!("upload")).await.map_err(|error| error.scrubbed(&[]))
    }

    async fn upload_once(
        &self,
        transport: &Transport,
        media: Local,
        observer: &Observer,
    ) -> Result<UploadedFile, Error> {
        let slot = self.slot(self.hash(&media).await?);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_usable()) {
            return Ok(kept.file.clone());
        }
        let _permit = self.permits.acquire().await;
        let file = send(transport, &media, observer, timing::after(Instant::now(), self.deadline)).await?;
        let lifetime = file.lifetime().map_or(LONGEST_USE, |lifetime| lifetime.min(LONGEST_USE));
        *kept = Some(Kept { file: file.clone(), until: Instant::now() + lifetime });
        Ok(file)
    }

    /// Where the upload of some content is kept.
    fn slot(&self, hash: Hash) -> Arc<tokio::sync::Mutex<Option<Kept>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // What nobody waits for and nobody can use any more would only pile up.
        known.retain(|_, slot| {
            let in_use = Arc::strong_count(slot) > 1;
            in_use || slot.try_lock().is_ok_and(|kept| kept.as_ref().is_some_and(Kept::is_usable))
        });
        Arc::clone(known.entry(hash).or_default())
    }

    /// SHA-256 of the content, read in pieces. Files are read by as many at once as are uploaded.
    async fn hash(&self, media: &Local) -> Result<Hash, Error> {
        let _permit = self.permits.acquire().await;
        let mut hasher = Sha256::new();
        match media {
            Local::Bytes(bytes) => {
                for chunk in chunks(bytes.clone()) {
                    hasher.update(&chunk);
                    tokio::task::yield_now().await;
                }
            }
            Local::Path(path) => {
                let (file, _) = open(path).await?;
                let mut pieces = ReaderStream::with_capacity(file, CHUNK);
                while let Some(piece) = pieces.try_next().await.map_err(|e| Error::io(path.display(), e))? {
                    hasher.update(&piece);
                }
            }
        }
        Ok(hasher.finish())
    }
}

impl Kept {
    fn is_usable(&self) -> bool {
        Instant::now() < self.until
    }
}

/// Opens a regular file and tells its length.
async fn open(path: &Path) -> Result<(File, u64), Error> {
    let failed = |e| Error::io(path.display(), e);
    // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
    if !tokio::fs::metadata(path).await.map_err(failed)?.is_file() {
        return Err(Error::new(ErrorKind::Io, format!("{} is not a file", path.display())));
    }
    let file = File::open(path).await.map_err(failed)?;
    let length = file.metadata().await.map_err(failed)?.len();
    Ok((file, length))
}

/// Uploads without looking at what is known. Each attempt has a body of its own.
async fn send(
    transport: &Transport,
    media: &Local,
    observer: &Observer,
    deadline: Instant,
) -> Result<UploadedFile, Error> {
    let attempt = |left| async move {
        let queued = Instant::now();
        let _permit = transport.permit(Operation::Upload, queued, queued + left).await?;
        let pulse = Arc::new(Pulse::default());
        let (part, problem) = part(media, &pulse, observer).await.map_err(Failure::not_sent)?;
        let sending = pin!(transport.upload_once(Form::new().part("content", part)));
        let outcome = match select(sending, pin!(pulse.stalled(transport.timeouts.idle))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => {
                let error = Error::new(ErrorKind::Connection, "the upload made no progress in time");
                Err(Failure::maybe_accepted(error))
            }
        };
        // What went wrong with the file explains whatever the connection says.
        match problem.take() {
            Some(problem) => Err(Failure::not_sent(problem)),
            None => outcome?.into_file(transport).map_err(Failure::maybe_accepted),
        }
    };
    transport.retry.run(Effect::Harmless, deadline, attempt).await
}

/// When the last piece of a body left.
#[derive(Default)]
struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    fn mark(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Ends when nothing has moved for a while.
    async fn stalled(&self, idle: Duration) {
        self.mark();
        loop {
            let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(Instant::now);
            if last.elapsed() >= idle {
                return;
            }
            tokio::time::sleep(idle.saturating_sub(last.elapsed())).await;
        }
    }
}

/// What went wrong with a file while it was being sent.
#[derive(Clone, Default)]
struct Problem(Arc<Mutex<Option<Error>>>);

impl Problem {
    fn set(&self, error: Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The form's part: a stream of known length, with a name and a media type from the content.
async fn part(media: &Local, pulse: &Arc<Pulse>, observer: &Observer) -> Result<(Part, Problem), Error> {
    let problem = Problem::default();
    let (part, name, kind) = match media {
        Local::Bytes(bytes) => {
            let kind = kind::of_bytes(bytes);
            let pieces = futures_util::stream::iter(chunks(bytes.clone()).map(Ok));
            let length = bytes.len() as u64;
            let body = watched(pieces, length, pulse, observer);
            (Part::stream_with_length(body, length), format!("upload.{}", kind.extension), kind)
        }
        Local::Path(path) => {
            let (mut file, length) = open(path).await?;
            let mut head = vec![0; kind::SNIFFED.min(usize::try_from(length).unwrap_or(kind::SNIFFED))];
            file.read_exact(&mut head).await.map_err(|e| Error::io(path.display(), e))?;
            let kind = kind::of_bytes(&head);
            let pieces = exactly(length, head, file, path.display().to_string(), problem.clone());
            let name = path.file_name().map_or_else(|| "upload".into(), |name| name.to_string_lossy().into_owned());
            (Part::stream_with_length(watched(pieces, length, pulse, observer), length), name, kind)
        }
    };
    let part = part.file_name(name).mime_str(kind.mime);
    Ok((part.map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", kind.mime)))?, problem))
}

fn chunks(bytes: Bytes) -> impl Iterator<Item = Bytes> {
    (0..bytes.len()).step_by(CHUNK).map(move |start| bytes.slice(start..bytes.len().min(start + CHUNK)))
}

/// The content of a file that must not change its size meanwhile.
fn exactly(
    length: u64,
    head: Vec<u8>,
    file: File,
    name: String,
    problem: Problem,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    let changed = move || {
        let message = format!("{name} changed its size while it was being sent");
        problem.set(Error::new(ErrorKind::Io, message.clone()));
        Some(Err(std::io::Error::other(message)))
    };
    let pieces =
        futures_util::stream::once(async { Ok(Bytes::from(head)) }).chain(ReaderStream::with_capacity(file, CHUNK));
    let end = futures_util::stream::once(async { Ok(Bytes::new()) });
    pieces.chain(end).scan(0_u64, move |sent, piece| {
        let item = match piece {
            // The empty piece is the end.
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
        std::future::ready(item)
    })
}

/// A body that reports its progress.
fn watched(
    pieces: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    length: u64,
    pulse: &Arc<Pulse>,
    observer: &Observer,
) -> Body {
    let (pulse, observer) = (Arc::clone(pulse), observer.clone());
    let mut sent = 0;
    Body::wrap_stream(pieces.inspect_ok(move |piece| {
        sent += piece.len() as u64;
        pulse.mark();
        observer.tell(sent, Some(length));
    }))
}

/// Media that is uploaded on its own: what has an address already cannot be.
pub(crate) fn local(media: Media) -> Result<Local, Error> {
    media.into_local().map_err(|address| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("{address} is on the web already; only files and bytes are uploaded"),
        )
    })
}
