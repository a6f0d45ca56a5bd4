//! Where files go, checked before anything is paid for.

use std::path::{Path, PathBuf};

use clap::Args;
use pruna::{Generation, SavedFile};

use crate::{App, failure::Failure, output};

/// Options about where files go.
#[derive(Clone, Debug, Args)]
pub(crate) struct Output {
    /// File or folder for the result, `-` for stdout; by default the current folder, named after the job
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that exist already
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// Where the files of one result go.
pub(crate) struct Target {
    place: Place,
    force: bool,
}

enum Place {
    Folder(PathBuf),
    File(PathBuf),
    Stdout,
}

impl Output {
    /// Checks that the result will have a place.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        let place = match self.output.as_deref() {
            None => Place::Folder(PathBuf::new()),
            Some(path) if path == Path::new("-") => Place::Stdout,
            Some(path) if path.is_dir() || path.to_string_lossy().ends_with(['/', '\\']) => {
                Place::Folder(path.to_owned())
            }
            Some(path) => self.file(path)?,
        };
        Ok(Target { place, force: self.force })
    }

    fn file(&self, path: &Path) -> Result<Place, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let message = format!("{}: there is no folder {}", path.display(), folder.display());
            return Err(Failure::files(message).hint("make it first, or end the path with `/` for a folder of files"));
        }
        if !self.force && path.symlink_metadata().is_ok() {
            let message = format!("{} exists already", path.display());
            return Err(Failure::files(message).hint("--force replaces it"));
        }
        Ok(Place::File(path.to_owned()))
    }
}

impl Target {
    /// Whether the file itself is the data on stdout.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Saves the files of a generation.
    pub(crate) async fn save(&self, app: &App, generation: &Generation) -> Result<Vec<SavedFile>, Failure> {
        let count = generation.urls().len();
        let mut saved = Vec::with_capacity(count);
        for index in 0..count {
            let download = generation.file(index)?;
            let transfer = app.terminal.transfer("download");
            let download = download.overwrite(self.force).on_progress(transfer.observer());
            let file = match &self.place {
                Place::Stdout => {
                    let bytes = download.bytes().await?;
                    transfer.finish();
                    output::write(&bytes)?;
                    continue;
                }
                Place::Folder(folder) => {
                    std::fs::create_dir_all(folder).map_err(|e| Failure::io(folder.display(), &e))?;
                    download.save_in(folder, &format!("{}-{index}", generation.file_stem())).await
                }
                Place::File(path) if count == 1 => download.save(path).await,
                Place::File(path) => download.save(numbered(path, index)).await,
            };
            transfer.finish();
            saved.push(file?);
        }
        for file in &saved {
            check_extension(app, file);
        }
        Ok(saved)
    }

    /// Saves a single download, under the name that its address suggests when none was given.
    pub(crate) async fn save_download(
        &self,
        app: &App,
        download: pruna::Download,
        url: &str,
    ) -> Result<Option<SavedFile>, Failure> {
        let transfer = app.terminal.transfer("download");
        let download = download.overwrite(self.force).on_progress(transfer.observer());
        let saved = match &self.place {
            Place::Stdout => {
                let bytes = download.bytes().await?;
                transfer.finish();
                return output::write(&bytes).map(|()| None);
            }
            Place::File(path) => download.save(path).await,
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|e| Failure::io(folder.display(), &e))?;
                download.save(folder.join(name_in(url))).await
            }
        };
        transfer.finish();
        Ok(Some(saved?))
    }
}

/// `cups.png` becomes `cups-2.png`.
fn numbered(path: &Path, index: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{index}{extension}"))
}

/// The last part of an address, as far as it is harmless as a file name.
fn name_in(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let harmless: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    match harmless.trim_start_matches('.') {
        "" => "download".into(),
        name => name.into(),
    }
}

/// A picture under the wrong extension opens in the wrong program.
fn check_extension(app: &App, file: &SavedFile) {
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
        app.terminal.warn(format_args!("{} holds {}", file.path.display(), file.content_type));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_addresses_are_harmless() {
        for (url, expected) in [
            ("https://api.pruna.ai/v1/predictions/delivery/xezq/abc/output_42_0.jpeg", "output_42_0.jpeg"),
            ("https://h/a/clip.mp4?x=1#y", "clip.mp4"),
            ("https://h/..", "download"),
            ("https://h/.bashrc", "bashrc"),
            ("https://h/a%2f..%2fb c.png", "a2f..2fbc.png"),
            ("/", "download"),
        ] {
            assert_eq!(name_in(url), expected, "{url}");
        }
    }

    #[test]
    fn several_files_are_numbered() {
        assert_eq!(numbered(Path::new("a/cups.png"), 2), Path::new("a/cups-2.png"));
        assert_eq!(numbered(Path::new("cups"), 0), Path::new("cups-0"));
    }
}
