//! The weights in the archive that a trainer gives.

use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder, ZipFileHeaderRecord,
};

use crate::{
    Error,
    error::ErrorKind,
    temporary::{TempPath, folder_of},
};

/// The largest weights that are taken out of an archive.
const LARGEST_WEIGHTS: u64 = 4 * 1024 * 1024 * 1024;
/// The largest header of a safetensors file, by its format.
const LARGEST_HEADER: u64 = 100 * 1000 * 1000;

/// The weights that a trainer gives, out of its zip.
///
/// Nothing in the archive is trusted: no path of it is used, sizes are capped, and the weights must look like weights.
#[derive(Clone, Debug)]
pub struct Lora {
    archive: PathBuf,
    entry: Entry,
    file_name: String,
}

/// Where in the archive the weights are.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: ZipArchiveEntryWayfinder,
    compression: CompressionMethod,
}

impl Lora {
    /// Finds the weights in the zip that a trainer gave.
    ///
    /// # Errors
    ///
    /// Io, when the file cannot be read; decode, when it holds no `.safetensors`, or one that is none.
    pub fn from_zip(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let archive = path.into();
        let broken = |why: &dyn fmt::Display| broken_zip(&archive, why);
        let zip = open_zip(&archive)?;
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let mut entries = zip.entries(&mut buffer);
        while let Some(record) = entries.next_entry().map_err(|e| broken(&e))? {
            let name = base_name(&record);
            if record.is_dir() || !name.ends_with(".safetensors") {
                continue;
            }
            if record.flags().is_encrypted() {
                return Err(broken(&format_args!("{name} is encrypted")));
            }
            let entry = Entry { place: record.wayfinder(), compression: record.compression_method() };
            if entry.size() > LARGEST_WEIGHTS {
                let message = format!("{name} claims {} bytes, at most {LARGEST_WEIGHTS} are taken", entry.size());
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            let weights = entry.open(&zip).map_err(|e| broken(&e))?;
            check_header(weights, entry.size()).map_err(|why| broken(&format_args!("{name}: {why}")))?;
            return Ok(Self { entry, file_name: harmless(&name), archive });
        }
        Err(broken(&"it holds no .safetensors"))
    }

    /// The name of the weights' file, without any folder.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Bytes of the weights.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entry.size()
    }

    /// Writes the weights to a new file.
    ///
    /// # Errors
    ///
    /// Io, when the file exists already or cannot be written; decode, when the archive is damaged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let failed = |e| Error::io(path.display(), e);
        let zip = open_zip(&self.archive)?;
        let mut weights = self.entry.open(&zip).map_err(|e| broken_zip(&self.archive, &e))?;
        let (mut file, temporary) = TempPath::create(folder_of(path), ".part").map_err(failed)?;
        io::copy(&mut weights, &mut file).map_err(|e| match e.kind() {
            // The archive is to blame for these, the disk for the rest.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                broken_zip(&self.archive, &e)
            }
            _ => failed(e),
        })?;
        file.sync_all().map_err(failed)?;
        temporary.keep(path).map_err(failed)
    }

    /// What to set `lora_weights` to once the file is in this Hugging Face repository (`owner/name`). The file name is
    /// part of it: without, the service looks for another one.
    #[must_use]
    pub fn lora_weights(&self, repository: &str) -> String {
        let repository = repository.trim_start_matches("https://").trim_start_matches("huggingface.co/");
        format!("huggingface.co/{}/{}", repository.trim_matches('/'), self.file_name)
    }
}

impl Entry {
    fn size(&self) -> u64 {
        self.place.uncompressed_size_hint()
    }

    /// Reads the content; it has to be as long as announced and of the announced checksum.
    fn open<'a>(&self, zip: &'a ZipArchive<FileReader>) -> Result<Box<dyn Read + 'a>, String> {
        let entry = zip.get_entry(self.place).map_err(|e| e.to_string())?;
        let raw = entry.reader();
        // Never more than announced, whatever the compressed data unfold to.
        let most = self.size() + 1;
        match self.compression {
            CompressionMethod::STORE => Ok(Box::new(entry.verifying_reader(raw.take(most)))),
            CompressionMethod::DEFLATE => Ok(Box::new(entry.verifying_reader(DeflateDecoder::new(raw).take(most)))),
            other => Err(format!("its compression, {other:?}, is neither none nor deflate")),
        }
    }
}

fn open_zip(path: &Path) -> Result<ZipArchive<FileReader>, Error> {
    let file = fs::File::open(path).map_err(|e| Error::io(path.display(), e))?;
    ZipArchive::from_file(file, &mut vec![0; RECOMMENDED_BUFFER_SIZE]).map_err(|e| broken_zip(path, &e))
}

fn broken_zip(path: &Path, why: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::Decode, format!("{} is not what a trainer gives: {why}", path.display()))
}

/// The name of an entry without the folders.
fn base_name(record: &ZipFileHeaderRecord<'_>) -> String {
    let path = record.file_path();
    let path = String::from_utf8_lossy(path.as_bytes());
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

/// Only what is harmless in a file name, and nothing hidden.
fn harmless(name: &str) -> String {
    let kept: String = name.chars().filter(|&c| c.is_ascii_alphanumeric() || "._-".contains(c)).collect();
    kept.trim_start_matches('.').to_owned()
}

/// A safetensors file begins with the length of its header and the header, which is a JSON object.
fn check_header(mut file: impl Read, size: u64) -> Result<(), String> {
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| "too short for weights".to_owned())?;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_HEADER || length.saturating_add(8) > size {
        return Err("its header does not fit in it".into());
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(|e| e.to_string())?;
    match serde_json::from_slice::<serde_json::Value>(&header) {
        Ok(header) if header.is_object() => Ok(()),
        _ => Err("its header is no JSON object".into()),
    }
}
