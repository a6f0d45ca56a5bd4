//! Where the bytes of a download go: into memory, or into a file that appears when it is complete.

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
    Error,
    error::ErrorKind,
    temporary::{TempPath, folder_of},
};

/// Bytes that are written to disk at a time.
const BUFFER: usize = 256 * 1024;

/// Takes the bytes of a file, in order.
pub(super) trait Sink {
    /// Adds bytes.
    async fn write(&mut self, piece: Bytes) -> Result<(), Error>;
    /// Forgets what was written.
    async fn restart(&mut self) -> Result<(), Error>;
}

/// Keeps everything in memory.
#[derive(Default)]
pub(super) struct Memory(pub(super) BytesMut);

impl Sink for Memory {
    async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.0.extend_from_slice(&piece);
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), Error> {
        self.0.clear();
        Ok(())
    }
}

/// A temporary file beside the one that it will become. Dropping it removes it.
pub(super) struct Partial {
    file: BufWriter<File>,
    path: TempPath,
}

impl Partial {
    /// Makes a temporary file in the folder of `path`: on the same file system, so that it can be renamed.
    pub(super) fn beside(path: &Path) -> Result<Self, Error> {
        let folder = folder_of(path);
        let (file, path) = TempPath::create(folder, ".part").map_err(|e| Error::io(folder.display(), e))?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER, File::from_std(file)), path })
    }

    /// Gives the complete file its name and tells its length. A symbolic link of that name is replaced, never followed.
    pub(super) async fn finish(mut self, path: &Path, overwrite: bool) -> Result<u64, Error> {
        let written = async {
            self.file.flush().await?;
            // The data has to be on the disk before the name is.
            self.file.get_ref().sync_all().await?;
            Ok(self.file.get_ref().metadata().await?.len())
        };
        let bytes = written.await.map_err(|e| Error::io(path.display(), e))?;
        drop(self.file);
        let named = if overwrite { self.path.replace(path) } else { self.path.keep(path) };
        named.map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => exists(path),
            _ => Error::io(path.display(), e),
        })?;
        Ok(bytes)
    }
}

impl Sink for Partial {
    async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.file.write_all(&piece).await.map_err(|e| Error::io(self.path.path().display(), e))
    }

    async fn restart(&mut self) -> Result<(), Error> {
        let restarted = async {
            self.file.seek(SeekFrom::Start(0)).await?;
            self.file.get_mut().set_len(0).await
        };
        restarted.await.map_err(|e| Error::io(self.path.path().display(), e))
    }
}

/// A file of this name is there already.
pub(super) fn exists(path: &Path) -> Error {
    Error::new(ErrorKind::Io, format!("{} exists already; ask for overwriting or choose another name", path.display()))
}
