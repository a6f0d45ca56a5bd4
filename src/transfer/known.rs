//! What was uploaded, and what is being uploaded.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    time::Instant,
};

use super::source::{FileId, Hash, ReadContent};
use crate::UploadedFile;

/// How long an upload is reused. The service keeps it for 30 minutes; a job must have fetched it by then.
const MAX_REUSE: Duration = Duration::from_secs(25 * 60);
/// Number of entries from which on expired ones are removed.
const MIN_ENTRIES: usize = 64;

/// Locked during an upload, so that equal content waits for it.
pub(super) type Entry = Arc<AsyncMutex<Option<CachedUpload>>>;

/// The uploads of a client.
#[derive(Default)]
pub(super) struct KnownUploads {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the hash of the content.
    entries: HashMap<Hash, Entry>,
    /// The lengths of what is known or being uploaded: content of any other length is new without being hashed.
    lengths: HashMap<u64, Arc<Length>>,
    /// The hashes of files that were read.
    files: HashMap<FileId, Hash>,
    /// How often everything was forgotten.
    generation: u64,
    /// Number of entries and lengths from which on expired ones are removed.
    prune_at: usize,
}

/// An upload that can be reused.
#[derive(Clone)]
pub(super) struct CachedUpload {
    pub(super) file: UploadedFile,
    valid_until: Instant,
    /// The same by the wall clock: the monotonic clock may stop while the machine sleeps.
    valid_until_wall: SystemTime,
}

impl CachedUpload {
    pub(super) fn new(file: UploadedFile) -> Self {
        let lifetime = file.lifetime().map_or(MAX_REUSE, |lifetime| lifetime.min(MAX_REUSE));
        Self { file, valid_until: Instant::now() + lifetime, valid_until_wall: SystemTime::now() + lifetime }
    }

    pub(super) fn is_valid(&self) -> bool {
        Instant::now() < self.valid_until && SystemTime::now() < self.valid_until_wall
    }
}

/// The content of one length. Every upload of this length holds a reference.
#[derive(Default)]
struct Length {
    /// Locked while content is sent whose hash is not known yet.
    unhashed: Arc<AsyncMutex<()>>,
    content: Mutex<LengthContent>,
}

#[derive(Default)]
struct LengthContent {
    /// The file that is sent while its hash is not known yet.
    unhashed_file: Option<FileId>,
    /// When the last known upload of this length expires.
    known_until: Option<Instant>,
}

impl Length {
    fn content(&self) -> MutexGuard<'_, LengthContent> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_known(&self) -> bool {
        self.content().known_until.is_some_and(|until| Instant::now() < until)
    }
}

/// An upload from its beginning to its end. It keeps content of the same length from being sent without comparison.
pub(super) struct Running {
    length: Arc<Length>,
    generation: u64,
}

/// What has to happen before content is sent.
pub(super) enum Start {
    /// Nothing: there is no other content of its length. The guard is held until the content was sent.
    Send(OwnedMutexGuard<()>),
    /// The same file is being sent: wait for it, then start again.
    Wait,
    /// The content is to be hashed.
    Hash,
    /// The file was read before, and this is its hash.
    Hashed(Hash),
}

impl Running {
    /// Waits until the hash of everything that was sent is known.
    pub(super) async fn unhashed(&self) {
        drop(self.length.unhashed.lock().await);
    }
}

impl KnownUploads {
    /// Starts to upload content of some length, from a file unless it is in memory.
    pub(super) fn start(&self, length: u64, file: Option<&FileId>) -> (Running, Start) {
        let mut state = self.state();
        state.prune();
        let others = Arc::clone(state.lengths.entry(length).or_default());
        let hash = file.and_then(|file| state.files.get(file).copied());
        // Two references are those of the map and of this upload.
        let is_new = Arc::strong_count(&others) == 2 && !others.is_known();
        let start = match (hash, Arc::clone(&others.unhashed).try_lock_owned()) {
            (Some(hash), _) => Start::Hashed(hash),
            (None, Ok(guard)) if is_new => {
                others.content().unhashed_file = file.cloned();
                Start::Send(guard)
            }
            (None, Err(_)) if file.is_some() && others.content().unhashed_file.as_ref() == file => Start::Wait,
            (None, _) => Start::Hash,
        };
        (Running { length: others, generation: state.generation }, start)
    }

    /// Returns the entry of some content.
    pub(super) fn entry(&self, hash: Hash) -> Entry {
        Arc::clone(self.state().entries.entry(hash).or_default())
    }

    /// Remembers the content of a file that was read.
    pub(super) fn remember_file(&self, running: &Running, content: &ReadContent) {
        let mut state = self.state();
        if let Some(id) = content.id.clone().filter(|_| state.generation == running.generation) {
            state.files.insert(id, content.hash);
        }
    }

    /// Remembers an upload. `entry` is that of the expected hash, if there was one.
    pub(super) fn remember(
        &self,
        running: &Running,
        content: &ReadContent,
        upload: CachedUpload,
        expected: Option<(Hash, OwnedMutexGuard<Option<CachedUpload>>)>,
    ) {
        let known_until = running.length.content().known_until.max(Some(upload.valid_until));
        running.length.content().known_until = known_until;
        self.remember_file(running, content);
        match expected {
            Some((hash, mut entry)) if hash == content.hash => *entry = Some(upload),
            _ => {
                let mut state = self.state();
                if state.generation == running.generation
                    // Locked if the same content is being uploaded from elsewhere, which then remembers it.
                    && let Ok(mut entry) = state.entries.entry(content.hash).or_default().try_lock()
                {
                    *entry = Some(upload);
                }
            }
        }
    }

    /// Forgets all uploads. Those in progress are not affected.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        *state = State { generation: state.generation + 1, ..State::default() };
    }

    /// Forgets the uploads that a text mentions by URL or id.
    pub(super) fn forget_mentioned(&self, text: &str) {
        let is_mentioned = |file: &UploadedFile| {
            let id = file.id.as_deref().filter(|id| !id.is_empty());
            text.contains(&file.url) || id.is_some_and(|id| text.contains(id))
        };
        self.state().entries.retain(|_, entry| match entry.try_lock() {
            Ok(cached) => !cached.as_ref().is_some_and(|cached| is_mentioned(&cached.file)),
            Err(_) => true,
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Removes what is expired and not in use, whenever the number has doubled.
    fn prune(&mut self) {
        if self.entries.len() + self.lengths.len() < self.prune_at.max(MIN_ENTRIES) {
            return;
        }
        self.entries.retain(|_, entry| {
            let is_used = Arc::strong_count(entry) > 1;
            is_used || entry.try_lock().is_ok_and(|cached| cached.as_ref().is_some_and(CachedUpload::is_valid))
        });
        self.lengths.retain(|_, length| Arc::strong_count(length) > 1 || length.is_known());
        self.files.retain(|_, hash| self.entries.contains_key(hash));
        self.prune_at = 2 * (self.entries.len() + self.lengths.len());
    }
}
