//! Destinations of downloads: memory, or a file that appears when it is complete.

use std::{
    io::{self, SeekFrom},
    path::Path,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    fs::File,
    io::{AsyncSeekExt as _, AsyncWriteExt as _, BufWriter},
};

use crate::{
    Error, Result,
    error::ErrorKind,
    temporary::{TempPath, parent_dir},
};

/// Number of bytes per write to disk.
const BUFFER_SIZE: usize = 256 * 1024;

/// What to do if the destination exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfExists {
    Replace,
    Fail,
}

/// Receives the bytes of a file, in order.
pub(crate) trait Sink {
    /// Appends bytes.
    async fn write(&mut self, piece: Bytes) -> Result<()>;
    /// Discards everything that was written.
    async fn restart(&mut self) -> Result<()>;
}

/// Collects everything in memory.
#[derive(Default)]
pub(crate) struct MemorySink {
    content: BytesMut,
}

impl MemorySink {
    pub(crate) fn finish(self) -> Bytes {
        self.content.freeze()
    }
}

impl Sink for MemorySink {
    async fn write(&mut self, piece: Bytes) -> Result<()> {
        self.content.extend_from_slice(&piece);
        Ok(())
    }

    async fn restart(&mut self) -> Result<()> {
        self.content.clear();
        Ok(())
    }
}

/// A temporary file beside its destination. Dropping it removes it.
pub(crate) struct PartialFile {
    file: BufWriter<File>,
    path: TempPath,
}

impl PartialFile {
    /// Creates a temporary file in the folder of `path`: on the same file system, so that it can be renamed.
    pub(crate) fn beside(path: &Path) -> Result<Self> {
        let folder = parent_dir(path);
        let (file, path) = TempPath::create(folder, ".part").map_err(|e| Error::io(folder.display(), e))?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER_SIZE, File::from_std(file)), path })
    }

    /// Creates a temporary file that only its owner may read.
    pub(crate) fn private(folder: &Path) -> Result<Self> {
        let (file, path) = TempPath::create_private(folder, ".part").map_err(|e| Error::io(folder.display(), e))?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER_SIZE, File::from_std(file)), path })
    }

    /// Completes the file and leaves it temporary.
    pub(crate) async fn into_temporary(mut self) -> Result<TempPath> {
        self.file.flush().await.map_err(|e| Error::io(self.path.path().display(), e))?;
        Ok(self.path)
    }

    /// Renames the complete file to `path` and returns its length. A symbolic link there is replaced, never followed.
    pub(crate) async fn finish(mut self, path: &Path, if_exists: IfExists) -> Result<u64> {
        let written = async {
            self.file.flush().await?;
            // The content must be on disk before the name is.
            self.file.get_ref().sync_all().await?;
            Ok(self.file.get_ref().metadata().await?.len())
        };
        let bytes = written.await.map_err(|e| Error::io(path.display(), e))?;
        drop(self.file);
        let renamed = match if_exists {
            IfExists::Replace => self.path.persist(path),
            IfExists::Fail => self.path.persist_noclobber(path),
        };
        renamed.map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => exists(path),
            _ => Error::io(path.display(), e),
        })?;
        Ok(bytes)
    }
}

impl Sink for PartialFile {
    async fn write(&mut self, piece: Bytes) -> Result<()> {
        self.file.write_all(&piece).await.map_err(|e| Error::io(self.path.path().display(), e))
    }

    async fn restart(&mut self) -> Result<()> {
        let restarted = async {
            self.file.seek(SeekFrom::Start(0)).await?;
            self.file.get_mut().set_len(0).await
        };
        restarted.await.map_err(|e| Error::io(self.path.path().display(), e))
    }
}

/// Builds the error for a file that must not be replaced.
pub(crate) fn exists(path: &Path) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("{} already exists; choose another name, or replace it with `save`", path.display()),
    )
}
