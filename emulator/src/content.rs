//! Bytes of an upload, in memory or in a temporary file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, Write};
use std::mem;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use image::{ImageReader, Limits};

use crate::memory::{MemoryLimit, Reservation};
use crate::sync::lock;

/// Maximum size of an upload that is kept in memory; larger ones go to a temporary file.
const MAX_IN_MEMORY: usize = 1024 * 1024;
/// Maximum number of temporary files, each of which is open.
const MAX_FILES: usize = 128;
/// Estimated memory of an upload besides its content.
const OVERHEAD: usize = 512;
/// Maximum memory of a decoded image.
const MAX_DECODED: u64 = 256 * 1024 * 1024;

/// Where the bytes of an upload are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    Disk,
}

/// The space for uploads.
#[derive(Debug)]
pub(crate) struct Space {
    memory: Arc<MemoryLimit>,
    disk: Arc<MemoryLimit>,
    files: Arc<MemoryLimit>,
}

impl Space {
    /// Limits in bytes.
    pub(crate) fn new(memory: usize, disk: usize) -> Self {
        let limit = |limit| Arc::new(MemoryLimit::new(limit));
        Self { memory: limit(memory), disk: limit(disk), files: limit(MAX_FILES) }
    }

    /// Returns a writer for a new upload.
    pub(crate) fn writer(&self) -> ContentWriter {
        let [memory, disk, files] = [&self.memory, &self.disk, &self.files].map(MemoryLimit::reservation);
        ContentWriter { data: Data::Memory(Vec::new()), memory, disk, files }
    }
}

#[derive(Debug)]
enum Data<T> {
    Memory(T),
    Disk(Mutex<File>),
}

/// The bytes of an upload. Their space is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Content {
    data: Data<Bytes>,
    _space: [Reservation; 3],
}

impl Content {
    /// Where the bytes are.
    pub(crate) fn place(&self) -> Place {
        match self.data {
            Data::Memory(_) => Place::Memory,
            Data::Disk(_) => Place::Disk,
        }
    }

    /// Width and height, if this is an image. Reads only its header.
    pub(crate) fn dimensions(&self) -> Option<(u32, u32)> {
        self.with_reader(|reader| ImageReader::new(reader).with_guessed_format().ok()?.into_dimensions().ok()).ok()?
    }

    /// Decodes the image. Returns `None` if this is no image, or one that needs too much memory.
    pub(crate) fn image(&self) -> Option<image::RgbImage> {
        let decode = |reader: &mut dyn BufReadSeek| {
            let mut reader = ImageReader::new(reader).with_guessed_format().ok()?;
            let mut limits = Limits::default();
            limits.max_alloc = Some(MAX_DECODED);
            reader.limits(limits);
            Some(reader.decode().ok()?.into_rgb8())
        };
        self.with_reader(decode).ok()?
    }

    /// Passes the content to a function, from its beginning.
    pub(crate) fn with_reader<T>(&self, read: impl FnOnce(&mut dyn BufReadSeek) -> T) -> io::Result<T> {
        match &self.data {
            Data::Memory(bytes) => Ok(read(&mut Cursor::new(bytes))),
            Data::Disk(file) => {
                let mut file = lock(file);
                file.rewind()?;
                Ok(read(&mut BufReader::new(&mut *file)))
            }
        }
    }

    #[cfg(test)]
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.with_reader(|reader| reader.read_to_end(&mut bytes)).unwrap().unwrap();
        bytes
    }
}

/// A reader that can be used as a trait object.
pub(crate) trait BufReadSeek: BufRead + Read + Seek {}

impl<T: BufRead + Seek> BufReadSeek for T {}

/// Collects the bytes of an upload.
#[derive(Debug)]
pub(crate) struct ContentWriter {
    data: Data<Vec<u8>>,
    memory: Reservation,
    disk: Reservation,
    files: Reservation,
}

impl ContentWriter {
    /// Appends `chunk`; moves to a temporary file when the content becomes too large for memory.
    ///
    /// `make_room` drops another upload. It returns `false` if there is none. Then this fails with
    /// [`io::ErrorKind::StorageFull`].
    pub(crate) fn write(&mut self, chunk: &[u8], make_room: impl Fn(Place) -> bool) -> io::Result<()> {
        if let Data::Memory(bytes) = &mut self.data {
            let overhead = if bytes.is_empty() { OVERHEAD } else { 0 };
            let fits = bytes.len() + chunk.len() <= MAX_IN_MEMORY;
            if fits && reserve(&mut self.memory, chunk.len() + overhead, || make_room(Place::Memory)) {
                bytes.extend_from_slice(chunk);
                return Ok(());
            }
            let beginning = mem::take(bytes);
            self.memory.clear();
            if !reserve(&mut self.files, 1, || make_room(Place::Disk)) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.data = Data::Disk(Mutex::new(tempfile::tempfile()?));
            self.append(&beginning, &make_room)?;
        }
        self.append(chunk, &make_room)
    }

    fn append(&mut self, chunk: &[u8], make_room: &impl Fn(Place) -> bool) -> io::Result<()> {
        let Data::Disk(file) = &self.data else { return Ok(()) };
        if !reserve(&mut self.disk, chunk.len(), || make_room(Place::Disk)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        lock(file).write_all(chunk)
    }

    /// Returns what was written.
    pub(crate) fn finish(self) -> Content {
        let data = match self.data {
            Data::Memory(bytes) => Data::Memory(Bytes::from(bytes.into_boxed_slice())),
            Data::Disk(file) => Data::Disk(file),
        };
        Content { data, _space: [self.memory, self.disk, self.files] }
    }
}

fn reserve(reservation: &mut Reservation, bytes: usize, make_room: impl Fn() -> bool) -> bool {
    loop {
        if reservation.increase(bytes) {
            return true;
        }
        if !make_room() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(space: &Space, length: usize) -> io::Result<Content> {
        let mut writer = space.writer();
        for _ in 0..2 {
            writer.write(&vec![7; length / 2], |_| false)?;
        }
        Ok(writer.finish())
    }

    #[test]
    fn what_does_not_fit_into_memory_goes_to_disk_until_that_is_full_as_well() {
        let space = Space::new(10_000, 4_000_000);
        let first = write(&space, 8_000).unwrap();
        let second = write(&space, 8_000).unwrap();
        let third = write(&space, 3_000_000).unwrap();
        let places = [&first, &second, &third].map(Content::place);
        assert_eq!(places, [Place::Memory, Place::Disk, Place::Disk]);
        assert_eq!(second.bytes(), vec![7; 8_000]);
        assert_eq!(write(&space, 3_000_000).unwrap_err().kind(), io::ErrorKind::StorageFull);
        drop((first, third));
        assert_eq!(write(&space, 8_000).unwrap().place(), Place::Memory);
        assert_eq!(write(&space, 3_000_000).unwrap().bytes().len(), 3_000_000);
    }

    #[test]
    fn the_number_of_files_is_limited() {
        let space = Space::new(0, usize::MAX);
        let files: Vec<Content> = (0..MAX_FILES).map(|_| write(&space, 2).unwrap()).collect();
        assert_eq!(write(&space, 2).unwrap_err().kind(), io::ErrorKind::StorageFull);
        drop(files);
        assert!(write(&space, 2).is_ok());
    }
}
