//! Where files are saved. Tried before anything is paid for.

mod location;
mod saved;
mod stream;

pub(crate) use self::saved::Saved;

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use clap::Args;
use pruna::{Download, Generation};

use self::{location::Location, stream::Stream};
use crate::{failure::Failure, file_name, progress::TransferBar, terminal::Terminal};

/// Options for where files are saved.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetOptions {
    /// File, directory, pipe or device for the result, or `-` for stdout [default: the current directory, with a generated
    /// name]
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Replace existing files
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// Where the files of one result are saved.
pub(crate) struct Target {
    location: Location,
    should_overwrite: bool,
}

/// What became of each file of a result, by its index. Shared, because an interruption asks for it.
#[derive(Default)]
pub(crate) struct SavedFiles {
    files: RefCell<Vec<Option<Saved>>>,
}

impl TargetOptions {
    /// Checks that the result can be saved and returns where.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        let location = Location::new(self.output.as_deref())?;
        location.check(self.force)?;
        Ok(Target { location, should_overwrite: self.force })
    }
}

impl SavedFiles {
    /// Returns the files that were saved.
    pub(crate) fn saved(&self) -> Vec<Saved> {
        self.files.borrow().iter().flatten().cloned().collect()
    }

    /// Whether the file with this index was saved.
    pub(crate) fn contains(&self, index: usize) -> bool {
        self.files.borrow().get(index).is_some_and(Option::is_some)
    }

    fn insert(&self, index: usize, file: Saved) {
        let mut files = self.files.borrow_mut();
        if files.len() <= index {
            files.resize(index + 1, None);
        }
        files[index] = Some(file);
    }
}

impl Target {
    /// Whether the file is written to stdout.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self.location, Location::Stdout)
    }

    /// Saves the files of a generation. One that cannot be saved does not keep the others from being saved; the first failure
    /// is returned.
    pub(crate) async fn save(
        &self,
        terminal: &Terminal,
        generation: &Generation,
        saved: &SavedFiles,
    ) -> Result<(), Failure> {
        let urls = generation.urls();
        let mut destination = self.open().await?;
        let mut failed = None;
        for (index, url) in urls.iter().enumerate() {
            let download = generation.file(index)?;
            let file = match &mut destination {
                Destination::Stream(stream) => stream.save(terminal, download, url).await,
                Destination::Dir(dir) => {
                    let stem = format!("{}-{index}", generation.file_stem());
                    self.save_in(terminal, download, dir, &stem).await
                }
                Destination::File(path) if urls.len() == 1 => self.save_as(terminal, download, path).await,
                Destination::File(path) => self.save_as(terminal, download, &file_name::numbered(path, index)).await,
            };
            match file {
                Ok(file) => saved.insert(index, file),
                // The next file would continue this one.
                Err(failure) if matches!(destination, Destination::Stream(_)) => return Err(failure),
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
        for file in saved.saved() {
            file.check_extension(terminal);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Saves a single download. In a directory it gets the name in its URL.
    pub(crate) async fn save_download(
        &self,
        terminal: &Terminal,
        download: Download,
        url: &str,
    ) -> Result<Saved, Failure> {
        match self.open().await? {
            Destination::Stream(mut stream) => stream.save(terminal, download, url).await,
            Destination::File(path) => self.save_as(terminal, download, path).await,
            Destination::Dir(dir) => self.save_as(terminal, download, &dir.join(file_name::from_url(url))).await,
        }
    }

    /// Creates the directory, or opens what is written to without a temporary file. A pipe is open when it has a reader.
    async fn open(&self) -> Result<Destination<'_>, Failure> {
        Ok(match &self.location {
            Location::Stdout => Destination::Stream(Stream::stdout()),
            Location::Device(path) => Destination::Stream(Stream::open(path).await?),
            Location::File(path) => Destination::File(path),
            Location::Dir(dir) => {
                std::fs::create_dir_all(dir).map_err(|e| Failure::io(dir.display(), &e))?;
                Destination::Dir(dir)
            }
        })
    }

    async fn save_in(&self, terminal: &Terminal, download: Download, dir: &Path, stem: &str) -> Result<Saved, Failure> {
        let (download, bar) = with_progress(terminal, download);
        let file = match self.should_overwrite {
            true => download.save_in(dir, stem).await,
            false => download.save_new_in(dir, stem).await,
        };
        bar.finish();
        Ok(file?.into())
    }

    async fn save_as(&self, terminal: &Terminal, download: Download, path: &Path) -> Result<Saved, Failure> {
        if !self.should_overwrite && path.symlink_metadata().is_ok() {
            return Err(location::exists(path));
        }
        let (download, bar) = with_progress(terminal, download);
        let file = match self.should_overwrite {
            true => download.save(path).await,
            false => download.save_new(path).await,
        };
        bar.finish();
        Ok(file?.into())
    }
}

/// A target that is ready to receive files.
enum Destination<'a> {
    Stream(Stream),
    Dir(&'a Path),
    File(&'a Path),
}

fn with_progress(terminal: &Terminal, download: Download) -> (Download, TransferBar) {
    let bar = TransferBar::start(terminal, "download");
    (download.on_progress(bar.callback()), bar)
}
