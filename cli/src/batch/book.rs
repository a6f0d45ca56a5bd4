//! `results.jsonl` and `index.html`: the files in which a batch keeps its results.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{gallery, items::Item, record::Record};
use crate::failure::Failure;

/// How often the gallery is brought up to date while the batch runs.
const REFRESH: Duration = Duration::from_secs(10);

/// The results of a batch so far.
pub(super) struct Book {
    folder: PathBuf,
    lines: File,
    records: BTreeMap<usize, Record>,
    drawn: Instant,
}

impl Book {
    /// Opens the book in a folder. Of an earlier run, what succeeded with the same input is kept; the rest will be
    /// written anew.
    pub(super) fn open(folder: &Path, items: &[Item]) -> Result<Self, Failure> {
        let path = folder.join("results.jsonl");
        let failed = |e: io::Error| Failure::io(path.display(), &e);
        let kept = match fs::read_to_string(&path) {
            Ok(text) => kept(&text, folder, items),
            Err(e) if e.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(failed(e)),
        };
        let mut text = String::new();
        for record in kept.values() {
            text += &line(record)?;
        }
        replace(&path, &text).map_err(failed)?;
        let lines = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        Ok(Self { folder: folder.to_owned(), lines, records: kept, drawn: Instant::now() })
    }

    /// Writes a result down, unless it is there already. The record that stands, then.
    pub(super) fn add(&mut self, record: Record) -> Result<&Record, Failure> {
        let index = record.index;
        if !self.records.get(&index).is_some_and(|known| known.is_success() && record.is_success()) {
            // One call for the whole line: a line is there or it is not.
            self.lines.write_all(line(&record)?.as_bytes()).map_err(|e| Failure::io("results.jsonl", &e))?;
            self.records.insert(index, record);
        }
        if self.drawn.elapsed() > REFRESH {
            self.draw()?;
        }
        Ok(&self.records[&index])
    }

    /// Brings the gallery up to date.
    pub(super) fn draw(&mut self) -> Result<PathBuf, Failure> {
        let path = self.folder.join("index.html");
        let records: Vec<&Record> = self.records.values().collect();
        let page = gallery::page(&records).map_err(|e| Failure::files(format!("no gallery: {e}")))?;
        replace(&path, &page).map_err(|e| Failure::io(path.display(), &e))?;
        self.drawn = Instant::now();
        Ok(path)
    }
}

/// What of an earlier run still holds: successes with the same input whose files are there.
fn kept(text: &str, folder: &Path, items: &[Item]) -> BTreeMap<usize, Record> {
    // A line that was cut off when the program was killed is no JSON.
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    let holds = |record: &Record| {
        let same = items.get(record.index).is_some_and(|item| record.is_of(item));
        same && record.is_success() && record.files.iter().all(|file| file.is_in(folder))
    };
    records.filter(holds).map(|record| (record.index, record)).collect()
}

fn line(record: &Record) -> Result<String, Failure> {
    let json = serde_json::to_string(record).map_err(|e| Failure::files(format!("cannot write JSON: {e}")))?;
    Ok(json + "\n")
}

/// Replaces a file at once, so that nobody ever sees half of it.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pruna-");
    // Readable like any other file that the user makes: the umask applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
