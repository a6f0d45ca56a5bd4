//! The journal of one process: a redb file.
//!
//! A dedicated thread writes it. Changes that arrive while the disk is busy share the next transaction.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable as _, StorageBackend, TableDefinition, TableError,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{Commitment, Journal, Pending, Service, State, changed};
use crate::{
    Error, Result,
    batch::identity::{Fingerprint, Identity, ItemId},
    error::ErrorKind,
    temporary::{HIDDEN_PREFIX, TempPath, hidden_name, parent_dir},
    usd::Usd,
};

/// The items, by their identity.
const ITEMS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("items by identity");
/// What the journal belongs to, under the one key `journal`.
const HEADER: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("journal");
/// What all runs have committed of a budget, in micro-dollars, under the one key `committed`.
const ACCOUNT: TableDefinition<'_, &str, u64> = TableDefinition::new("account");
const COMMITTED: &str = "committed";
/// The items of earlier versions, by their position.
const ITEMS_BY_POSITION: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("items");
/// Maximum number of changes per transaction.
const MAX_CHANGES: usize = 1000;

/// What a journal belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    service: Service,
    /// Name of the hidden folder for unfinished files, which no other journal uses.
    hidden_folder: String,
}

/// An item as it is stored: readable JSON.
#[derive(Serialize, Deserialize)]
struct Entry {
    request: Fingerprint,
    #[serde(flatten)]
    state: State,
}

/// A change, and the receiver of its confirmation.
struct Change {
    item: ItemId,
    entry: Option<Vec<u8>>,
    commitment: Commitment,
    written: oneshot::Sender<Result<(), String>>,
}

/// An open journal. The file is locked until it is dropped.
pub(crate) struct FileJournal {
    path: PathBuf,
    database: Arc<Database>,
    header: Header,
    /// What earlier runs have committed.
    committed: Usd,
    changes: Option<mpsc::Sender<Change>>,
    writer: Option<JoinHandle<()>>,
}

/// What a journal contains.
pub(in crate::batch) struct Contents {
    pub(in crate::batch) service: Service,
    pub(in crate::batch) items: HashMap<ItemId, (Fingerprint, State)>,
    /// What all runs have committed.
    pub(in crate::batch) committed: Usd,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl FileJournal {
    /// Opens or creates a journal of a service. `rebind` admits one that was written with another key. Blocks.
    pub(in crate::batch) fn open(path: &Path, service: &Service, rebind: bool) -> Result<Self> {
        let failed = |e| Error::io(path.display(), e);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        if !path.exists() {
            create(path)?;
        }
        let database = Database::builder().open(path).map_err(|e| cannot_open(path, e))?;
        Self::with(path, database, service, rebind)
    }

    /// Reads a journal without changing it; `None` if there is none. Blocks.
    pub(in crate::batch) fn read(path: &Path) -> Result<Option<Contents>> {
        if !path.exists() {
            return Ok(None);
        }
        match Database::builder().open_read_only(path) {
            Ok(database) => contents(path, &database),
            // After a crash it has to be repaired first, which changes none of its contents.
            Err(DatabaseError::RepairAborted) => {
                let database = Database::builder().open(path).map_err(|e| cannot_open(path, e))?;
                contents(path, &database)
            }
            Err(error) => Err(cannot_open(path, error)),
        }
    }

    /// Opens a journal on other storage, for tests of storage failures. Blocks.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(in crate::batch) fn on(backend: impl StorageBackend, service: &Service) -> Result<Self> {
        let path = Path::new("journal");
        let database = Database::builder().create_with_backend(backend).map_err(|e| cannot_open(path, e))?;
        Self::with(path, database, service, false)
    }

    fn with(path: &Path, database: Database, service: &Service, rebind: bool) -> Result<Self> {
        let header = bind(path, &database, service, rebind)?;
        let committed = committed(&database).map_err(|e| journal_error(path, e))?;
        let database = Arc::new(database);
        let (changes, inbox) = mpsc::channel();
        let for_writer = Arc::clone(&database);
        let writer =
            std::thread::Builder::new().name("pruna-journal".into()).spawn(move || run_writer(&for_writer, &inbox));
        let writer = Some(writer.map_err(|e| Error::io(path.display(), e))?);
        Ok(Self { path: path.to_owned(), database, header, committed, changes: Some(changes), writer })
    }

    /// Returns the name of the hidden folder for unfinished files, which no other journal uses.
    pub(in crate::batch) fn hidden_folder(&self) -> &str {
        &self.header.hidden_folder
    }

    fn get(&self, item: &ItemId) -> Result<Option<Entry>, Failure> {
        let table = self.database.begin_read()?.open_table(ITEMS)?;
        let Some(found) = table.get(item.as_str())? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(found.value())?))
    }
}

impl Journal for FileJournal {
    fn find<'a>(&'a self, item: &'a Identity) -> Pending<'a, Option<State>> {
        Box::pin(async move {
            match self.get(&item.id).map_err(|e| journal_error(&self.path, e))? {
                // What failed has no result that could be taken for that of another request.
                Some(Entry { request, state: State::Failed { .. } }) if request != item.fingerprint => Ok(None),
                Some(entry) if entry.request != item.fingerprint => Err(changed(item)),
                entry => Ok(entry.map(|entry| entry.state)),
            }
        })
    }

    fn record<'a>(&'a self, item: &'a Identity, state: Option<State>, change: Commitment) -> Pending<'a, ()> {
        Box::pin(async move {
            let entry =
                state.map(|state| serde_json::to_vec(&Entry { request: item.fingerprint.clone(), state })).transpose();
            let entry = entry.map_err(|e| journal_error(&self.path, e))?;
            let (written, confirmed) = oneshot::channel();
            let change = Change { item: item.id.clone(), entry, commitment: change, written };
            let gone = || journal_error(&self.path, "its writer thread has ended");
            self.changes.as_ref().ok_or_else(gone)?.send(change).map_err(|_| gone())?;
            confirmed.await.map_err(|_| gone())?.map_err(|why| journal_error(&self.path, why))
        })
    }

    fn committed(&self) -> Option<(&str, Usd)> {
        Some((self.hidden_folder(), self.committed))
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

/// Binds a new journal to a service, or checks that it belongs to it.
fn bind(path: &Path, database: &Database, service: &Service, rebind: bool) -> Result<Header> {
    let recorded = header(path, database)?;
    if let Some(header) = &recorded {
        service.check(&describe(path), &header.service, rebind)?;
        if header.service == *service {
            return Ok(header.clone());
        }
    }
    let hidden_folder = recorded.map_or_else(hidden_name, |header| header.hidden_folder);
    let header = Header { service: service.clone(), hidden_folder };
    let write = || -> Result<(), Failure> {
        let transaction = database.begin_write()?;
        transaction.open_table(HEADER)?.insert("journal", serde_json::to_vec(&header)?.as_slice())?;
        // The table must exist before it is read.
        drop(transaction.open_table(ITEMS)?);
        Ok(transaction.commit()?)
    };
    write().map_err(|e| journal_error(path, e))?;
    Ok(header)
}

/// Returns what a journal belongs to; `None` if it is new.
fn header(path: &Path, database: &impl ReadableDatabase) -> Result<Option<Header>> {
    let read = || -> Result<Result<Option<Header>, &str>, Failure> {
        let transaction = database.begin_read()?;
        let table = match transaction.open_table(HEADER) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => {
                return Ok(match transaction.open_table(ITEMS_BY_POSITION) {
                    Ok(_) => {
                        Err("an earlier version of this program wrote it, which knew items by their position only; \
                                  finish that batch with the earlier version, or use another journal")
                    }
                    Err(_) => Ok(None),
                });
            }
            Err(other) => return Err(other.into()),
        };
        let Some(found) = table.get("journal")? else { return Ok(Ok(None)) };
        let header: Header = serde_json::from_slice(found.value())?;
        // The folder is removed, so it must be one of this program.
        let is_own = header.hidden_folder.starts_with(HIDDEN_PREFIX) && !header.hidden_folder.contains(['/', '\\']);
        Ok(if is_own { Ok(Some(header)) } else { Err("it names a folder that no batch has made; use another journal") })
    };
    match read().map_err(|e| journal_error(path, e))? {
        Ok(header) => Ok(header),
        Err(why) => Err(Error::configuration(format!("{}: {why}", describe(path)))),
    }
}

/// Returns what earlier runs have committed.
fn committed(database: &impl ReadableDatabase) -> Result<Usd, Failure> {
    match database.begin_read()?.open_table(ACCOUNT) {
        Ok(account) => Ok(Usd::from_micros(account.get(COMMITTED)?.map_or(0, |found| found.value()))),
        Err(TableError::TableDoesNotExist(_)) => Ok(Usd::ZERO),
        Err(other) => Err(other.into()),
    }
}

/// Reads everything; `None` if the journal is new.
fn contents(path: &Path, database: &impl ReadableDatabase) -> Result<Option<Contents>> {
    let Some(Header { service, .. }) = header(path, database)? else { return Ok(None) };
    let read = || -> Result<HashMap<ItemId, (Fingerprint, State)>, Failure> {
        let table = database.begin_read()?.open_table(ITEMS)?;
        let mut items = HashMap::new();
        for entry in table.iter()? {
            let (id, entry) = entry?;
            let Entry { request, state } = serde_json::from_slice(entry.value())?;
            items.insert(ItemId::from_stored(id.value()), (request, state.without_response()));
        }
        Ok(items)
    };
    let items = read().map_err(|e| journal_error(path, e))?;
    let committed = committed(database).map_err(|e| journal_error(path, e))?;
    Ok(Some(Contents { service, items, committed }))
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
                Some(entry) => drop(items.insert(change.item.as_str(), entry.as_slice())?),
                None => drop(items.remove(change.item.as_str())?),
            }
        }
        drop(items);
        if changes.iter().any(|change| change.commitment != Commitment::Unchanged) {
            let mut account = transaction.open_table(ACCOUNT)?;
            let before = account.get(COMMITTED)?.map_or(0, |found| found.value());
            let after = changes.iter().fold(before, |sum, change| match change.commitment {
                Commitment::Unchanged => sum,
                Commitment::Add(usd) => sum.saturating_add(usd.micros()),
                Commitment::Remove(usd) => sum.saturating_sub(usd.micros()),
            });
            account.insert(COMMITTED, after)?;
        }
        Ok(transaction.commit()?)
    };
    attempt().map_err(|e| e.to_string())
}

fn cannot_open(path: &Path, error: DatabaseError) -> Error {
    let what = describe(path);
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::configuration(format!(
            "{what} is in use by another process or batch; wait until that ends, or use a journal for each"
        )),
        other => Error::new(
            ErrorKind::Io,
            format!(
                "{what} cannot be read: {other}; restore it, or move it away and begin with another one, which knows \
                 nothing of what was submitted"
            ),
        )
        .with_source(other),
    }
}

fn journal_error(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("{}: {why}", describe(path)))
}

fn describe(path: &Path) -> String {
    format!("the journal {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Service {
        Service { name: "the service".into(), account: None }
    }

    #[test]
    fn a_journal_of_an_earlier_version_is_refused_with_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("old.journal");
        let database = Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(ITEMS_BY_POSITION).unwrap().insert(0, b"{}".as_slice()).unwrap();
        transaction.commit().unwrap();
        drop(database);
        for error in [FileJournal::read(&path).err(), FileJournal::open(&path, &service(), true).err()] {
            let error = error.unwrap();
            assert!(error.is_configuration() && error.message().contains("use another journal"), "{error}");
        }
    }

    #[test]
    fn a_journal_that_names_a_folder_of_others_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("batch.journal");
        for hidden_folder in ["", "..", "../other", ".pruna-x/../..", "pictures"] {
            let database = Database::create(&path).unwrap();
            let header = Header { service: service(), hidden_folder: hidden_folder.into() };
            let transaction = database.begin_write().unwrap();
            let bytes = serde_json::to_vec(&header).unwrap();
            transaction.open_table(HEADER).unwrap().insert("journal", bytes.as_slice()).unwrap();
            transaction.commit().unwrap();
            drop(database);
            let error = FileJournal::open(&path, &service(), false).err().unwrap();
            assert!(error.is_configuration() && error.message().contains("another journal"), "{error}");
        }
    }

    #[test]
    fn a_journal_that_was_cut_is_refused_with_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("batch.journal");
        drop(FileJournal::open(&path, &service(), false).unwrap());
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 1, 100, 4096, whole.len() / 2] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let read = FileJournal::read(&path);
            let opened = FileJournal::open(&path, &service(), false);
            for error in [read.err(), opened.err()] {
                let error = error.unwrap_or_else(|| panic!("{length} bytes of {}", whole.len()));
                assert!(error.is_io() && error.message().contains("move it away"), "{length}: {error}");
            }
            assert_eq!(std::fs::read(&path).unwrap(), whole[..length], "nothing was written");
        }
    }
}
