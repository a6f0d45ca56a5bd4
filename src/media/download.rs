//! Downloads: streamed, resumed when that is safe, complete before a file appears under its name.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};
use reqwest::header::HeaderMap;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    data_url,
    kind::{self, FileKind},
    progress::{Observer, Progress},
    sink::{Memory, Partial, Sink, exists},
    transfer::{Transfer, content_length, is_whole, next_piece, within_limit},
};
use crate::{Client, Error, JobRef, Model, retry::Effect, timing, transport::Opened};

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
    maker: Maker,
}

/// Who made a file, for errors and spans.
#[derive(Clone, Debug, Default)]
struct Maker {
    model: Option<Model>,
    job: Option<JobRef>,
}

impl Maker {
    fn sign(&self, error: Error) -> Error {
        let error = error.scrubbed(&[]);
        let error = match &self.model {
            Some(model) => error.with_model(model.clone()),
            None => error,
        };
        match &self.job {
            Some(job) => error.with_job(job.clone()),
            None => error,
        }
    }

    fn span(&self) -> tracing::Span {
        let model = self.model.as_ref().map(tracing::field::display);
        tracing::info_span!("download", model, job = self.job.as_ref().map(JobRef::id))
    }
}

/// A file on disk, complete.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
        Self {
            client,
            address: address.into(),
            overwrite: false,
            observer: Observer::default(),
            maker: Maker::default(),
        }
    }

    /// Says whose file it is.
    pub(crate) fn made_by(mut self, model: Model, job: Option<JobRef>) -> Self {
        self.maker = Maker { model: Some(model), job };
        self
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
        let mut sink = Memory::default();
        self.fetch(&mut sink).await?;
        Ok(sink.0.freeze())
    }

    /// The content as it arrives. A stream that breaks is not resumed; [`save`](Self::save) does that.
    ///
    /// # Errors
    ///
    /// As for [`bytes`](Self::bytes), before the first byte and within the stream.
    pub async fn stream(self) -> Result<ByteStream, Error> {
        let maker = self.maker.clone();
        let opened = self.open_stream().instrument(maker.span()).await.map_err(|error| maker.sign(error))?;
        Ok(Box::pin(opened.map_err(move |error| maker.sign(error))))
    }

    async fn open_stream(self) -> Result<ByteStream, Error> {
        if let Some(bytes) = data_url(&self.address) {
            return Ok(Box::pin(stream::iter([Ok(bytes)])));
        }
        let transport = self.client.transport();
        let url = transport.base.resolve(&self.address).map_err(|error| transport.finish(error))?;
        let open = |left| transport.open_once(&url, HeaderMap::new(), left);
        let Opened { headers, body, .. } = transport.retry.run(Effect::Harmless, self.deadline(), open).await?;
        let (idle, most, end) = (transport.timeouts.idle, self.client.config().max_download, content_length(&headers));
        within_limit(end.unwrap_or_default(), most)?;
        Ok(Box::pin(stream::try_unfold((body, 0_u64), move |(mut body, seen)| async move {
            let Some(piece) = next_piece(&mut body, idle).await.map_err(|failure| failure.error)? else {
                return is_whole(seen, end).map(|()| None).map_err(|failure| failure.error);
            };
            let seen = seen + piece.len() as u64;
            within_limit(seen, most)?;
            Ok(Some((piece, (body, seen))))
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
            return Err(self.maker.sign(exists(&path)));
        }
        self.save_under(&path, |_| path.clone()).await
    }

    /// Saves the file into a folder, under the given name with the extension that fits the content.
    ///
    /// # Errors
    ///
    /// As for [`save`](Self::save); whether the file exists already shows only at the end.
    pub async fn save_in(self, folder: impl AsRef<Path>, stem: &str) -> Result<SavedFile, Error> {
        let folder = folder.as_ref();
        self.save_under(&folder.join(stem), |kind| folder.join(format!("{stem}.{}", kind.extension))).await
    }

    /// Fetches into a temporary file beside `place`; the name may depend on what arrived.
    async fn save_under(self, place: &Path, name: impl FnOnce(FileKind) -> PathBuf) -> Result<SavedFile, Error> {
        let mut sink = Partial::beside(place).map_err(|error| self.maker.sign(error))?;
        let (url, kind) = self.fetch(&mut sink).await?;
        let path = name(kind);
        let bytes = sink.finish(&path, self.overwrite).await.map_err(|error| self.maker.sign(error))?;
        Ok(SavedFile { path, url, content_type: kind.mime.to_owned(), bytes })
    }

    /// Fetches everything into a sink, and tells the address and the kind.
    async fn fetch(&self, sink: &mut impl Sink) -> Result<(String, FileKind), Error> {
        let fetched = self.fetch_all(sink).instrument(self.maker.span()).await;
        fetched.map_err(|error| self.maker.sign(error))
    }

    async fn fetch_all(&self, sink: &mut impl Sink) -> Result<(String, FileKind), Error> {
        if let Some(bytes) = data_url(&self.address) {
            sink.write(bytes.clone()).await?;
            return Ok(("data:".into(), kind::of_bytes(&bytes)));
        }
        let transport = self.client.transport();
        let url = transport.base.resolve(&self.address).map_err(|error| transport.finish(error))?;
        let mut transfer = Transfer::new(transport, &url, self.client.config().max_download, &self.observer);
        // The loop of `Retry::run` wants attempts that do not borrow from each other; a lock makes them so.
        let state = &tokio::sync::Mutex::new((&mut transfer, sink));
        let attempt = |left| async move {
            let mut state = state.lock().await;
            let (transfer, sink) = &mut *state;
            transfer.attempt(*sink, left).await
        };
        transport.retry.run(Effect::Harmless, self.deadline(), attempt).await?;
        let kind = transfer.kind();
        Ok((url.into(), kind))
    }

    /// Until when attempts are made; one that is under way may go on as long as bytes arrive.
    fn deadline(&self) -> Instant {
        timing::after(Instant::now(), self.client.config().transfer_deadline)
    }
}
