//! Where files are saved. Checked before anything is paid for.

use std::path::{Path, PathBuf};

use clap::Args;
use pruna::{Download, Generation, SavedFile};

use crate::{failure::Failure, file_name, output, progress::TransferBar, terminal::Terminal};

/// Options for where files are saved.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetOptions {
    /// File or directory for the result, or `-` for stdout [default: the current directory, with a generated name]
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

enum Location {
    Dir(PathBuf),
    File(PathBuf),
    Stdout,
}

impl TargetOptions {
    /// Checks that the result can be saved and returns where.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        let location = match self.output.as_deref() {
            None => Location::Dir(PathBuf::new()),
            Some(path) if path == Path::new("-") => Location::Stdout,
            Some(path) if path.is_dir() || path.to_string_lossy().ends_with(['/', '\\']) => {
                Location::Dir(path.to_owned())
            }
            Some(path) => self.file(path)?,
        };
        Ok(Target { location, should_overwrite: self.force })
    }

    fn file(&self, path: &Path) -> Result<Location, Failure> {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
            let message = format!("cannot write {}: the directory {} does not exist", path.display(), dir.display());
            return Err(
                Failure::files(message).hint("create it first, or end the path with `/` to save into a new one")
            );
        }
        if !self.force && path.symlink_metadata().is_ok() {
            let message = format!("{} already exists", path.display());
            return Err(Failure::files(message).hint("--force replaces it"));
        }
        Ok(Location::File(path.to_owned()))
    }
}

impl Target {
    /// Whether the file is written to stdout.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self.location, Location::Stdout)
    }

    /// Saves the files of a generation.
    pub(crate) async fn save(&self, terminal: &Terminal, generation: &Generation) -> Result<Vec<SavedFile>, Failure> {
        let count = generation.urls().len();
        let mut saved = Vec::with_capacity(count);
        for index in 0..count {
            let (download, bar) = self.with_progress(terminal, generation.file(index)?);
            let file = match &self.location {
                Location::Stdout => {
                    write_to_stdout(download, &bar).await?;
                    continue;
                }
                Location::Dir(dir) => {
                    create_dir(dir)?;
                    let stem = format!("{}-{index}", generation.file_stem());
                    match self.should_overwrite {
                        true => download.save_in(dir, &stem).await,
                        false => download.save_new_in(dir, &stem).await,
                    }
                }
                Location::File(path) if count == 1 => self.save_file(download, path).await,
                Location::File(path) => self.save_file(download, &file_name::numbered(path, index)).await,
            };
            bar.finish();
            saved.push(file?);
        }
        for file in &saved {
            check_extension(terminal, file);
        }
        Ok(saved)
    }

    /// Saves a single download. In a directory it gets the name in its URL.
    pub(crate) async fn save_download(
        &self,
        terminal: &Terminal,
        download: Download,
        url: &str,
    ) -> Result<Option<SavedFile>, Failure> {
        let (download, bar) = self.with_progress(terminal, download);
        let saved = match &self.location {
            Location::Stdout => return write_to_stdout(download, &bar).await.map(|()| None),
            Location::File(path) => self.save_file(download, path).await,
            Location::Dir(dir) => {
                create_dir(dir)?;
                self.save_file(download, &dir.join(file_name::from_url(url))).await
            }
        };
        bar.finish();
        Ok(Some(saved?))
    }

    /// Saves a file, replacing one only if that was asked for.
    async fn save_file(&self, download: Download, path: &Path) -> pruna::Result<SavedFile> {
        match self.should_overwrite {
            true => download.save(path).await,
            false => download.save_new(path).await,
        }
    }

    fn with_progress(&self, terminal: &Terminal, download: Download) -> (Download, TransferBar) {
        let bar = TransferBar::start(terminal, "download");
        (download.on_progress(bar.callback()), bar)
    }
}

async fn write_to_stdout(download: Download, bar: &TransferBar) -> Result<(), Failure> {
    let bytes = download.bytes().await?;
    bar.finish();
    output::bytes(&bytes)
}

fn create_dir(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|e| Failure::io(dir.display(), &e))
}

/// Warns about an extension that does not match the content.
fn check_extension(terminal: &Terminal, file: &SavedFile) {
    let Some(extension) = file.path.extension().and_then(|e| e.to_str()) else { return };
    let expected = match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "mp4" => "video/mp4",
        "zip" => "application/zip",
        _ => return,
    };
    if file.content_type != expected {
        terminal.warn(format_args!("{} contains {}", file.path.display(), file.content_type));
    }
}
