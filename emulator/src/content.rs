//! Bytes of an upload, in memory or in a temporary file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use image::ImageReader;

use crate::sync::lock;

/// Maximum size of an upload that is kept in memory; larger ones go to a temporary file.
const MAX_IN_MEMORY: usize = 8 * 1024 * 1024;

/// The bytes of an upload.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Memory(Bytes),
    Disk(Arc<Mutex<File>>),
}

impl Content {
    /// Reads all bytes.
    pub(crate) fn read(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::Disk(file) => {
                let mut file = lock(file);
                let mut bytes = Vec::new();
                file.rewind()?;
                file.read_to_end(&mut bytes)?;
                Ok(Bytes::from(bytes))
            }
        }
    }

    /// Width and height, if this is an image. Reads only its header.
    pub(crate) fn dimensions(&self) -> Option<(u32, u32)> {
        match self {
            Self::Memory(bytes) => dimensions(Cursor::new(bytes)),
            Self::Disk(file) => {
                let mut file = lock(file);
                file.rewind().ok()?;
                dimensions(BufReader::new(&mut *file))
            }
        }
    }
}

fn dimensions(reader: impl BufRead + Seek) -> Option<(u32, u32)> {
    ImageReader::new(reader).with_guessed_format().ok()?.into_dimensions().ok()
}

/// Collects the bytes of an upload.
#[derive(Debug)]
pub(crate) enum ContentWriter {
    Memory(Vec<u8>),
    Disk(File),
}

impl ContentWriter {
    pub(crate) fn new() -> Self {
        Self::Memory(Vec::new())
    }

    /// Appends `chunk`; moves to a temporary file when the content becomes too large for memory.
    pub(crate) fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Disk(file) => file.write_all(chunk),
            Self::Memory(bytes) if bytes.len() + chunk.len() <= MAX_IN_MEMORY => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
            Self::Memory(bytes) => {
                let mut file = tempfile::tempfile()?;
                file.write_all(bytes)?;
                file.write_all(chunk)?;
                *self = Self::Disk(file);
                Ok(())
            }
        }
    }

    /// Returns what was written.
    pub(crate) fn finish(self) -> Content {
        match self {
            Self::Memory(bytes) => Content::Memory(Bytes::from(bytes)),
            Self::Disk(file) => Content::Disk(Arc::new(Mutex::new(file))),
        }
    }
}
