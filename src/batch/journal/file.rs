//! The journal of one process: a file, by redb.
//!
//! A thread of its own writes it. Whatever was handed in while the disk was busy goes into the next transaction, so that
//! many items share one wait for the disk.

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
    Error,
    error::ErrorKind,
    temporary::{TempPath, folder_of},
};

const ITEMS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("items");
/// Changes of one transaction at most.
const MOST_AT_ONCE: usize = 1000;

/// An item as it is written: JSON, readable by a person.
#[derive(Serialize, Deserialize)]
struct Entry {
    request: Fingerprint,
    #[serde(flatten)]
    state: State,
}

/// A change, and whom to tell that it is on the disk.
struct Change {
    index: u64,
    entry: Option<Vec<u8>>,
    written: oneshot::Sender<Result<(), String>>,
}

/// An open journal. The file is locked against others until it is dropped.
pub(crate) struct FileJournal {
    path: PathBuf,
    database: Arc<Database>,
    changes: Option<mpsc::Sender<Change>>,
    writer: Option<JoinHandle<()>>,
}

impl FileJournal {
    /// Opens a journal, or begins one. Blocks.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |e| Error::io(path.display(), e);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        if !path.exists() {
            begin(path)?;
        }
        Self::with(path, Database::builder().open(path).map_err(|e| cannot_open(path, e))?)
    }

    /// Opens a journal on some other storage than a file: for tests of what storage can do wrong. Blocks.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) fn on(backend: impl StorageBackend) -> Result<Self, Error> {
        let path = Path::new("journal");
        Self::with(path, Database::builder().create_with_backend(backend).map_err(|e| cannot_open(path, e))?)
    }

    fn with(path: &Path, database: Database) -> Result<Self, Error> {
        let database = Arc::new(database);
        // The table has to be there before anybody reads it.
        write(&database, &[]).map_err(|e| broken(path, e))?;
        let (changes, inbox) = mpsc::channel();
        let for_writer = Arc::clone(&database);
        let writer = std::thread::Builder::new().name("pruna-journal".into()).spawn(move || serve(&for_writer, &inbox));
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
    fn find<'a>(&'a self, index: usize, print: &'a Fingerprint) -> Pending<'a, Option<State>> {
        Box::pin(async move {
            let entry = self.read(index).map_err(|e| broken(&self.path, e.to_string()))?;
            match entry {
                Some(entry) if entry.request != *print => {
                    let message = format!(
                        "request {index} is another than the one noted in {}; a journal belongs to one batch",
                        self.path.display()
                    );
                    Err(Error::configuration(message))
                }
                entry => Ok(entry.map(|entry| entry.state)),
            }
        })
    }

    fn note<'a>(&'a self, index: usize, print: &'a Fingerprint, state: Option<State>) -> Pending<'a, ()> {
        Box::pin(async move {
            let entry = state.map(|state| serde_json::to_vec(&Entry { request: print.clone(), state })).transpose();
            let entry = entry.map_err(|e| broken(&self.path, e.to_string()))?;
            let (written, confirmed) = oneshot::channel();
            let change = Change { index: index as u64, entry, written };
            let gone = || broken(&self.path, "its writer has ended".to_owned());
            self.changes.as_ref().ok_or_else(gone)?.send(change).map_err(|_| gone())?;
            confirmed.await.map_err(|_| gone())?.map_err(|why| broken(&self.path, why))
        })
    }
}

impl Drop for FileJournal {
    /// Waits for the writer, which is done as soon as nothing more can come, so that the file is free afterwards.
    fn drop(&mut self) {
        self.changes = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was seen by those who waited for it.
            let _ = writer.join();
        }
    }
}

/// Makes an empty journal. It gets its name when it is complete, so that no crash leaves half a one.
fn begin(path: &Path) -> Result<(), Error> {
    let failed = |e| Error::io(path.display(), e);
    let (_, unnamed) = TempPath::create_private(folder_of(path), ".journal").map_err(failed)?;
    drop(Database::builder().create(unnamed.path()).map_err(|e| cannot_open(path, e))?);
    match unnamed.keep(path) {
        // Somebody else was quicker: then it is theirs, and opening it will tell.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        named => named.map_err(failed),
    }
}

/// Writes changes until nobody can send any.
fn serve(database: &Database, inbox: &mpsc::Receiver<Change>) {
    while let Ok(first) = inbox.recv() {
        let changes: Vec<Change> = std::iter::once(first).chain(inbox.try_iter()).take(MOST_AT_ONCE).collect();
        let result = write(database, &changes);
        for change in changes {
            // Whoever no longer waits does not need to know.
            let _ = change.written.send(result.clone());
        }
    }
}

/// One transaction, on the disk when this returns.
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
            "the journal {} is in use by another process or batch; wait for its end, or give each a journal of its own",
            path.display()
        )),
        other => broken(path, other.to_string()).with_source(other),
    }
}

fn broken(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the journal {}: {why}", path.display()))
}
