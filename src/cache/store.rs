//! The folder of stored results: one folder for each, with its files and what the service said.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::key::{Key, content_hash};
use crate::{
    Error, Generation, JobRef, Model, Result, SavedFile,
    context::Context,
    temporary::{HIDDEN_PREFIX, TempDir, hidden_name},
    wire::PredictionResponse,
};

/// What is stored of a result beside its files. Written last; its time is that of the last use.
const RECORD: &str = "result.json";
/// A result that has not become complete in this time never will.
const MAX_UNFINISHED: Duration = Duration::from_secs(24 * 3600);

#[derive(Serialize, Deserialize)]
struct Record {
    key: String,
    model: Option<Model>,
    job: Option<JobRef>,
    files: Vec<Stored>,
}

/// A stored file and the hash of its content. Its path is a name within the folder.
#[derive(Serialize, Deserialize)]
struct Stored {
    sha256: String,
    #[serde(flatten)]
    file: SavedFile,
}

pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        remove_unfinished(folder)?;
        Ok(Self { folder: std::path::absolute(folder)? })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns a stored result whose files are complete.
    pub(super) async fn load(&self, key: &Key, context: &Arc<Context>) -> Option<Generation> {
        let (folder, key) = (self.folder.clone(), key.clone());
        let record = tokio::task::spawn_blocking(move || read(&folder, &key)).await.ok()??;
        let Record { model, job, files, .. } = record;
        let files: Vec<SavedFile> = files.into_iter().map(|stored| stored.file).collect();
        let urls: Vec<&str> = files.iter().map(|file| file.url.as_str()).collect();
        let response = PredictionResponse::new(json!({"status": "succeeded", "generation_url": urls}));
        let generation = Generation::from_response(Arc::clone(context), job, model, response);
        generation.ok().map(|generation| generation.with_stored(files).reused())
    }

    /// Downloads the files of a result and stores it. Returns the stored files.
    pub(super) async fn save(&self, key: &Key, generation: &Generation, max_bytes: u64) -> Result<Vec<SavedFile>> {
        let failed = |e: io::Error| Error::io(self.folder.display(), e);
        let unfinished = TempDir::create(&self.folder).map_err(failed)?;
        make_private(unfinished.path()).map_err(failed)?;
        let mut files = Vec::with_capacity(generation.urls().len());
        for (index, url) in generation.urls().iter().enumerate() {
            let mut file = generation.file(index)?.save_in(unfinished.path(), &index.to_string()).await?;
            file.url.clone_from(url);
            files.push(file);
        }
        let (model, job) = (generation.model().cloned(), generation.job_ref());
        let (folder, key) = (self.folder.clone(), key.clone());
        let stored = tokio::task::spawn_blocking(move || {
            let files = files.into_iter().map(|file| Ok(Stored { sha256: content_hash(&file.path)?, file }));
            let files = files.collect::<io::Result<Vec<_>>>()?;
            let record = Record { key: key.as_str().to_owned(), model, job, files };
            fs::write(unfinished.path().join(RECORD), serde_json::to_vec(&record)?)?;
            let place = folder.join(key.as_str());
            // What another process has stored meanwhile is as good; what is damaged is not.
            let existing = read(&folder, &key);
            if existing.is_none() {
                discard(&folder, &place);
                fs::rename(unfinished.path(), &place)?;
                evict(&folder, max_bytes, &place);
            }
            let files = existing.unwrap_or(record).files;
            Ok(files.into_iter().map(|stored| located(stored, &place).file).collect())
        });
        stored.await.map_err(|e| failed(io::Error::other(e)))?.map_err(failed)
    }
}

/// Results are for the owner's eyes.
fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    let _ = folder;
    Ok(())
}

/// Removes what a process that was killed has left.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_unfinished = entry.file_name().to_str().is_some_and(|name| name.starts_with(HIDDEN_PREFIX));
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|time| time.elapsed().ok());
        if is_unfinished && age.is_some_and(|age| age > MAX_UNFINISHED) {
            // Another process may be faster.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Reads a stored result and notes its use. `None` if there is none, or if it is not what was stored.
fn read(folder: &Path, key: &Key) -> Option<Record> {
    let place = folder.join(key.as_str());
    let path = place.join(RECORD);
    if !fs::symlink_metadata(&place).ok()?.is_dir() {
        return None;
    }
    let mut record: Record = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    record.files = record.files.into_iter().map(|stored| located(stored, &place)).collect();
    if record.key != key.as_str() || record.files.is_empty() || !record.files.iter().all(is_intact) {
        return None;
    }
    // Without this, the result only seems older than it is.
    let _ = fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
    Some(record)
}

/// Returns a file with its whole path. Only its name counts, so that a record cannot name a file elsewhere.
fn located(mut stored: Stored, place: &Path) -> Stored {
    stored.file.path = place.join(stored.file.path.file_name().unwrap_or_default());
    stored
}

/// Whether a file is the one that was stored, not a link to another.
fn is_intact(stored: &Stored) -> bool {
    let SavedFile { path, bytes, .. } = &stored.file;
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == *bytes);
    is_file && content_hash(path).is_ok_and(|hash| hash == stored.sha256)
}

/// Removes the results that were not used for the longest time until the rest fits. `newest` stays. What cannot be removed stays, too.
fn evict(folder: &Path, max_bytes: u64, newest: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut results = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(Key::is_key)) {
        // One without a record is of no use.
        let used = fs::metadata(entry.path().join(RECORD)).and_then(|record| record.modified());
        let files = fs::read_dir(entry.path()).into_iter().flatten().flatten();
        let bytes: u64 = files.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        results.push((used.unwrap_or(SystemTime::UNIX_EPOCH), bytes, entry.path()));
    }
    results.sort_unstable();
    let mut total: u64 = results.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, place) in results.iter().filter(|(_, _, place)| place != newest) {
        if total <= max_bytes {
            break;
        }
        discard(folder, place);
        total -= bytes;
    }
}

/// Removes a result as a whole, so that no other process sees a part of it.
fn discard(folder: &Path, place: &Path) {
    let hidden = folder.join(hidden_name());
    // Another process may be faster; what remains hidden is removed when it is old.
    if fs::rename(place, &hidden).is_ok() {
        let _ = fs::remove_dir_all(hidden);
    }
}
