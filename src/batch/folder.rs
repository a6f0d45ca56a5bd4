//! The output folder of a batch.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use crate::{Error, Generation, Result, SavedFile, temporary::TempDir};

/// An output folder. Files are written to a hidden folder inside it and moved when they are complete.
pub(super) struct Folder {
    path: PathBuf,
    unfinished: TempDir,
}

impl Folder {
    /// Opens a folder, creating it if necessary. `owner` is the name of a locked journal: unfinished files of an earlier run
    /// with it are removed.
    pub(super) async fn open(path: PathBuf, owner: Option<&OsStr>) -> Result<Self> {
        let failed = |e| Error::io(path.display(), e);
        tokio::fs::create_dir_all(&path).await.map_err(failed)?;
        let unfinished = match owner {
            None => TempDir::create(&path),
            Some(owner) => {
                let mut name = OsString::from(".pruna-");
                name.push(owner);
                let unfinished = path.join(name);
                // Usually there is none.
                let _ = tokio::fs::remove_dir_all(&unfinished).await;
                TempDir::named(unfinished)
            }
        };
        let unfinished = unfinished.map_err(failed)?;
        Ok(Self { path, unfinished })
    }

    /// Saves the files of an item, under its name if it has one. Repeating this replaces them with the same content.
    pub(super) async fn save(
        &self,
        index: usize,
        name: Option<String>,
        generation: &Generation,
    ) -> Result<Vec<SavedFile>> {
        let name = name.unwrap_or_else(|| format!("{index:06}-{}", generation.file_stem()));
        let count = generation.urls().len();
        let mut saved = Vec::with_capacity(count);
        for number in 0..count {
            let suffix = if count == 1 { String::new() } else { format!("-{number}") };
            let stem = format!("{name}{suffix}");
            let mut file = generation.file(number)?.save_in(self.unfinished.path(), &stem).await?;
            let name = file.path.file_name().map(ToOwned::to_owned).unwrap_or_default();
            let path = self.path.join(name);
            let renamed = tokio::fs::rename(&file.path, &path).await;
            renamed.map_err(|e| generation.annotate(Error::io(path.display(), e)))?;
            file.path = path;
            saved.push(file);
        }
        Ok(saved)
    }
}
