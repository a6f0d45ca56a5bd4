//! Uploads of a client, each content once.
//!
//! Content is hashed while it is sent. It is hashed beforehand only if content of the same length is known or being sent, as
//! only that can be equal. What is remembered is always the hash of the bytes that were sent.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::TryStreamExt as _;
use tokio::{
    sync::{OwnedMutexGuard, Semaphore},
    time::Instant,
};
use tracing::Instrument as _;

use super::{
    body::{self, Content},
    download::{Piece, ResumableDownload},
    file_pool::FilePool,
    known::{CachedUpload, KnownUploads, Running, Start},
    sink::Sink as _,
    source::{self, FileId, Hash, ReadContent},
    upload::send,
};
use crate::{
    Error, Result, UploadedFile, digest::Sha256, error::ErrorKind, media::LocalMedia, progress::ProgressCallback,
    temporary::TempPath, time::deadline_after, transfer::sink::PartialFile, transport::Transport,
};

/// Maximum number of concurrent uploads per client.
const MAX_CONCURRENT: usize = 8;
/// Maximum number of files per client that are examined at the same time before they are uploaded.
const MAX_CONCURRENT_READS: usize = 4;

/// The uploads of a client and its clones.
pub(crate) struct UploadCache {
    known: KnownUploads,
    pool: FilePool,
    uploads: Semaphore,
    reads: Semaphore,
    /// Maximum time of one upload, including its retries.
    deadline: Duration,
    /// Maximum size of a result that is uploaded again.
    max_download: u64,
}

/// The content is being uploaded, or was.
enum Claim {
    Uploaded(UploadedFile),
    Send(Sending),
}

/// The right to send some content.
struct Sending {
    running: Running,
    /// Locked until the content was sent, if its hash is not known before.
    _unhashed: Option<OwnedMutexGuard<()>>,
    /// The hash that the content had when it was read before, and its entry.
    expected: Option<(Hash, OwnedMutexGuard<Option<CachedUpload>>)>,
}

impl fmt::Debug for UploadCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadCache").finish_non_exhaustive()
    }
}

impl UploadCache {
    pub(crate) fn new(deadline: Duration, max_download: u64) -> Self {
        Self {
            known: KnownUploads::default(),
            pool: FilePool::default(),
            uploads: Semaphore::new(MAX_CONCURRENT),
            reads: Semaphore::new(MAX_CONCURRENT_READS),
            deadline,
            max_download,
        }
    }

    /// Uploads media, unless the same content was uploaded before and has not expired.
    pub(crate) async fn upload(
        &self,
        transport: &Arc<Transport>,
        media: LocalMedia,
        progress: &ProgressCallback,
    ) -> Result<UploadedFile> {
        let upload = async {
            match &media {
                LocalMedia::Path(path) => self.upload_once(transport, &Content::Path(path), progress).await,
                LocalMedia::Bytes(bytes) => self.upload_once(transport, &Content::Bytes(bytes), progress).await,
                LocalMedia::Download(address) => self.upload_result(transport, address, progress).await,
            }
        };
        upload.instrument(tracing::info_span!("upload")).await.map_err(|error| error.redact_and_cut(&[]))
    }

    /// Forgets all uploads. Those in progress are not affected.
    pub(crate) fn clear(&self) {
        self.known.clear();
    }

    /// Forgets the uploads that a text mentions by URL or id: a job that could not read them says so in its error.
    pub(crate) fn forget_mentioned(&self, text: &str) {
        self.known.forget_mentioned(text);
    }

    async fn upload_once(
        &self,
        transport: &Arc<Transport>,
        content: &Content<'_>,
        progress: &ProgressCallback,
    ) -> Result<UploadedFile> {
        let sending = match self.claim(content).await? {
            Claim::Uploaded(file) => return Ok(file),
            Claim::Send(sending) => sending,
        };
        let _permit = self.uploads.acquire().await;
        let deadline = deadline_after(Instant::now(), self.deadline);
        let (file, sent) = send(transport, content, &self.pool, progress, deadline).await?;
        self.known.remember(&sending.running, &sent, CachedUpload::new(file.clone()), sending.expected);
        Ok(file)
    }

    /// Waits for uploads of the same content. Returns their result, or the right to send it.
    async fn claim(&self, content: &Content<'_>) -> Result<Claim> {
        let (running, hash) = loop {
            let (length, file) = self.inspect(content).await?;
            let (running, start) = self.known.start(length, file.as_ref());
            match start {
                Start::Send(guard) => {
                    return Ok(Claim::Send(Sending { running, _unhashed: Some(guard), expected: None }));
                }
                Start::Wait => running.unhashed().await,
                Start::Hashed(hash) => break (running, hash),
                Start::Hash => {
                    let read = self.read(content).await?;
                    self.known.remember_file(&running, &read);
                    break (running, read.hash);
                }
            }
        };
        // Content that is being sent may turn out to be the same. Nothing is locked meanwhile.
        running.unhashed().await;
        let entry = self.known.entry(hash).lock_owned().await;
        Ok(match entry.as_ref().filter(|cached| cached.is_valid()) {
            Some(cached) => Claim::Uploaded(cached.file.clone()),
            None => Claim::Send(Sending { running, _unhashed: None, expected: Some((hash, entry)) }),
        })
    }

    /// Returns the length of the content, and the identity of its file.
    async fn inspect(&self, content: &Content<'_>) -> Result<(u64, Option<FileId>)> {
        match content {
            Content::Bytes(bytes) => Ok((bytes.len() as u64, None)),
            Content::Path(path) | Content::Result(path) => {
                let _permit = self.reads.acquire().await;
                source::inspect(path, &self.pool).await.map(|(length, id)| (length, Some(id)))
            }
        }
    }

    /// Hashes the content in pieces.
    async fn read(&self, content: &Content<'_>) -> Result<ReadContent> {
        let _permit = self.reads.acquire().await;
        match content {
            Content::Bytes(bytes) => {
                let mut hasher = Sha256::new();
                for chunk in body::chunks((*bytes).clone()) {
                    hasher.update(&chunk);
                    tokio::task::yield_now().await;
                }
                Ok(ReadContent { hash: hasher.finish(), id: None })
            }
            Content::Path(path) | Content::Result(path) => {
                let outcome = body::BodyOutcome::default();
                let (_, file) = source::open(path, &self.pool).await?;
                let mut pieces = std::pin::pin!(file.into_pieces(|end| outcome.set(end)));
                // Why a piece could not be read is in the outcome.
                while let Ok(Some(_)) = pieces.try_next().await {}
                let unread = || Error::new(ErrorKind::Io, format!("{} could not be read", path.display()));
                outcome.take().unwrap_or_else(|| Err(unread()))
            }
        }
    }

    /// Downloads a result of the service and uploads it again, unless that was done before.
    async fn upload_result(
        &self,
        transport: &Arc<Transport>,
        address: &str,
        progress: &ProgressCallback,
    ) -> Result<UploadedFile> {
        let mut hasher = Sha256::new();
        hasher.update(format!("result {address}"));
        let mut entry = self.known.entry(hasher.finish()).lock_owned().await;
        if let Some(cached) = entry.as_ref().filter(|cached| cached.is_valid()) {
            return Ok(cached.file.clone());
        }
        let _permit = self.uploads.acquire().await;
        let deadline = deadline_after(Instant::now(), self.deadline);
        // The temporary file lives until it is uploaded.
        let content = self.fetch(transport, address, deadline).await?;
        let (file, _) = send(transport, &Content::Result(content.path()), &self.pool, progress, deadline).await?;
        *entry = Some(CachedUpload::new(file.clone()));
        Ok(file)
    }

    /// Downloads a result into a private temporary file.
    async fn fetch(&self, transport: &Arc<Transport>, address: &str, deadline: Instant) -> Result<TempPath> {
        let url = transport.base.resolve(address).map_err(|error| transport.redact(error))?;
        let mut file = PartialFile::private(&std::env::temp_dir())?;
        let mut download = ResumableDownload::new(Arc::clone(transport), url, self.max_download, deadline);
        while let Some(piece) = download.next().await? {
            match piece {
                Piece::Restart { .. } => file.restart().await?,
                Piece::Data(data) => file.write(data).await?,
            }
        }
        file.into_temporary().await
    }
}
