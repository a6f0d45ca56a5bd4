//! Downloads: streamed, resumed when that is safe, saved atomically.

use std::{
    any::Any,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use tokio::time::Instant;
use tracing::Instrument as _;

mod content;
mod saved_file;
mod stored_file;

pub use content::Content;
pub use saved_file::SavedFile;
use stored_file::StoredFile;

use crate::{
    Error, JobRef, Model, Result,
    context::Context,
    file_type::FileType,
    media::decode_data_url,
    progress::{Progress, ProgressCallback},
    time::deadline_after,
    transfer::{
        download::{Piece, ResumableDownload},
        sink::{IfExists, MemorySink, PartialFile, Sink, exists},
    },
};

/// A download that has not started. Nothing is sent until one of its methods is awaited.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> pruna::Result<()> {
/// let file = client.download("/v1/predictions/delivery/xezq/abc/output.jpg").save("out.jpg").await?;
/// println!("{} bytes of {}", file.bytes, file.content_type);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is downloaded until bytes, open, stream or save is called"]
pub struct Download {
    context: Arc<Context>,
    address: String,
    /// A copy of the file on this machine.
    stored: Option<SavedFile>,
    progress: ProgressCallback,
    error_context: ErrorContext,
}

/// The origin of a file, for errors and spans.
#[derive(Clone, Default)]
pub(crate) struct ErrorContext {
    pub(crate) model: Option<Model>,
    pub(crate) job: Option<JobRef>,
    /// The result that the file belongs to, with its URLs.
    pub(crate) result: Option<(Arc<dyn Any + Send + Sync>, Vec<String>)>,
}

impl ErrorContext {
    pub(crate) fn annotate(&self, error: Error) -> Error {
        let mut error = error.redact_and_cut(&[]);
        if let Some(model) = &self.model {
            error = error.with_model(model.clone());
        }
        if let Some(job) = &self.job {
            error = error.with_job(job.clone());
        }
        if let Some((result, urls)) = &self.result {
            error = error.with_result(Arc::clone(result), urls.clone());
        }
        error
    }

    fn span(&self) -> tracing::Span {
        let model = self.model.as_ref().map(tracing::field::display);
        tracing::info_span!("download", model, job = self.job.as_ref().map(JobRef::id))
    }
}

impl Download {
    pub(crate) fn new(context: Arc<Context>, address: impl Into<String>) -> Self {
        Self {
            context,
            address: address.into(),
            stored: None,
            progress: ProgressCallback::default(),
            error_context: ErrorContext::default(),
        }
    }

    /// Names the result that the file belongs to.
    pub(crate) fn with_error_context(mut self, error_context: ErrorContext) -> Self {
        self.error_context = error_context;
        self
    }

    /// Names a copy of the file on this machine, which is used as long as it is there.
    pub(crate) fn with_stored(mut self, stored: Option<SavedFile>) -> Self {
        self.stored = stored;
        self
    }

    /// Sets a callback for the progress of [`bytes`](Self::bytes) and the methods that save.
    pub fn on_progress(mut self, callback: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = ProgressCallback::new(callback);
        self
    }

    /// Downloads the content into memory.
    ///
    /// # Errors
    ///
    /// [`Expired`](crate::ErrorKind::Expired), [`NotFound`](crate::ErrorKind::NotFound),
    /// [`Unauthorized`](crate::ErrorKind::Unauthorized), [`TooLarge`](crate::ErrorKind::TooLarge) beyond
    /// [`max_download`](crate::ClientBuilder::max_download), [`Connection`](crate::ErrorKind::Connection).
    pub async fn bytes(self) -> Result<Bytes> {
        let mut sink = MemorySink::default();
        self.fetch(&mut sink).await?;
        Ok(sink.finish())
    }

    /// Starts the download and returns media type, length and the content as a stream.
    ///
    /// An interrupted stream is resumed like [`save`](Self::save), as long as the service guarantees that the file is the
    /// same.
    ///
    /// ```no_run
    /// # async fn example(image: pruna::Generation) -> Result<(), Box<dyn std::error::Error>> {
    /// let content = image.file(0)?.open().await?;
    /// println!("{} of {:?} bytes", content.content_type(), content.content_length());
    /// let mut reader = content.into_async_read();
    /// tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    pub async fn open(self) -> Result<Content> {
        let error_context = self.error_context.clone();
        let span = error_context.span();
        self.open_content().instrument(span).await.map_err(|error| error_context.annotate(error))
    }

    /// Opens the file as a stream of bytes: the same as [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), from this method and from the stream.
    pub async fn stream(self) -> Result<Content> {
        self.open().await
    }

    async fn open_content(self) -> Result<Content> {
        if let Some(bytes) = decode_data_url(&self.address) {
            return Ok(Content::inline(bytes));
        }
        if let Some(stored) = StoredFile::open(self.stored.as_ref()).await {
            return Ok(Content::stored(stored, self.error_context));
        }
        let mut download = self.start()?;
        download.open().await?;
        Ok(Content::streamed(download, self.error_context))
    }

    /// Saves the file atomically, replacing a file at `path`.
    ///
    /// The file appears under its name only when it is complete; until then, its content is in a temporary file beside it.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), and [`Io`](crate::ErrorKind::Io) if the file cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<SavedFile> {
        let path = path.as_ref();
        self.save_as(path, IfExists::Replace, |_| path.to_owned()).await
    }

    /// Saves the file atomically, but never replaces one.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save), and [`Io`](crate::ErrorKind::Io) if `path` exists; then nothing is downloaded.
    pub async fn save_new(self, path: impl AsRef<Path>) -> Result<SavedFile> {
        let path = path.as_ref();
        if path.symlink_metadata().is_ok() {
            return Err(self.error_context.annotate(exists(path)));
        }
        self.save_as(path, IfExists::Fail, |_| path.to_owned()).await
    }

    /// Saves the file into a folder, as `stem` with the extension that fits the content, replacing a file of that name.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_in(self, folder: impl AsRef<Path>, stem: &str) -> Result<SavedFile> {
        self.save_with_extension(folder.as_ref(), stem, IfExists::Replace).await
    }

    /// Saves the file into a folder like [`save_in`](Self::save_in), but never replaces one.
    ///
    /// # Errors
    ///
    /// As [`save_new`](Self::save_new), except that an existing file is noticed only after the download.
    pub async fn save_new_in(self, folder: impl AsRef<Path>, stem: &str) -> Result<SavedFile> {
        self.save_with_extension(folder.as_ref(), stem, IfExists::Fail).await
    }

    async fn save_with_extension(self, folder: &Path, stem: &str, if_exists: IfExists) -> Result<SavedFile> {
        let name = |file_type: FileType| folder.join(format!("{stem}.{}", file_type.extension));
        self.save_as(&folder.join(stem), if_exists, name).await
    }

    /// Downloads into a temporary file beside `place`. The final name may depend on the content.
    async fn save_as(
        self,
        place: &Path,
        if_exists: IfExists,
        name: impl FnOnce(FileType) -> PathBuf,
    ) -> Result<SavedFile> {
        let mut sink = PartialFile::beside(place).map_err(|error| self.error_context.annotate(error))?;
        let (url, file_type) = self.fetch(&mut sink).await?;
        let path = name(file_type);
        let bytes = sink.finish(&path, if_exists).await.map_err(|error| self.error_context.annotate(error))?;
        Ok(SavedFile { path, url, content_type: file_type.media_type.to_owned(), bytes })
    }

    /// Downloads everything into a sink; returns the URL and the file type.
    async fn fetch(&self, sink: &mut impl Sink) -> Result<(String, FileType)> {
        let fetched = self.fetch_all(sink).instrument(self.error_context.span()).await;
        fetched.map_err(|error| self.error_context.annotate(error))
    }

    async fn fetch_all(&self, sink: &mut impl Sink) -> Result<(String, FileType)> {
        if let Some(bytes) = decode_data_url(&self.address) {
            sink.write(bytes.clone()).await?;
            return Ok(("data:".into(), FileType::sniff(&bytes)));
        }
        if let Some(mut stored) = StoredFile::open(self.stored.as_ref()).await {
            while let Some(piece) = stored.next().await? {
                sink.write(piece).await?;
                self.progress.report(stored.delivered(), Some(stored.file().bytes));
            }
            return Ok((stored.file().url.clone(), stored.file_type()));
        }
        let mut download = self.start()?;
        while let Some(piece) = download.next().await? {
            match piece {
                Piece::Restart { .. } => sink.restart().await?,
                Piece::Data(data) => {
                    sink.write(data).await?;
                    self.progress.report(download.received(), download.total());
                }
            }
        }
        Ok((download.url().to_owned(), download.file_type()))
    }

    fn start(&self) -> Result<ResumableDownload> {
        let Context { transport, config, .. } = &*self.context;
        let url = transport.base.resolve(&self.address).map_err(|error| transport.redact(error))?;
        let deadline = deadline_after(Instant::now(), config.transfer_deadline());
        Ok(ResumableDownload::new(Arc::clone(transport), url, config.max_download, deadline))
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("address", &self.address).finish_non_exhaustive()
    }
}
