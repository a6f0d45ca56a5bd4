//! Regular files as the content of uploads: read in large pieces off the runtime's threads, and hashed on the way.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::file_pool::{FilePool, Started};
use crate::{Error, Result, digest::Sha256, error::ErrorKind};

/// Number of bytes that are read from a file at a time.
const PIECE_SIZE: u64 = 256 * 1024;
/// A file that was modified less than this before it was read may change again without a new time of modification: the
/// coarsest file systems count in steps of two seconds.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// The SHA-256 of some content.
pub(super) type Hash = [u8; 32];

/// Identifies a file in a certain state: what was written to since has another identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileId {
    #[cfg(unix)]
    place: (u64, u64),
    #[cfg(not(unix))]
    place: PathBuf,
    /// Time of the last change of content or attributes. It cannot be set, unlike the time of modification.
    #[cfg(unix)]
    changed: (i64, i64),
    length: u64,
    modified: Option<SystemTime>,
}

impl FileId {
    #[cfg(unix)]
    fn new(_: &Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            place: (metadata.dev(), metadata.ino()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    #[cfg(not(unix))]
    fn new(path: &Path, metadata: &Metadata) -> Self {
        let place = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { place, length: metadata.len(), modified: metadata.modified().ok() }
    }

    /// Whether every later change is sure to change the identity.
    fn is_settled(&self, opened_at: SystemTime) -> bool {
        self.modified.is_some_and(|modified| modified + COARSEST_CLOCK <= opened_at)
    }
}

/// Content that was read to its end.
#[derive(Clone, Debug)]
pub(super) struct ReadContent {
    /// Of the bytes that were read.
    pub(super) hash: Hash,
    /// The file that has this content, unless it changed meanwhile or may change unnoticed.
    pub(super) id: Option<FileId>,
}

/// Returns the length and the identity of a regular file that is not empty.
pub(super) async fn inspect(path: &Path, pool: &FilePool) -> Result<(u64, FileId)> {
    let path = path.to_owned();
    pool.start(move || regular(&path, std::fs::metadata(&path)).map(|id| (id.length, id))).join().await
}

/// Opens a regular file and reads its first piece.
pub(super) async fn open(path: &Path, pool: &FilePool) -> Result<(u64, FirstPiece)> {
    let path = path.to_owned();
    let opened = pool.start(move || {
        // Checked before opening as well: opening a pipe would wait for a writer.
        regular(&path, std::fs::metadata(&path))?;
        let opened_at = SystemTime::now();
        let file = File::open(&path).map_err(|e| Error::io(path.display(), e))?;
        let id = regular(&path, file.metadata())?;
        let length = id.length;
        let first = Reader { file, path, id, opened_at, hasher: Sha256::new(), left: length }.read()?;
        Ok((length, first))
    });
    let (length, first) = opened.join().await?;
    Ok((length, FirstPiece { first, pool: pool.clone() }))
}

/// Checks that a file is regular and reports its length.
fn regular(path: &Path, metadata: io::Result<Metadata>) -> Result<FileId> {
    let metadata = metadata.map_err(|e| Error::io(path.display(), e))?;
    let unusable = |why: &str| Err(Error::new(ErrorKind::Io, format!("{} {why}", path.display())));
    if !metadata.is_file() {
        return unusable("is not a file");
    }
    if metadata.len() == 0 {
        // Files of /proc and the like report no length but have content.
        return unusable("is empty, or a pseudo file; copy it to a regular file first");
    }
    Ok(FileId::new(path, &metadata))
}

/// An open file whose first piece has been read.
pub(super) struct FirstPiece {
    first: (Bytes, Next),
    pool: FilePool,
}

impl FirstPiece {
    /// Returns the first bytes.
    pub(super) fn head(&self) -> &Bytes {
        &self.first.0
    }

    /// Returns the whole content in pieces. One is read ahead. `end` receives what was read, or why it failed.
    pub(super) fn into_pieces(self, end: impl Fn(Result<ReadContent>)) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold((State::Read(self.first), self.pool, end), |(state, pool, end)| async {
            let read = match state {
                State::Read(read) => Ok(read),
                State::Reading(reading) => reading.join().await,
                State::Ended(content) => {
                    end(Ok(content));
                    return None;
                }
                State::Failed => return None,
            };
            let (piece, state) = match read {
                Ok((piece, Next::More(reader))) => (Ok(piece), State::Reading(pool.start(|| reader.read()))),
                Ok((piece, Next::End(content))) => (Ok(piece), State::Ended(content)),
                Err(error) => {
                    let message = error.message().to_owned();
                    end(Err(error));
                    (Err(io::Error::other(message)), State::Failed)
                }
            };
            Some((piece, (state, pool, end)))
        })
    }
}

enum State {
    Read((Bytes, Next)),
    Reading(Started<(Bytes, Next)>),
    Ended(ReadContent),
    Failed,
}

/// What follows a piece.
enum Next {
    More(Box<Reader>),
    End(ReadContent),
}

/// Reads and hashes a file.
struct Reader {
    file: File,
    path: PathBuf,
    id: FileId,
    opened_at: SystemTime,
    hasher: Sha256,
    left: u64,
}

impl Reader {
    /// Reads a piece, empty or not. Fails if the length of the file is not what it was.
    fn read(mut self) -> Result<(Bytes, Next)> {
        let failed = |e| Error::io(self.path.display(), e);
        // One byte more than is left shows whether the file ends there.
        let max = PIECE_SIZE.min(self.left.saturating_add(1));
        let mut piece = Vec::with_capacity(usize::try_from(max).unwrap_or_default());
        (&self.file).take(max).read_to_end(&mut piece).map_err(failed)?;
        self.hasher.update(&piece);
        let (length, is_end) = (piece.len() as u64, (piece.len() as u64) < max);
        if length > self.left || (is_end && length < self.left) {
            let message =
                format!("{} changed its size while it was uploaded, or is a pseudo file", self.path.display());
            return Err(Error::new(ErrorKind::Io, message + "; upload a copy of it"));
        }
        self.left -= length;
        let next = if is_end { Next::End(self.finish()?) } else { Next::More(Box::new(self)) };
        Ok((piece.into(), next))
    }

    fn finish(self) -> Result<ReadContent> {
        let metadata = self.file.metadata().map_err(|e| Error::io(self.path.display(), e))?;
        let is_reliable = self.id.is_settled(self.opened_at) && FileId::new(&self.path, &metadata) == self.id;
        Ok(ReadContent { hash: self.hasher.finish(), id: is_reliable.then_some(self.id) })
    }
}
