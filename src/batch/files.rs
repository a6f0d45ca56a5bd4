//! The folder that a batch saves into.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use crate::{Error, Generation, SavedFile, temporary::TempDir};

/// A folder of results. Files are made in a folder of their own inside it and moved when they are complete.
pub(super) struct Folder {
    path: PathBuf,
    unfinished: TempDir,
}

impl Folder {
    /// Opens a folder and makes it if need be. `owner` is the name of a journal that is locked: what an earlier run with
    /// it left unfinished is removed.
    pub(super) async fn open(path: PathBuf, owner: Option<&OsStr>) -> Result<Self, Error> {
        let failed = |e| Error::io(path.display(), e);
        tokio::fs::create_dir_all(&path).await.map_err(failed)?;
        let unfinished = match owner {
            None => TempDir::create(&path),
            Some(owner) => {
                let mut name = OsString::from(".pruna-");
                name.push(owner);
                let unfinished = path.join(name);
                // It is not there, as a rule.
                let _ = tokio::fs::remove_dir_all(&unfinished).await;
                TempDir::named(unfinished)
            }
        };
        let unfinished = unfinished.map_err(failed)?;
        Ok(Self { path, unfinished })
    }

    /// Saves the files of an item, under its name if it has one. Doing so again replaces them by the same.
    pub(super) async fn save(
        &self,
        index: usize,
        name: Option<String>,
        generation: &Generation,
    ) -> Result<Vec<SavedFile>, Error> {
        let name = name.unwrap_or_else(|| format!("{index:06}-{}", generation.file_stem()));
        let count = generation.urls().len();
        let mut saved = Vec::with_capacity(count);
        for number in 0..count {
            let suffix = if count == 1 { String::new() } else { format!("-{number}") };
            let stem = format!("{name}{suffix}");
            let download = generation.file(number)?.overwrite(true);
            let mut file = download.save_in(self.unfinished.path(), &stem).await?;
            let name = file.path.file_name().map(ToOwned::to_owned).unwrap_or_default();
            let path = self.path.join(name);
            tokio::fs::rename(&file.path, &path).await.map_err(|e| Error::io(path.display(), e))?;
            file.path = path;
            saved.push(file);
        }
        Ok(saved)
    }
}
