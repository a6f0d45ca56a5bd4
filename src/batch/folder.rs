//! The output folder of a batch.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::names::Names;
use crate::{
    Error, Generation, Model, Result, SavedFile,
    error::ErrorKind,
    temporary::{TempDir, rename_noclobber},
};

/// Number of bytes that are compared at a time.
const PIECE: usize = 64 * 1024;

/// An output folder. Files are written to a hidden folder inside it and moved when they are complete.
pub(super) struct Folder {
    path: PathBuf,
    unfinished: TempDir,
    /// Whether files that this batch did not write may be replaced.
    replace: bool,
    names: Mutex<Names>,
}

impl Folder {
    /// Opens a folder, creating it if necessary. `hidden` is the name of a folder that only this batch uses: unfinished files
    /// of an earlier run are removed from it.
    pub(super) async fn open(path: PathBuf, hidden: Option<String>, replace: bool) -> Result<Self> {
        let failed = |e| Error::io(path.display(), e);
        tokio::fs::create_dir_all(&path).await.map_err(failed)?;
        let unfinished = match hidden {
            None => TempDir::create(&path),
            Some(name) => {
                let unfinished = path.join(name);
                // Usually there is none.
                let _ = tokio::fs::remove_dir_all(&unfinished).await;
                TempDir::named(unfinished)
            }
        };
        let unfinished = unfinished.map_err(failed)?;
        let names = if replace { Names::default() } else { Names::in_folder(&path).map_err(failed)? };
        Ok(Self { path, unfinished, replace, names: Mutex::new(names) })
    }

    /// Reserves the name of an item that is about to be submitted. Fails if a file or another item has it, before anything is
    /// paid for.
    pub(super) fn reserve(&self, name: &str, model: &Model) -> Result<()> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.reserve(name, model).map_err(|taken| {
            let path = self.path.join(name);
            Error::new(ErrorKind::Io, taken.explain(&path.display().to_string())).with_model(model.clone())
        })
    }

    /// Saves the files of an item, under its name if it has one. `known` are those that an earlier run has saved: one that is
    /// still there stays as it is.
    pub(super) async fn save(
        &self,
        index: usize,
        name: Option<String>,
        generation: &Generation,
        known: &[SavedFile],
    ) -> Result<Vec<SavedFile>> {
        let name = name.unwrap_or_else(|| format!("{index:06}-{}", generation.file_stem()));
        let count = generation.urls().len();
        let mut saved = Vec::with_capacity(count);
        for number in 0..count {
            let known = known.get(number);
            if let Some(file) = known
                && self.has(file).await
            {
                saved.push(file.clone());
                continue;
            }
            // A file that was lost gets the name that it had.
            let earlier = known.and_then(|file| file.path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
            let suffix = if count == 1 { String::new() } else { format!("-{number}") };
            let stem = earlier.unwrap_or_else(|| format!("{name}{suffix}"));
            let mut file = generation.file(number)?.save_in(self.unfinished.path(), &stem).await?;
            let path = self.path.join(file.path.file_name().unwrap_or_default());
            let moved = self.publish(&file.path, &path).await;
            moved.map_err(|e| generation.annotate(e))?;
            file.path = path;
            saved.push(file);
        }
        Ok(saved)
    }

    /// Moves a complete file to its place.
    async fn publish(&self, from: &Path, to: &Path) -> Result<()> {
        let (from, to, replace) = (from.to_owned(), to.to_owned(), self.replace);
        let place = to.display().to_string();
        let moved = tokio::task::spawn_blocking(move || match replace {
            true => std::fs::rename(&from, &to),
            false => match rename_noclobber(&from, &to) {
                // The process ended between moving the file and recording it.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && has_same_content(&from, &to) => Ok(()),
                moved => moved,
            },
        });
        moved.await.unwrap_or_else(|e| Err(io::Error::other(e))).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Error::new(
                ErrorKind::Io,
                format!(
                    "{place} appeared while the batch ran and is not replaced; move it away, then run the batch again"
                ),
            ),
            _ => Error::io(place, e),
        })
    }

    /// Whether all files are where they were saved.
    pub(super) async fn has_all(&self, files: &[SavedFile]) -> bool {
        for file in files {
            if !self.has(file).await {
                return false;
            }
        }
        true
    }

    /// Whether a file is where it was saved. One that was changed since counts, unless everything may be replaced.
    async fn has(&self, file: &SavedFile) -> bool {
        let metadata = tokio::fs::metadata(&file.path).await;
        metadata.is_ok_and(|metadata| metadata.is_file() && (!self.replace || metadata.len() == file.bytes))
    }

    /// Returns files as the journal records them: by their names in the folder.
    pub(super) fn as_recorded(files: &[SavedFile]) -> Vec<SavedFile> {
        let bare = |file: &SavedFile| SavedFile { path: file_name(&file.path), ..file.clone() };
        files.iter().map(bare).collect()
    }

    /// Returns recorded files with their paths.
    pub(super) fn locate(&self, files: Vec<SavedFile>) -> Vec<SavedFile> {
        let whole = |file: SavedFile| SavedFile { path: self.path.join(file_name(&file.path)), ..file };
        files.into_iter().map(whole).collect()
    }
}

fn file_name(path: &Path) -> PathBuf {
    path.file_name().unwrap_or_default().into()
}

/// Whether two files are equal. A file that cannot be read equals none.
fn has_same_content(one: &Path, other: &Path) -> bool {
    compare(one, other).unwrap_or(false)
}

fn compare(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut piece, mut expected) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let length = one.read(&mut piece)?;
        if length == 0 {
            return Ok(true);
        }
        other.read_exact(&mut expected[..length])?;
        if piece[..length] != expected[..length] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_was_moved_but_not_recorded_is_taken_for_its_own() {
        // As after a crash between the two; the file is downloaded again.
        for (there, downloaded, is_own) in [
            (None, "a lion".to_owned(), true),
            (Some("a lion".to_owned()), "a lion".to_owned(), true),
            (Some("x".repeat(PIECE + 1)), "x".repeat(PIECE + 1), true),
            (Some("x".repeat(PIECE + 1)), "x".repeat(PIECE) + "y", false),
            (Some("mine".to_owned()), "a lion".to_owned(), false),
        ] {
            let home = tempfile::tempdir().unwrap();
            let folder = Folder::open(home.path().to_owned(), Some(".pruna-x".into()), false).await.unwrap();
            let (from, to) = (folder.unfinished.path().join("lion.jpg"), home.path().join("lion.jpg"));
            std::fs::write(&from, &downloaded).unwrap();
            if let Some(there) = &there {
                std::fs::write(&to, there).unwrap();
            }
            assert_eq!(folder.publish(&from, &to).await.is_ok(), is_own);
            let expected = if is_own { downloaded } else { there.unwrap() };
            assert_eq!(std::fs::read_to_string(&to).unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn unfinished_files_of_an_earlier_run_are_removed() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".pruna-x")).unwrap();
        std::fs::write(home.path().join(".pruna-x/lion.part"), "half").unwrap();
        let folder = Folder::open(home.path().to_owned(), Some(".pruna-x".into()), false).await.unwrap();
        assert_eq!(std::fs::read_dir(folder.unfinished.path()).unwrap().count(), 0);
        drop(folder);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
