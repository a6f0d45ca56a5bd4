//! The folder that a batch saves into.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{Error, Generation, SavedFile};

/// A folder of results. Files are made in a folder of their own inside it and moved when they are complete.
pub(super) struct Folder {
    path: PathBuf,
    unfinished: TempDir,
}

impl Folder {
    /// Opens a folder and makes it if need be.
    pub(super) async fn open(path: PathBuf) -> Result<Self, Error> {
        let failed = |e| Error::io(path.display(), e);
        tokio::fs::create_dir_all(&path).await.map_err(failed)?;
        let unfinished = tempfile::Builder::new().prefix(".pruna-").tempdir_in(&path).map_err(failed)?;
        Ok(Self { path, unfinished })
    }

    /// Saves the files of an item. Doing so again replaces them by the same.
    pub(super) async fn save(&self, index: usize, generation: &Generation) -> Result<Vec<SavedFile>, Error> {
        let count = generation.urls().len();
        let mut saved = Vec::with_capacity(count);
        for number in 0..count {
            let suffix = if count == 1 { String::new() } else { format!("-{number}") };
            let stem = format!("{index:06}-{}{suffix}", generation.file_stem());
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
