//! The folder of stored results: one folder for each, with its files and what the service said.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::Key;
use crate::{
    Error, Generation, JobRef, Model, Result, SavedFile,
    context::Context,
    temporary::{HIDDEN_PREFIX, TempDir},
    wire::PredictionResponse,
};

/// What is stored of a result beside its files. Written last; its time is that of the last use.
const RECORD: &str = "result.json";
/// A result that has not become complete in this time never will.
const MAX_UNFINISHED: Duration = Duration::from_secs(24 * 3600);

#[derive(Serialize, Deserialize)]
struct Record {
    model: Option<Model>,
    job: Option<JobRef>,
    response: Value,
    /// The paths are names within the folder.
    files: Vec<SavedFile>,
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
        let place = self.folder.join(key.as_str());
        let record = tokio::task::spawn_blocking(move || read(&place)).await.ok()??;
        let Record { model, job, response, files } = record;
        let generation = Generation::from_response(Arc::clone(context), job, model, PredictionResponse::new(response));
        generation.ok().map(|generation| generation.with_stored(files).reused())
    }

    /// Downloads the files of a result and stores it. Returns the stored files.
    pub(super) async fn save(&self, key: &Key, generation: &Generation, max_bytes: u64) -> Result<Vec<SavedFile>> {
        let failed = |e: io::Error| Error::io(self.folder.display(), e);
        let unfinished = TempDir::create(&self.folder).map_err(failed)?;
        let mut files = Vec::with_capacity(generation.urls().len());
        for index in 0..generation.urls().len() {
            let mut file = generation.file(index)?.save_in(unfinished.path(), &index.to_string()).await?;
            file.path = file.path.file_name().unwrap_or_default().into();
            files.push(file);
        }
        let (model, job) = (generation.model().cloned(), generation.job_ref());
        let record = Record { model, job, response: generation.response().clone(), files };
        let (folder, place) = (self.folder.clone(), self.folder.join(key.as_str()));
        let stored = tokio::task::spawn_blocking(move || {
            fs::write(unfinished.path().join(RECORD), serde_json::to_vec(&record)?)?;
            // What another process has stored meanwhile is as good; what is damaged is not.
            if let Some(record) = read(&place) {
                return Ok(record.files);
            }
            let _ = fs::remove_dir_all(&place);
            fs::rename(unfinished.path(), &place)?;
            evict(&folder, max_bytes, &place)?;
            Ok(located(record.files, &place))
        });
        stored.await.map_err(|e| failed(io::Error::other(e)))?.map_err(failed)
    }
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

/// Reads a stored result and notes its use. `None` if there is none, or if it is damaged.
fn read(place: &Path) -> Option<Record> {
    let path = place.join(RECORD);
    let mut record: Record = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    record.files = located(record.files, place);
    let is_complete = |file: &SavedFile| fs::metadata(&file.path).is_ok_and(|found| found.len() == file.bytes);
    if !record.files.iter().all(is_complete) {
        return None;
    }
    // Without this, the result only seems older than it is.
    let _ = fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
    Some(record)
}

/// Returns files with their whole paths. Only their names count, so that a record cannot name files elsewhere.
fn located(mut files: Vec<SavedFile>, place: &Path) -> Vec<SavedFile> {
    for file in &mut files {
        file.path = place.join(file.path.file_name().unwrap_or_default());
    }
    files
}

/// Removes the results that were not used for the longest time until the rest fits. `newest` stays.
fn evict(folder: &Path, max_bytes: u64, newest: &Path) -> io::Result<()> {
    let mut results = Vec::new();
    for entry in fs::read_dir(folder)? {
        let (entry, mut bytes) = (entry?, 0);
        let used = fs::metadata(entry.path().join(RECORD)).and_then(|record| record.modified());
        let (Ok(used), true) = (used, entry.file_name().to_str().is_some_and(Key::is_key)) else { continue };
        for file in fs::read_dir(entry.path())? {
            bytes += file?.metadata()?.len();
        }
        results.push((used, bytes, entry.path()));
    }
    results.sort_unstable();
    let mut total: u64 = results.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, place) in results.iter().filter(|(_, _, place)| place != newest) {
        if total <= max_bytes {
            break;
        }
        fs::remove_dir_all(place)?;
        total -= bytes;
    }
    Ok(())
}
