//! A copy of a file on this machine, read instead of a download.

use bytes::{Bytes, BytesMut};
use tokio::{fs::File, io::AsyncReadExt as _};

use super::SavedFile;
use crate::{Error, Result, error::ErrorKind, file_type::FileType};

/// Number of bytes per read.
const PIECE_SIZE: usize = 256 * 1024;

/// An open copy of a file.
pub(super) struct StoredFile {
    file: SavedFile,
    open: File,
    delivered: u64,
    file_type: FileType,
}

impl StoredFile {
    /// Opens a copy. `None` if there is none, or if it is not the file that it was.
    pub(super) async fn open(file: Option<&SavedFile>) -> Option<Self> {
        let file = file?;
        let open = File::open(&file.path).await.ok()?;
        let is_same = open.metadata().await.ok()?.len() == file.bytes;
        is_same.then(|| Self { file: file.clone(), open, delivered: 0, file_type: FileType::UNKNOWN })
    }

    /// Returns the next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        let failed = |file: &SavedFile, e| Error::io(file.path.display(), e);
        let mut piece = BytesMut::with_capacity(PIECE_SIZE);
        let count = self.open.read_buf(&mut piece).await.map_err(|e| failed(&self.file, e))?;
        if self.delivered == 0 {
            self.file_type = FileType::sniff(&piece);
        }
        self.delivered += count as u64;
        match count {
            0 if self.delivered < self.file.bytes => {
                let message = format!("{} was cut while it was read", self.file.path.display());
                Err(Error::new(ErrorKind::Io, message))
            }
            0 => Ok(None),
            _ => Ok(Some(piece.freeze())),
        }
    }

    pub(super) fn file(&self) -> &SavedFile {
        &self.file
    }

    /// Returns the number of bytes so far.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Returns the type, once the first piece was read.
    pub(super) fn file_type(&self) -> FileType {
        self.file_type
    }
}
