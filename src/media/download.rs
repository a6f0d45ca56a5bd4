//! Downloads: streamed, resumed when that is safe, complete before a file appears under its name.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use reqwest::{
    StatusCode, Url,
    header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE},
};
use tempfile::NamedTempFile;
use tokio::time::{Instant, timeout};

use super::{
    data_url,
    kind::{self, FileKind},
    progress::{Observer, Progress},
};
use crate::{
    Client, Error,
    error::Kind,
    retry::{Effect, Failure, Fate},
    transport::{Opened, Transport},
};

/// A stream of a file's bytes.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// A file that the service made, to be fetched. Nothing is sent before one of its methods is awaited.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// let file = client.download("/v1/predictions/delivery/xezq/abc/output.jpg").overwrite(true).save("out.jpg").await?;
/// println!("{} bytes of {}", file.bytes, file.content_type);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is fetched before bytes, stream or save is called"]
pub struct Download {
    client: Client,
    address: String,
    overwrite: bool,
    observer: Observer,
}

/// A file on disk, complete.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SavedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Where it came from.
    pub url: String,
    /// Media type, told from the content, else as the service says.
    pub content_type: String,
    /// Size.
    pub bytes: u64,
}

impl Download {
    pub(crate) fn new(client: Client, address: impl Into<String>) -> Self {
        Self { client, address: address.into(), overwrite: false, observer: Observer::default() }
    }

    /// Whether a file of the same name is replaced. Otherwise it is an error, and nothing is fetched.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Calls back with every piece that has arrived. Does not apply to [`stream`](Self::stream).
    pub fn on_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(tell);
        self
    }

    /// The content in memory.
    ///
    /// # Errors
    ///
    /// Expired, not found, unauthorized, too large for the client's limit, connection.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let mut sink = Memory(BytesMut::new());
        self.fetch(&mut sink).await?;
        Ok(sink.0.freeze())
    }

    /// The content as it arrives. A stream that breaks is not resumed; [`save`](Self::save) does that.
    ///
    /// # Errors
    ///
    /// As for [`bytes`](Self::bytes), before the first byte and within the stream.
    pub async fn stream(self) -> Result<ByteStream, Error> {
        if let Some(bytes) = data_url(&self.address) {
            return Ok(Box::pin(futures_util::stream::iter([Ok(bytes)])));
        }
        let transport = self.client.transport();
        let url = transport.base.resolve(&self.address)?;
        let deadline = Instant::now() + self.client.config().transfer_deadline;
        let opened = transport.retry.run(Effect::Harmless, deadline, |_| transport.open_once(&url, HeaderMap::new()));
        let opened = opened.await.map_err(|error| transport.finish(error))?;
        let (idle, most) = (transport.timeouts.idle, self.client.config().max_download);
        let state = (opened.body, 0_u64, content_length(&opened.headers));
        Ok(Box::pin(futures_util::stream::try_unfold(state, move |(mut body, seen, length)| async move {
            match next_piece(&mut body, idle).await.map_err(|failure| failure.error)? {
                None if length.is_some_and(|length| length != seen) => Err(truncated(seen, length).error),
                None => Ok(None),
                Some(piece) => {
                    let seen = within_limit(seen, &piece, most)?;
                    Ok(Some((piece, (body, seen, length))))
                }
            }
        })))
    }

    /// Saves the file. It appears under its name only when it is complete; until then a temporary file lies beside it.
    ///
    /// # Errors
    ///
    /// As for [`bytes`](Self::bytes); [`is_io`](Error::is_io) when the file exists already or cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<SavedFile, Error> {
        let path = path.as_ref().to_owned();
        if !self.overwrite && path.symlink_metadata().is_ok() {
            return Err(exists(&path));
        }
        let mut sink = Partial::beside(&path)?;
        let (url, kind) = self.fetch(&mut sink).await?;
        sink.finish(&path, self.overwrite, url, kind).await
    }

    /// Saves the file into a folder, under the given name with the extension that fits the content.
    ///
    /// # Errors
    ///
    /// As for [`save`](Self::save); whether the file exists already shows only at the end.
    pub async fn save_in(self, folder: impl AsRef<Path>, stem: &str) -> Result<SavedFile, Error> {
        let folder = folder.as_ref();
        let mut sink = Partial::beside(&folder.join(stem))?;
        let (url, kind) = self.fetch(&mut sink).await?;
        let path = folder.join(format!("{stem}.{}", kind.extension));
        sink.finish(&path, self.overwrite, url, kind).await
    }

    /// Fetches everything into a sink, and tells the address and the kind.
    async fn fetch(&self, sink: &mut impl Sink) -> Result<(String, FileKind), Error> {
        if let Some(bytes) = data_url(&self.address) {
            sink.write(bytes.clone()).await?;
            return Ok(("data:".into(), kind::of_bytes(&bytes)));
        }
        let transport = self.client.transport();
        let url = transport.base.resolve(&self.address)?;
        let mut transfer = Transfer::new(transport, &url, self.client.config().max_download, &self.observer);
        let deadline = Instant::now() + self.client.config().transfer_deadline;
        // The loop of `Retry::run` wants attempts that do not borrow from each other; a lock makes them so.
        let state = tokio::sync::Mutex::new((&mut transfer, sink));
        let fetched = transport.retry.run(Effect::Harmless, deadline, |_| async {
            let mut state = state.lock().await;
            let (transfer, sink) = &mut *state;
            transfer.attempt(*sink).await
        });
        fetched.await.map_err(|error| transport.finish(error))?;
        let kind = transfer.kind();
        Ok((url.into(), kind))
    }
}

/// A download over several attempts.
struct Transfer<'a> {
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
    fn new(transport: &'a Transport, url: &'a Url, most: u64, observer: &'a Observer) -> Self {
        Self { transport, url, most, observer, written: 0, validator: None, head: BytesMut::new(), content_type: None }
    }

    /// One request: the rest of what is there already, or all of it.
    async fn attempt(&mut self, sink: &mut impl Sink) -> Result<(), Failure> {
        let Opened { status, headers, mut body } = self.transport.open_once(self.url, self.conditions()).await?;
        let resumed = status == StatusCode::PARTIAL_CONTENT;
        if resumed {
            self.check_range(&headers)?;
        } else {
            sink.restart().await.map_err(Failure::not_sent)?;
            self.written = 0;
            self.head.clear();
        }
        self.validator = strong_validator(&headers);
        self.content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let end = content_length(&headers).map(|length| length + self.written);
        while let Some(piece) = next_piece(&mut body, self.transport.timeouts.idle).await? {
            self.written = within_limit(self.written, &piece, self.most).map_err(Failure::not_sent)?;
            if self.head.len() < kind::SNIFFED {
                self.head.extend_from_slice(&piece[..piece.len().min(kind::SNIFFED - self.head.len())]);
            }
            sink.write(piece).await.map_err(Failure::not_sent)?;
            self.observer.tell(self.written, end);
        }
        match end {
            Some(end) if end != self.written => Err(truncated(self.written, Some(end))),
            _ => Ok(()),
        }
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

    /// The answer must go on exactly where we are. If not, everything is fetched again.
    fn check_range(&mut self, headers: &HeaderMap) -> Result<(), Failure> {
        let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let start = range.strip_prefix("bytes ").and_then(|r| r.split('-').next()?.trim().parse::<u64>().ok());
        if start == Some(self.written) && self.written > 0 {
            return Ok(());
        }
        self.validator = None;
        let message = format!("the service answers with the range {range:?}, asked for was byte {}", self.written);
        Err(Failure { fate: Fate::MaybeAccepted, error: Error::new(Kind::Connection, message) })
    }

    fn kind(&self) -> FileKind {
        match kind::of_bytes(&self.head) {
            kind::UNKNOWN => self.content_type.as_deref().map_or(kind::UNKNOWN, kind::of_content_type),
            known => known,
        }
    }
}

/// Where the bytes go.
trait Sink {
    async fn write(&mut self, piece: Bytes) -> Result<(), Error>;
    async fn restart(&mut self) -> Result<(), Error>;
}

struct Memory(BytesMut);

impl Sink for Memory {
    async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.0.extend_from_slice(&piece);
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), Error> {
        self.0.clear();
        Ok(())
    }
}

/// A temporary file beside the one that it will become. Dropping it removes it.
struct Partial(NamedTempFile);

impl Partial {
    fn beside(path: &Path) -> Result<Self, Error> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new().prefix(".pruna-").suffix(".part").tempfile_in(folder);
        Ok(Self(file.map_err(|e| Error::io(folder.display(), e))?))
    }

    async fn finish(self, path: &Path, overwrite: bool, url: String, kind: FileKind) -> Result<SavedFile, Error> {
        let bytes = self.0.as_file().metadata().map_err(|e| Error::io(path.display(), e))?.len();
        // The data has to be on the disk before the name is.
        self.0.as_file().sync_all().map_err(|e| Error::io(path.display(), e))?;
        let persisted = if overwrite { self.0.persist(path) } else { self.0.persist_noclobber(path) };
        persisted.map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(path),
            _ => Error::io(path.display(), e.error),
        })?;
        Ok(SavedFile { path: path.to_owned(), url, content_type: kind.mime.to_owned(), bytes })
    }
}

impl Sink for Partial {
    // A piece is written in the time of a memory copy; handing it to another thread would take longer.
    async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.0.write_all(&piece).map_err(|e| Error::io(self.0.path().display(), e))
    }

    async fn restart(&mut self) -> Result<(), Error> {
        let restarted = self.0.as_file().set_len(0).and_then(|()| std::io::Seek::rewind(&mut self.0));
        restarted.map_err(|e| Error::io(self.0.path().display(), e))
    }
}

fn exists(path: &Path) -> Error {
    Error::new(Kind::Io, format!("{} exists already; ask for overwriting or choose another name", path.display()))
}

/// The next piece of a body, or a failure when it does not come in time.
async fn next_piece(
    body: &mut (impl Stream<Item = reqwest::Result<Bytes>> + Unpin),
    idle: Duration,
) -> Result<Option<Bytes>, Failure> {
    let broken = |message: String| Failure { fate: Fate::MaybeAccepted, error: Error::new(Kind::Connection, message) };
    match timeout(idle, body.next()).await {
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(error))) => Err(broken(format!("the download broke off: {}", error.without_url()))),
        Ok(None) => Ok(None),
        Err(_) => Err(broken(format!("the download stood still for {idle:?}"))),
    }
}

fn within_limit(seen: u64, piece: &Bytes, most: u64) -> Result<u64, Error> {
    let seen = seen + piece.len() as u64;
    if seen > most {
        return Err(Error::new(Kind::TooLarge, format!("the file is larger than the client's limit of {most} bytes")));
    }
    Ok(seen)
}

fn truncated(seen: u64, length: Option<u64>) -> Failure {
    let message = format!("{seen} of {} bytes arrived", length.unwrap_or_default());
    Failure { fate: Fate::MaybeAccepted, error: Error::new(Kind::Connection, message) }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// An entity tag that promises byte for byte the same content.
fn strong_validator(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\"")).cloned()
}
