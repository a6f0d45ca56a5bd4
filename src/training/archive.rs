//! Zip archives that are written as a stream.

use std::io::{Read, Write};

use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter};

/// A zip archive being written.
pub(super) struct Archive<W> {
    zip: ZipArchiveWriter<W>,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(to: W) -> Self {
        Self { zip: ZipArchiveWriter::new(to) }
    }

    /// Adds a file. It is deflated without compression, because images are compressed already, and because every reader
    /// accepts sizes and checksum behind the content of a deflated entry.
    pub(super) fn add(&mut self, name: &str, mut content: impl Read) -> Result<(), rawzip::Error> {
        let (mut entry, config) = self.zip.new_file(name).compression_method(CompressionMethod::DEFLATE).start()?;
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::none()));
        std::io::copy(&mut content, &mut writer)?;
        let (encoder, descriptor) = writer.finish()?;
        encoder.finish()?;
        entry.finish(descriptor)?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), rawzip::Error> {
        self.zip.finish().map(drop)
    }
}
