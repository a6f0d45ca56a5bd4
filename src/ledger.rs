//! The ledger: what was spent, by list prices.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

mod entry;
mod file;
mod spending;

pub use entry::{LedgerEntry, LedgerState};
pub use spending::{Amounts, Spending};

use crate::{Error, Model, Result, usd::Usd};
use file::LedgerFile;
pub(crate) use file::Opening;

/// Notes each submission with its estimate and what became of it.
///
/// A client keeps sums by model and [label](crate::Request::label) in memory: [`Client::spent`](crate::Client::spent). With
/// [`Ledger::file`], each submission is noted in a file, too, which several processes may share and which survives them.
/// Prompts, keys and other values of an input are not noted.
///
/// ```
/// use pruna::{Client, Ledger};
///
/// # let folder = std::env::temp_dir().join(format!("pruna-ledger-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("ledger.jsonl");
/// let client = Client::builder().api_key("pru_...").ledger(Ledger::file(&path)?).build()?;
/// // Later, from any program:
/// for entry in Ledger::read(&path)? {
///     println!("{} {:?}", entry.model, entry.state);
/// }
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Ledger {
    totals: Arc<Mutex<Spending>>,
    file: Option<Arc<LedgerFile>>,
    folder: Option<Arc<str>>,
    is_best_effort: bool,
}

impl Ledger {
    /// Creates a ledger that keeps sums in memory only. The default of every client.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Opens a ledger file, or creates it together with its folder. On Unix, only its owner can read it.
    ///
    /// The file has one JSON object per line: one before a submission is sent, one when its outcome is known. Each is one short
    /// write, made at once by the task that submits, so keep the file on a local disk. What was written survives the end of the
    /// process, though not necessarily that of the machine. Do not move the file while programs use it. If the file cannot be written, nothing is submitted
    /// ([`Io`](crate::ErrorKind::Io)); see [`best_effort`](Self::best_effort).
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be opened for writing.
    pub fn file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = LedgerFile::open(path).map_err(|e| Error::io(path.display(), e))?;
        Ok(Self { file: Some(Arc::new(file)), ..Self::default() })
    }

    /// Notes this folder with each entry of the file.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_string_lossy().into());
        self
    }

    /// Submits although the file cannot be written, and logs that once.
    #[must_use]
    pub fn best_effort(mut self) -> Self {
        self.is_best_effort = true;
        self
    }

    /// Reads the entries of a ledger file, in the order of their submissions. No entries if there is no such file.
    ///
    /// Lines that are not understood, such as one that a full disk has cut, are skipped and logged.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Vec<LedgerEntry>> {
        let path = path.as_ref();
        file::read(path).map_err(|e| Error::io(path.display(), e))
    }

    /// Returns the sums of this process: of all clients with this ledger.
    #[must_use]
    pub fn spent(&self) -> Spending {
        self.totals().clone()
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|file| file.path().to_owned())
    }

    /// Changes the sums of a model and a label.
    pub(crate) fn count(&self, model: &Model, label: Option<&str>, change: impl FnOnce(&mut Amounts)) {
        self.totals().change(model, label, change);
    }

    /// Notes that a submission is about to be sent. Returns the number of the entry, if there is a file.
    pub(crate) fn note_reserved(
        &self,
        service: &str,
        model: &Model,
        label: Option<&str>,
        usd: Option<Usd>,
    ) -> Result<Option<u64>> {
        let Some(file) = &self.file else { return Ok(None) };
        let opening = Opening { service, model, label, usd, folder: self.folder.as_deref() };
        match file.reserved(&opening) {
            Ok(number) => Ok(Some(number)),
            Err(error) if self.is_best_effort => {
                file.log_once(&error);
                Ok(None)
            }
            Err(error) => Err(Error::io(
                format!("not sent, because the ledger {} cannot be written", file.path().display()),
                error,
            )),
        }
    }

    /// Notes what became of a submission.
    pub(crate) fn note_outcome(&self, number: u64, state: LedgerState, job: Option<&str>) {
        let Some(file) = &self.file else { return };
        if let Err(error) = file.outcome(number, state, job) {
            // The entry stays reserved, which counts like an unknown outcome.
            file.log_once(&error);
        }
    }

    fn totals(&self) -> MutexGuard<'_, Spending> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.path()).finish_non_exhaustive()
    }
}
