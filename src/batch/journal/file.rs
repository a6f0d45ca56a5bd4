//! The journal of one process: a redb file.
//!
//! A dedicated thread writes it. Changes that arrive while the disk is busy share the next transaction.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use redb::{Database, DatabaseError, ReadableDatabase as _, StorageBackend, TableDefinition};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{Fingerprint, Journal, Pending, State};
use crate::{
    Error, Result,
    error::ErrorKind,
    temporary::{TempPath, parent_dir},
};

const ITEMS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("items");
/// Maximum number of changes per transaction.
const MAX_CHANGES: usize = 1000;

/// An item as it is stored: readable JSON.
#[derive(Serialize, Deserialize)]
struct Entry {
    request: Fingerprint,
    #[serde(flatten)]
    state: State,
}

/// A change, and the receiver of its confirmation.
struct Change {
    index: u64,
    entry: Option<Vec<u8>>,
    written: oneshot::Sender<Result<(), String>>,
}

/// An open journal. The file is locked until it is dropped.
pub(crate) struct FileJournal {
    path: PathBuf,
    database: Arc<Database>,
    changes: Option<mpsc::Sender<Change>>,
    writer: Option<JoinHandle<()>>,
}

impl FileJournal {
    /// Opens or creates a journal. Blocks.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |e| Error::io(path.display(), e);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        if !path.exists() {
            create(path)?;
        }
        Self::with(path, Database::builder().open(path).map_err(|e| cannot_open(path, e))?)
    }

    /// Opens a journal on other storage, for tests of storage failures. Blocks.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) fn on(backend: impl StorageBackend) -> Result<Self> {
        let path = Path::new("journal");
        Self::with(path, Database::builder().create_with_backend(backend).map_err(|e| cannot_open(path, e))?)
    }

    fn with(path: &Path, database: Database) -> Result<Self> {
        let database = Arc::new(database);
        // The table must exist before it is read.
        write(&database, &[]).map_err(|e| journal_error(path, e))?;
        let (changes, inbox) = mpsc::channel();
        let for_writer = Arc::clone(&database);
        let writer =
            std::thread::Builder::new().name("pruna-journal".into()).spawn(move || run_writer(&for_writer, &inbox));
        let writer = Some(writer.map_err(|e| Error::io(path.display(), e))?);
        Ok(Self { path: path.to_owned(), database, changes: Some(changes), writer })
    }

    fn read(&self, index: usize) -> Result<Option<Entry>, Box<dyn std::error::Error + Send + Sync>> {
        let table = self.database.begin_read()?.open_table(ITEMS)?;
        let Some(found) = table.get(index as u64)? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(found.value())?))
    }
}

impl Journal for FileJournal {
    fn find<'a>(&'a self, index: usize, fingerprint: &'a Fingerprint) -> Pending<'a, Option<State>> {
        Box::pin(async move {
            let entry = self.read(index).map_err(|e| journal_error(&self.path, e.to_string()))?;
            match entry {
                Some(entry) if entry.request != *fingerprint => {
                    let message = format!(
                        "request {index} differs from the one recorded in {}; use a new journal for another batch",
                        self.path.display()
                    );
                    Err(Error::configuration(message))
                }
                entry => Ok(entry.map(|entry| entry.state)),
            }
        })
    }

    fn record<'a>(&'a self, index: usize, fingerprint: &'a Fingerprint, state: Option<State>) -> Pending<'a, ()> {
        Box::pin(async move {
            let entry =
                state.map(|state| serde_json::to_vec(&Entry { request: fingerprint.clone(), state })).transpose();
            let entry = entry.map_err(|e| journal_error(&self.path, e.to_string()))?;
            let (written, confirmed) = oneshot::channel();
            let change = Change { index: index as u64, entry, written };
            let gone = || journal_error(&self.path, "its writer thread has ended".to_owned());
            self.changes.as_ref().ok_or_else(gone)?.send(change).map_err(|_| gone())?;
            confirmed.await.map_err(|_| gone())?.map_err(|why| journal_error(&self.path, why))
        })
    }
}

impl Drop for FileJournal {
    /// Waits for the writer, so that the file is unlocked afterwards.
    fn drop(&mut self) {
        self.changes = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was reported to those who waited for it.
            let _ = writer.join();
        }
    }
}

/// Creates an empty journal, atomically, so that no crash leaves a partial one.
fn create(path: &Path) -> Result<()> {
    let failed = |e| Error::io(path.display(), e);
    let (_, unnamed) = TempPath::create_private(parent_dir(path), ".journal").map_err(failed)?;
    drop(Database::builder().create(unnamed.path()).map_err(|e| cannot_open(path, e))?);
    match unnamed.persist_noclobber(path) {
        // Another process created it meanwhile; opening it will fail if it is in use.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        named => named.map_err(failed),
    }
}

/// Writes changes until the senders are gone.
fn run_writer(database: &Database, inbox: &mpsc::Receiver<Change>) {
    while let Ok(first) = inbox.recv() {
        let changes: Vec<Change> = std::iter::once(first).chain(inbox.try_iter()).take(MAX_CHANGES).collect();
        let result = write(database, &changes);
        for change in changes {
            // The waiter may have been dropped.
            let _ = change.written.send(result.clone());
        }
    }
}

/// Writes one transaction, which is on disk when this returns.
fn write(database: &Database, changes: &[Change]) -> Result<(), String> {
    let attempt = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        let mut items = transaction.open_table(ITEMS)?;
        for change in changes {
            match &change.entry {
                Some(entry) => drop(items.insert(change.index, entry.as_slice())?),
                None => drop(items.remove(change.index)?),
            }
        }
        drop(items);
        Ok(transaction.commit()?)
    };
    attempt().map_err(|e| e.to_string())
}

fn cannot_open(path: &Path, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::configuration(format!(
            "the journal {} is in use by another process or batch; wait until that ends, or use a journal for each",
            path.display()
        )),
        other => journal_error(path, other.to_string()).with_source(other),
    }
}

fn journal_error(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the journal {}: {why}", path.display()))
}
