//! The file of a ledger: JSON, one object per line.
//!
//! A submission has a line before it is sent and one when its outcome is known; both carry its id. Lines of several processes mix:
//! each is one write in append mode.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::{LedgerEntry, LedgerState};
use crate::{Model, usd::Usd};

/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 64 * 1024;

/// Longest label and longest folder that are noted, in characters.
const MAX_LABEL: usize = 200;
const MAX_FOLDER: usize = 4096;

/// A line of the file. The first of a submission has everything but the job, later ones only what has changed.
#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Line<'a> {
    id: Cow<'a, str>,
    state: LedgerState,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usd: Option<Usd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<Cow<'a, str>>,
}

impl Default for Line<'_> {
    fn default() -> Self {
        Self {
            id: Cow::Borrowed(""),
            state: LedgerState::Unknown,
            at: None,
            service: None,
            model: None,
            usd: None,
            label: None,
            folder: None,
            job: None,
        }
    }
}

/// What is known of a submission before it is sent.
pub(crate) struct Opening<'a> {
    pub(crate) service: &'a str,
    pub(crate) model: &'a Model,
    pub(crate) label: Option<&'a str>,
    pub(crate) usd: Option<Usd>,
    pub(crate) folder: Option<&'a str>,
}

/// An open ledger file.
pub(super) struct LedgerFile {
    path: PathBuf,
    file: File,
    /// Differs between processes, and between files opened by one.
    session: u64,
    next: AtomicU64,
    has_failed: AtomicBool,
}

impl LedgerFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).read(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        end_line(&mut file)?;
        let path = std::path::absolute(path)?;
        let (session, next) = (fastrand::u64(..), AtomicU64::new(0));
        Ok(Self { path, file, session, next, has_failed: AtomicBool::new(false) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Notes a submission before it is sent. Returns its number in this file handle.
    pub(super) fn reserved(&self, opening: &Opening<'_>) -> io::Result<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let line = Line {
            id: self.id(number),
            state: LedgerState::Reserved,
            at: Some(humantime::format_rfc3339_millis(SystemTime::now()).to_string().into()),
            service: Some(opening.service.into()),
            model: Some(opening.model.as_str().into()),
            usd: opening.usd,
            label: opening.label.map(|label| cut(label, MAX_LABEL).into()),
            folder: opening.folder.map(|folder| cut(folder, MAX_FOLDER).into()),
            job: None,
        };
        self.append(&line).map(|()| number)
    }

    /// Notes what became of a submission.
    pub(super) fn outcome(&self, number: u64, state: LedgerState, job: Option<&str>) -> io::Result<()> {
        self.append(&Line { id: self.id(number), state, job: job.map(Cow::Borrowed), ..Line::default() })
    }

    /// Logs the first failure only.
    pub(super) fn log_once(&self, error: &io::Error) {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            tracing::warn!(path = %self.path.display(), %error, "the ledger cannot be written");
        }
    }

    fn id(&self, number: u64) -> Cow<'static, str> {
        Cow::Owned(format!("{:016x}-{number:x}", self.session))
    }

    /// Appends a line by one write, so that lines of several processes do not mix.
    fn append(&self, line: &Line<'_>) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        loop {
            match (&self.file).write(&bytes) {
                Ok(written) if written == bytes.len() => return Ok(()),
                Ok(_) => {
                    // The next line must not continue this one. If this fails, too, opening the file again mends it.
                    let _ = (&self.file).write(b"\n");
                    return Err(ErrorKind::StorageFull.into());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the first characters of a text.
fn cut(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

/// Ends a line that was cut, so that the next does not continue it.
fn end_line(file: &mut File) -> io::Result<()> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != [b'\n'] {
        file.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads all entries, in the order of their submissions.
pub(super) fn read(path: &Path) -> io::Result<Vec<LedgerEntry>> {
    let mut reader = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let (mut entries, mut positions) = (Vec::new(), HashMap::new());
    let (mut bytes, mut skipped) = (Vec::new(), 0_u64);
    loop {
        bytes.clear();
        if reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let is_understood = match serde_json::from_slice::<Line<'_>>(&bytes) {
            Ok(line) => apply(line, &mut entries, &mut positions),
            Err(_) => bytes.trim_ascii().is_empty(),
        };
        skipped += u64::from(!is_understood);
    }
    if skipped > 0 {
        tracing::warn!(path = %path.display(), lines = skipped, "lines of the ledger were skipped, because they are damaged");
    }
    Ok(entries)
}

/// Adds a line to the entries. Returns whether it makes sense.
fn apply(line: Line<'_>, entries: &mut Vec<LedgerEntry>, positions: &mut HashMap<String, usize>) -> bool {
    if let Some(position) = positions.get(line.id.as_ref()) {
        let entry: &mut LedgerEntry = &mut entries[*position];
        entry.state = line.state;
        entry.job = line.job.map(Cow::into_owned).or(entry.job.take());
        return true;
    }
    let time = line.at.as_deref().and_then(|at| humantime::parse_rfc3339(at).ok());
    let (Some(time), Some(model)) = (time, line.model) else { return false };
    positions.insert(line.id.into_owned(), entries.len());
    entries.push(LedgerEntry {
        time,
        service: line.service.unwrap_or_default().into_owned(),
        model: Model::from(model.into_owned()),
        usd: line.usd,
        state: line.state,
        job: line.job.map(Cow::into_owned),
        label: line.label.map(Cow::into_owned),
        folder: line.folder.map(|folder| PathBuf::from(folder.into_owned())),
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENING: Opening<'_> = Opening {
        service: "https://api.pruna.ai",
        model: &Model::P_IMAGE,
        label: Some("a \"label\""),
        usd: Some(Usd::from_micros(5_000)),
        folder: Some("/lions"),
    };

    #[test]
    fn submissions_are_read_as_they_were_noted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/ledger.jsonl");
        assert_eq!(read(&path).unwrap(), []);
        let (one, other) = (LedgerFile::open(&path).unwrap(), LedgerFile::open(&path).unwrap());
        let first = one.reserved(&OPENING).unwrap();
        other.reserved(&OPENING).unwrap();
        one.outcome(first, LedgerState::Spent, Some("job-1")).unwrap();
        let entries = read(&path).unwrap();
        assert_eq!(
            entries.iter().map(|entry| entry.state).collect::<Vec<_>>(),
            [LedgerState::Spent, LedgerState::Reserved]
        );
        let LedgerEntry { service, model, usd, job, label, folder, .. } = entries[0].clone();
        assert_eq!((service.as_str(), model, usd), (OPENING.service, Model::P_IMAGE, OPENING.usd));
        assert_eq!((job.as_deref(), label.as_deref()), (Some("job-1"), OPENING.label));
        assert_eq!(folder.as_deref(), Some(Path::new("/lions")));
    }

    #[test]
    fn a_label_of_any_length_leaves_a_line_that_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let label = "\u{1F981}".repeat(100_000);
        LedgerFile::open(&path).unwrap().reserved(&Opening { label: Some(&label), ..OPENING }).unwrap();
        assert_eq!(read(&path).unwrap()[0].label.as_ref().map(|label| label.chars().count()), Some(MAX_LABEL));
    }

    #[test]
    fn a_line_that_was_cut_harms_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let file = LedgerFile::open(&path).unwrap();
        let number = file.reserved(&OPENING).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let file = LedgerFile::open(&path).unwrap();
            file.reserved(&OPENING).unwrap();
            let complete = if cut + 1 >= whole.len() { 2 } else { 1 };
            assert_eq!(read(&path).unwrap().len(), complete, "cut at {cut}");
        }
        // The outcome of a submission whose first line is lost says nothing of a price.
        std::fs::write(&path, "\n\n{}\n[1]\n").unwrap();
        file.outcome(number, LedgerState::Spent, None).unwrap();
        assert_eq!(read(&path).unwrap(), []);
    }
}
