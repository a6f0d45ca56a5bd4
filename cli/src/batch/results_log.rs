//! The result files of a batch: `results.jsonl` and `index.html`.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{gallery, item::Item, record::Record};
use crate::failure::Failure;

/// Interval between two updates of the gallery while the batch runs.
const GALLERY_INTERVAL: Duration = Duration::from_secs(10);

/// The log of results, and the gallery made from it.
pub(super) struct ResultsLog {
    dir: PathBuf,
    file: File,
    records: BTreeMap<usize, Record>,
    gallery_written: Instant,
}

impl ResultsLog {
    /// Opens the log in a directory. Keeps the valid records of a previous run and removes the others.
    pub(super) fn open(dir: &Path, items: &[Item]) -> Result<Self, Failure> {
        let path = dir.join("results.jsonl");
        let failed = |e: io::Error| Failure::io(path.display(), &e);
        let records = match fs::read_to_string(&path) {
            Ok(text) => valid_records(&text, dir, items),
            Err(e) if e.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(failed(e)),
        };
        let mut text = String::new();
        for record in records.values() {
            text += &line(record)?;
        }
        replace(&path, &text).map_err(failed)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        Ok(Self { dir: dir.to_owned(), file, records, gallery_written: Instant::now() })
    }

    /// Adds a record, unless the item has already succeeded. Returns the record in the log.
    pub(super) fn add(&mut self, record: Record) -> Result<&Record, Failure> {
        let index = record.index;
        if !self.records.get(&index).is_some_and(|known| known.is_success() && record.is_success()) {
            // One write for the whole line, so that a crash cannot leave a part of it in the middle of the file.
            self.file.write_all(line(&record)?.as_bytes()).map_err(|e| Failure::io("results.jsonl", &e))?;
            self.records.insert(index, record);
        }
        if self.gallery_written.elapsed() > GALLERY_INTERVAL {
            self.write_gallery()?;
        }
        Ok(&self.records[&index])
    }

    /// Writes the gallery and returns its path.
    pub(super) fn write_gallery(&mut self) -> Result<PathBuf, Failure> {
        let path = self.dir.join("index.html");
        let records: Vec<&Record> = self.records.values().collect();
        let page = gallery::page(&records).map_err(|e| Failure::files(format!("cannot create the gallery: {e}")))?;
        replace(&path, &page).map_err(|e| Failure::io(path.display(), &e))?;
        self.gallery_written = Instant::now();
        Ok(path)
    }
}

/// Returns the records of a previous run that are still valid: successes with the same input whose files exist.
fn valid_records(text: &str, dir: &Path, items: &[Item]) -> BTreeMap<usize, Record> {
    // The last line may be incomplete if the program was killed.
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    let is_valid = |record: &Record| {
        let is_same = items.get(record.index).is_some_and(|item| record.belongs_to(item));
        is_same && record.is_success() && record.files.iter().all(|file| file.exists_in(dir))
    };
    records.filter(is_valid).map(|record| (record.index, record)).collect()
}

fn line(record: &Record) -> Result<String, Failure> {
    let json = serde_json::to_string(record).map_err(|e| Failure::files(format!("cannot write JSON: {e}")))?;
    Ok(json + "\n")
}

/// Replaces a file atomically, so that readers never see a part of it.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pruna-");
    // The usual permissions of a new file, with the umask applied; the default of tempfile is private.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
