//! The result files of a batch while it runs: `results.jsonl` and `index.html`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    gallery,
    options::BatchOptions,
    record::Record,
    results_file::{Line, ResultsFile},
};
use crate::failure::Failure;

/// Interval between two updates of the gallery while the batch runs.
const GALLERY_INTERVAL: Duration = Duration::from_secs(10);

/// The log of results, and the gallery made from it.
pub(super) struct ResultsLog {
    path: PathBuf,
    gallery: PathBuf,
    file: File,
    content: ResultsFile,
    gallery_written: Instant,
}

impl ResultsLog {
    /// Opens the log with the content that it has.
    pub(super) fn open(options: &BatchOptions<'_>, content: ResultsFile) -> Result<Self, Failure> {
        let path = options.results_path();
        let failed = |e: io::Error| Failure::io(path.display(), &e);
        // A line that was cut off must not be continued.
        if content.is_untidy || content.foreign > 0 {
            replace(&path, &content.text()).map_err(failed)?;
        }
        let content = ResultsFile { is_untidy: false, foreign: 0, ..content };
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
        Ok(Self { path, gallery: options.gallery_path(), file, content, gallery_written: Instant::now() })
    }

    /// Adds a record, unless the item has already succeeded. Returns the record in the log.
    pub(super) fn add(&mut self, record: Record) -> Result<&Record, Failure> {
        let index = record.index;
        let known = self.content.current.get(&index);
        if !known.is_some_and(|known| known.record.is_success() && record.is_success()) {
            let text = serde_json::to_string(&record).map_err(|e| Failure::files(format!("cannot write JSON: {e}")))?;
            // One write for the whole line, so that a crash cannot leave a part of it in the middle of the file.
            self.file.write_all(format!("{text}\n").as_bytes()).map_err(|e| Failure::io(self.path.display(), &e))?;
            self.content.is_untidy |= self.content.current.insert(index, Line { record, text }).is_some();
        }
        if self.gallery_written.elapsed() > GALLERY_INTERVAL {
            self.write_gallery()?;
        }
        Ok(&self.content.current[&index].record)
    }

    /// Removes superseded lines, writes the gallery and returns its path.
    pub(super) fn finish(&mut self) -> Result<PathBuf, Failure> {
        if self.content.is_untidy {
            replace(&self.path, &self.content.text()).map_err(|e| Failure::io(self.path.display(), &e))?;
        }
        self.write_gallery()?;
        Ok(self.gallery.clone())
    }

    fn write_gallery(&mut self) -> Result<(), Failure> {
        let records: Vec<&Record> = self.content.current.values().map(|line| &line.record).collect();
        let page = gallery::page(&records).map_err(|e| Failure::files(format!("cannot create the gallery: {e}")))?;
        replace(&self.gallery, &page).map_err(|e| Failure::io(self.gallery.display(), &e))?;
        self.gallery_written = Instant::now();
        Ok(())
    }
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
