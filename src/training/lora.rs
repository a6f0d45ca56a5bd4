//! The weights in the archive that a trainer returns.

use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder, ZipFileHeaderRecord,
};

use super::header::check_header;
use crate::{
    Error, Result,
    error::ErrorKind,
    file_name::file_stem,
    temporary::{TempPath, parent_dir},
};

/// Maximum size of weights.
const MAX_WEIGHTS: u64 = 4 * 1024 * 1024 * 1024;

/// The LoRA weights in the zip archive of a trainer.
///
/// Nothing in the archive is trusted: its paths are not used, sizes are limited, and the weights must be valid
/// safetensors.
///
/// ```no_run
/// use pruna::Lora;
///
/// let lora = Lora::from_zip("lora.zip")?;
/// lora.save("weights.safetensors")?;
/// println!("lora_weights: {}", lora.lora_weights("me/my-dog"));
/// # Ok::<(), pruna::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lora {
    archive: PathBuf,
    entry: Entry,
    file_name: String,
}

/// The position of the weights in the archive.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: ZipArchiveEntryWayfinder,
    compression: CompressionMethod,
}

impl Lora {
    /// Finds the weights in the zip archive of a trainer.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) if the file cannot be read; [`Decode`](ErrorKind::Decode) if it has no valid `.safetensors`;
    /// [`TooLarge`](ErrorKind::TooLarge) beyond 4 GiB.
    pub fn from_zip(path: impl Into<PathBuf>) -> Result<Self> {
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
            if entry.size() > MAX_WEIGHTS {
                let size = entry.size();
                let message =
                    format!("{name} declares {size} bytes; extract what exceeds {MAX_WEIGHTS} bytes by a zip program");
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            let weights = entry.open(&zip).map_err(|e| broken(&e))?;
            check_header(weights, entry.size()).map_err(|why| broken(&format_args!("{name}: {why}")))?;
            return Ok(Self { entry, file_name: weights_name(&name), archive });
        }
        Err(broken(&"it contains no .safetensors"))
    }

    /// Returns the file name of the weights, without folders.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Returns the size of the weights in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entry.size()
    }

    /// Saves the weights atomically, replacing a file at `path`.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) if the file cannot be written; [`Decode`](ErrorKind::Decode) if the archive is damaged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let failed = |e| Error::io(path.display(), e);
        let zip = open_zip(&self.archive)?;
        let mut weights = self.entry.open(&zip).map_err(|e| broken_zip(&self.archive, &e))?;
        let (mut file, temporary) = TempPath::create(parent_dir(path), ".part").map_err(failed)?;
        io::copy(&mut weights, &mut file).map_err(|e| match e.kind() {
            // These come from the archive, everything else from the disk.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                broken_zip(&self.archive, &e)
            }
            _ => failed(e),
        })?;
        file.sync_all().map_err(failed)?;
        temporary.persist(path).map_err(failed)
    }

    /// Returns the value of the parameter `lora_weights` for a Hugging Face repository (`owner/name`) that has the file.
    ///
    /// It includes the file name; without it, the service would look for a file with another name.
    #[must_use]
    pub fn lora_weights(&self, repository: impl AsRef<str>) -> String {
        let repository = repository.as_ref().trim_start_matches("https://").trim_start_matches("huggingface.co/");
        format!("huggingface.co/{}/{}", repository.trim_matches('/'), self.file_name)
    }
}

impl Entry {
    fn size(&self) -> u64 {
        self.place.uncompressed_size_hint()
    }

    /// Opens the content, which must have the declared length and checksum.
    fn open<'a>(&self, zip: &'a ZipArchive<FileReader>) -> Result<Box<dyn Read + 'a>, String> {
        let entry = zip.get_entry(self.place).map_err(|e| e.to_string())?;
        let raw = entry.reader();
        // Never more than declared, whatever the compressed data expand to.
        let max = self.size() + 1;
        match self.compression {
            CompressionMethod::STORE => Ok(Box::new(entry.verifying_reader(raw.take(max)))),
            CompressionMethod::DEFLATE => Ok(Box::new(entry.verifying_reader(DeflateDecoder::new(raw).take(max)))),
            other => Err(format!("its compression, {other:?}, is neither none nor deflate")),
        }
    }
}

fn open_zip(path: &Path) -> Result<ZipArchive<FileReader>> {
    let file = fs::File::open(path).map_err(|e| Error::io(path.display(), e))?;
    ZipArchive::from_file(file, &mut vec![0; RECOMMENDED_BUFFER_SIZE]).map_err(|e| broken_zip(path, &e))
}

fn broken_zip(path: &Path, why: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::Decode, format!("{} is not an archive of a trainer: {why}", path.display()))
}

/// Returns the name of an entry without folders.
fn base_name(record: &ZipFileHeaderRecord<'_>) -> String {
    let path = record.file_path();
    let path = String::from_utf8_lossy(path.as_bytes());
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

/// Returns a safe file name for the weights.
fn weights_name(name: &str) -> String {
    let stem = name.strip_suffix(".safetensors").and_then(file_stem);
    format!("{}.safetensors", stem.as_deref().unwrap_or("weights"))
}
