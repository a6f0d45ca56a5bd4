//! Uploads of a client, each content once.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::TryStreamExt as _;
use tokio::{sync::Semaphore, time::Instant};
use tracing::Instrument as _;

use super::{
    body::{self, Content},
    download::{Piece, ResumableDownload},
    sink::Sink as _,
    upload::send,
};
use crate::{
    Error, Result, UploadedFile, digest::Sha256, media::LocalMedia, progress::ProgressCallback, temporary::TempPath,
    time::deadline_after, transfer::sink::PartialFile, transport::Transport,
};

/// How long an upload is reused. The service keeps it for 30 minutes; a job must have fetched it by then.
const MAX_REUSE: Duration = Duration::from_secs(25 * 60);
/// Maximum number of concurrent uploads per client.
const MAX_CONCURRENT: usize = 8;

/// SHA-256 of the content, or of the URL of a result.
type Hash = [u8; 32];
/// Locked during an upload, so that equal content waits for it.
type Entry = Arc<tokio::sync::Mutex<Option<CachedUpload>>>;

/// The uploads of a client and its clones.
pub(crate) struct UploadCache {
    entries: Mutex<HashMap<Hash, Entry>>,
    permits: Semaphore,
    /// Maximum time of one upload, including its retries.
    deadline: Duration,
    /// Maximum size of a result that is uploaded again.
    max_download: u64,
}

/// An upload that can be reused.
#[derive(Clone)]
struct CachedUpload {
    file: UploadedFile,
    valid_until: Instant,
    /// The same by the wall clock: the monotonic clock may stop while the machine sleeps.
    valid_until_wall: SystemTime,
}

impl CachedUpload {
    fn is_valid(&self) -> bool {
        Instant::now() < self.valid_until && SystemTime::now() < self.valid_until_wall
    }
}

impl fmt::Debug for UploadCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadCache").finish_non_exhaustive()
    }
}

impl UploadCache {
    pub(crate) fn new(deadline: Duration, max_download: u64) -> Self {
        Self { entries: Mutex::default(), permits: Semaphore::new(MAX_CONCURRENT), deadline, max_download }
    }

    /// Uploads media, unless the same content was uploaded before and has not expired.
    pub(crate) async fn upload(
        &self,
        transport: &Arc<Transport>,
        media: LocalMedia,
        progress: &ProgressCallback,
    ) -> Result<UploadedFile> {
        let upload = self.upload_once(transport, media, progress);
        upload.instrument(tracing::info_span!("upload")).await.map_err(|error| error.redact_and_cut(&[]))
    }

    async fn upload_once(
        &self,
        transport: &Arc<Transport>,
        media: LocalMedia,
        progress: &ProgressCallback,
    ) -> Result<UploadedFile> {
        let entry = self.entry(self.hash(&media).await?);
        let mut cached = entry.lock().await;
        if let Some(cached) = cached.as_ref().filter(|cached| cached.is_valid()) {
            return Ok(cached.file.clone());
        }
        let _permit = self.permits.acquire().await;
        let file = self.send(transport, &media, progress).await?;
        let lifetime = file.lifetime().map_or(MAX_REUSE, |lifetime| lifetime.min(MAX_REUSE));
        *cached = Some(CachedUpload {
            file: file.clone(),
            valid_until: Instant::now() + lifetime,
            valid_until_wall: SystemTime::now() + lifetime,
        });
        Ok(file)
    }

    /// Forgets all uploads. Those in progress are not affected.
    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets the uploads that a text mentions by URL or id: a job that could not read them says so in its error.
    pub(crate) fn forget_mentioned(&self, text: &str) {
        let is_mentioned = |file: &UploadedFile| {
            let id = file.id.as_deref().filter(|id| !id.is_empty());
            text.contains(&file.url) || id.is_some_and(|id| text.contains(id))
        };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| match entry.try_lock() {
            Ok(cached) => !cached.as_ref().is_some_and(|cached| is_mentioned(&cached.file)),
            Err(_) => true,
        });
    }

    async fn send(
        &self,
        transport: &Arc<Transport>,
        media: &LocalMedia,
        progress: &ProgressCallback,
    ) -> Result<UploadedFile> {
        let deadline = deadline_after(Instant::now(), self.deadline);
        let content = match media {
            LocalMedia::Path(path) => Content::Path(path),
            LocalMedia::Bytes(bytes) => Content::Bytes(bytes),
            LocalMedia::Download(address) => {
                // The temporary file lives until it is uploaded.
                let file = self.fetch(transport, address, deadline).await?;
                return send(transport, &Content::Result(file.path()), progress, deadline).await;
            }
        };
        send(transport, &content, progress, deadline).await
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

    /// Returns the entry of some content.
    fn entry(&self, hash: Hash) -> Entry {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Removes entries that are expired and not in use.
        entries.retain(|_, entry| {
            let is_used = Arc::strong_count(entry) > 1;
            is_used || entry.try_lock().is_ok_and(|cached| cached.as_ref().is_some_and(CachedUpload::is_valid))
        });
        Arc::clone(entries.entry(hash).or_default())
    }

    /// Hashes the content in pieces. As many files are read at a time as are uploaded.
    async fn hash(&self, media: &LocalMedia) -> Result<Hash> {
        let _permit = self.permits.acquire().await;
        let mut hasher = Sha256::new();
        match media {
            LocalMedia::Bytes(bytes) => {
                for chunk in body::chunks(bytes.clone()) {
                    hasher.update(&chunk);
                    tokio::task::yield_now().await;
                }
            }
            LocalMedia::Path(path) => hash_file(path, &mut hasher).await?,
            LocalMedia::Download(address) => hasher.update(format!("result {address}")),
        }
        Ok(hasher.finish())
    }
}

async fn hash_file(path: &Path, hasher: &mut Sha256) -> Result<()> {
    let (file, _) = body::open(path).await?;
    let mut pieces = body::pieces(file);
    while let Some(piece) = pieces.try_next().await.map_err(|e| Error::io(path.display(), e))? {
        hasher.update(&piece);
    }
    Ok(())
}
