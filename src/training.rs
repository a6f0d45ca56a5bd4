//! Training: the archive that a trainer wants, and the weights in the archive that it gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{Client, Error, UploadedFile, error::Kind, media::Media, media::kind};

/// What `p-image-trainer` needs at least.
const FEWEST_PICTURES: usize = 10;
/// What the service takes as one upload: 100 MB.
const LARGEST_ARCHIVE: u64 = 100 * 1024 * 1024;
/// Kinds of picture that trainers take.
const PICTURES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Pictures, with captions, to train a LoRA on: checked, packed as a flat zip and uploaded.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::{Lora, TrainingSet, inputs::PImageTrainer};
///
/// let pictures = TrainingSet::folder("photos")?.default_caption("a photo of sks dog");
/// let zip = pictures.upload(&client).await?;
/// let trained = client.generate(PImageTrainer::builder().image_data(zip).steps(1000).build()).await?;
/// trained.save("lora.zip").await?;
///
/// let lora = Lora::from_zip("lora.zip")?;
/// lora.save("weights.safetensors")?;
/// println!("after publishing, use it as {}", lora.lora_weights("me/my-dog"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TrainingSet {
    purpose: Purpose,
    /// File name in the archive, to what it holds.
    pictures: BTreeMap<String, PathBuf>,
    /// Stem, to the caption.
    captions: BTreeMap<String, String>,
    default_caption: Option<String>,
    /// What was found wrong while collecting, one line a file.
    problems: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// `p-image-trainer`: single pictures.
    Generate,
    /// `p-image-edit-trainer`: pictures before and after.
    Edit,
}

impl TrainingSet {
    /// For `p-image-trainer`: the pictures of a folder (jpg, png, webp), each with a caption in a text file of the same
    /// name (`photo.jpg`, `photo.txt`) if it has one. Hidden files and folders within are passed over.
    ///
    /// # Errors
    ///
    /// Io, when the folder or a caption cannot be read. What is wrong with the set itself is told by
    /// [`check`](Self::check).
    pub fn folder(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(Purpose::Generate, path.as_ref())
    }

    /// For `p-image-edit-trainer`: pairs `NAME_start.EXT` and `NAME_end.EXT` of a folder, further inputs as
    /// `NAME_start2.EXT` and so on, the instruction in `NAME.txt`.
    ///
    /// # Errors
    ///
    /// As [`folder`](Self::folder).
    pub fn edit_folder(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(Purpose::Edit, path.as_ref())
    }

    /// For `p-image-trainer`: pictures with their captions, from anywhere. They are packed under names of ours.
    pub fn captioned<P: Into<PathBuf>, C: Into<String>>(pictures: impl IntoIterator<Item = (P, C)>) -> Self {
        let mut set = Self::empty(Purpose::Generate);
        for (number, (path, caption)) in pictures.into_iter().enumerate() {
            let path = path.into();
            let stem = format!("{number:05}");
            match picture_extension(&path) {
                Some(extension) => drop(set.pictures.insert(format!("{stem}.{extension}"), path)),
                None => set.problems.push(format!("{}: is no jpg, png or webp", path.display())),
            }
            set.captions.insert(stem, caption.into());
        }
        set
    }

    /// The caption of every picture, or pair, that has none of its own.
    #[must_use]
    pub fn default_caption(mut self, caption: impl Into<String>) -> Self {
        self.default_caption = Some(caption.into());
        self
    }

    /// How many pictures the set has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Whether the set has no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Checks what the trainers ask for: ten pictures at least, complete pairs, captions, 100 MB at most.
    ///
    /// # Errors
    ///
    /// Invalid input, with every file that is at fault.
    pub fn check(&self) -> Result<(), Error> {
        let mut problems = self.problems.clone();
        let mut total = 0;
        for (name, path) in &self.pictures {
            match picture_size(path) {
                Ok(size) => total += size,
                Err(problem) => problems.push(format!("{name}: {problem}")),
            }
        }
        match self.purpose {
            Purpose::Generate if self.pictures.len() < FEWEST_PICTURES => {
                let found = self.pictures.len();
                problems.push(format!("{found} pictures, at least {FEWEST_PICTURES} are needed"));
            }
            Purpose::Generate => {}
            Purpose::Edit => self.check_pairs(&mut problems),
        }
        self.check_captions(&mut problems);
        if total > LARGEST_ARCHIVE {
            problems.push(format!("{total} bytes in all, at most {LARGEST_ARCHIVE} are taken"));
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::new(Kind::InvalidInput, problems.join("; "))) }
    }

    /// Checks the set, packs it and uploads the archive; the result is the trainer's `image_data`.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check) and [`Client::upload`].
    pub async fn upload(&self, client: &Client) -> Result<UploadedFile, Error> {
        let set = self.clone();
        let packed = tokio::task::spawn_blocking(move || {
            set.check()?;
            let file = tempfile::Builder::new().prefix("pruna-training-").suffix(".zip").tempfile();
            let mut file = file.map_err(|e| Error::new(Kind::Io, format!("no temporary file: {e}")))?;
            set.write_zip(file.as_file_mut())?;
            // The file lives as long as this path does: until it is uploaded.
            Ok::<_, Error>(file.into_temp_path())
        });
        let path = packed.await.map_err(|e| Error::new(Kind::Io, format!("packing stopped: {e}")))??;
        client.upload(Media::path(path.to_path_buf())).await
    }

    /// Writes the archive: flat, the same bytes for the same set.
    ///
    /// # Errors
    ///
    /// Io, when a picture cannot be read or the archive not be written.
    pub fn write_zip(&self, to: impl Write + Seek) -> Result<(), Error> {
        let failed = |name: &str, e: &dyn std::fmt::Display| Error::new(Kind::Io, format!("{name}: {e}"));
        // Pictures are compressed already.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut zip = ZipWriter::new(to);
        for (name, path) in &self.pictures {
            zip.start_file(name.as_str(), options).map_err(|e| failed(name, &e))?;
            let mut file = fs::File::open(path).map_err(|e| failed(name, &e))?;
            std::io::copy(&mut file, &mut zip).map_err(|e| failed(name, &e))?;
        }
        for stem in self.stems() {
            let Some(caption) = self.captions.get(&stem).or(self.default_caption.as_ref()) else { continue };
            let name = format!("{stem}.txt");
            zip.start_file(name.as_str(), options).map_err(|e| failed(&name, &e))?;
            zip.write_all(caption.as_bytes()).map_err(|e| failed(&name, &e))?;
        }
        zip.finish().map_err(|e| failed("the archive", &e))?;
        Ok(())
    }

    fn empty(purpose: Purpose) -> Self {
        Self {
            purpose,
            pictures: BTreeMap::new(),
            captions: BTreeMap::new(),
            default_caption: None,
            problems: Vec::new(),
        }
    }

    fn read(purpose: Purpose, folder: &Path) -> Result<Self, Error> {
        let mut set = Self::empty(purpose);
        for entry in fs::read_dir(folder).map_err(|e| Error::io(folder.display(), e))? {
            let path = entry.map_err(|e| Error::io(folder.display(), e))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                set.problems.push(format!("{}: its name is not valid text", path.display()));
                continue;
            };
            if name.starts_with('.') || path.is_dir() {
                continue;
            }
            if picture_extension(&path).is_some() {
                set.pictures.insert(name, path);
            } else if let Some(stem) = name.strip_suffix(".txt") {
                let caption = fs::read_to_string(&path).map_err(|e| Error::io(path.display(), e))?;
                set.captions.insert(stem.to_owned(), caption);
            } else {
                set.problems.push(format!("{name}: is neither a picture (jpg, png, webp) nor a caption (txt)"));
            }
        }
        Ok(set)
    }

    /// Names that captions go by: of pictures, or of pairs.
    fn stems(&self) -> BTreeSet<String> {
        let stem = |name: &String| name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
        let stems = self.pictures.keys().map(stem);
        match self.purpose {
            Purpose::Generate => stems.collect(),
            Purpose::Edit => stems.filter_map(|stem| role(&stem).map(|(root, _)| root.to_owned())).collect(),
        }
    }

    fn check_pairs(&self, problems: &mut Vec<String>) {
        let mut starts = BTreeSet::new();
        let mut ends = BTreeSet::new();
        for name in self.pictures.keys() {
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            match role(stem) {
                Some((root, Role::Start)) => drop(starts.insert(root)),
                Some((_, Role::FurtherStart)) => {}
                Some((root, Role::End)) => drop(ends.insert(root)),
                None => problems.push(format!("{name}: is named neither NAME_start nor NAME_end")),
            }
        }
        problems.extend(starts.difference(&ends).map(|root| format!("{root}_start: has no {root}_end")));
        problems.extend(ends.difference(&starts).map(|root| format!("{root}_end: has no {root}_start")));
        if starts.intersection(&ends).next().is_none() {
            problems.push("no pair of NAME_start and NAME_end".into());
        }
    }

    fn check_captions(&self, problems: &mut Vec<String>) {
        let stems = self.stems();
        for stem in self.captions.keys().filter(|stem| !stems.contains(*stem)) {
            problems.push(format!("{stem}.txt: belongs to no picture"));
        }
        if self.default_caption.is_none() {
            for stem in stems.iter().filter(|stem| !self.captions.contains_key(*stem)) {
                problems.push(format!("{stem}: has no caption, and there is no default caption"));
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Start,
    FurtherStart,
    End,
}

/// `dog_start2` is a further start of `dog`.
fn role(stem: &str) -> Option<(&str, Role)> {
    let (root, role) = stem.rsplit_once('_').filter(|(root, _)| !root.is_empty())?;
    match role {
        "start" => Some((root, Role::Start)),
        "end" => Some((root, Role::End)),
        _ => {
            let number = role.strip_prefix("start")?;
            (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some((root, Role::FurtherStart))
        }
    }
}

fn picture_extension(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    PICTURES.contains(&extension.as_str()).then_some(extension)
}

/// The size of a picture, or why it is none.
fn picture_size(path: &Path) -> Result<u64, String> {
    let mut head = Vec::new();
    let mut file = fs::File::open(path).map_err(|e| e.to_string())?;
    Read::by_ref(&mut file).take(kind::SNIFFED as u64).read_to_end(&mut head).map_err(|e| e.to_string())?;
    if !["image/jpeg", "image/png", "image/webp"].contains(&kind::of_bytes(&head).mime) {
        return Err("its content is no jpg, png or webp".into());
    }
    file.metadata().map(|metadata| metadata.len()).map_err(|e| e.to_string())
}

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
    index: usize,
    file_name: String,
    size: u64,
}

impl Lora {
    /// Finds the weights in the zip that a trainer gave.
    ///
    /// # Errors
    ///
    /// Io, when the file cannot be read; decode, when it holds no `.safetensors`, or one that is none.
    pub fn from_zip(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let archive = path.into();
        let mut zip = open_zip(&archive)?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(|e| broken_zip(&archive, &e))?;
            let name = entry.name().map_err(|e| broken_zip(&archive, &e))?;
            let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if entry.is_file() && name.ends_with(".safetensors") {
                let size = entry.size();
                if size > LARGEST_WEIGHTS {
                    let message = format!("{name} claims {size} bytes, at most {LARGEST_WEIGHTS} are taken");
                    return Err(Error::new(Kind::TooLarge, message));
                }
                check_header(&mut entry, size).map_err(|why| broken_zip(&archive, &format!("{name}: {why}")))?;
                let harmless = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
                let file_name: String = name.chars().filter(harmless).collect();
                let file_name = file_name.trim_start_matches('.').to_owned();
                return Ok(Self { archive, index, file_name, size });
            }
        }
        Err(broken_zip(&archive, &"it holds no .safetensors"))
    }

    /// The name of the weights' file, without any folder.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Bytes of the weights.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Writes the weights to a new file.
    ///
    /// # Errors
    ///
    /// Io, when the file exists already or cannot be written; decode, when the archive is damaged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let mut zip = open_zip(&self.archive)?;
        let entry = zip.by_index(self.index).map_err(|e| broken_zip(&self.archive, &e))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix(".pruna-")
            .tempfile_in(folder)
            .map_err(|e| Error::io(folder.display(), e))?;
        let written = std::io::copy(&mut entry.take(self.size), &mut file);
        let written = written.map_err(|e| Error::io(path.display(), e))?;
        if written != self.size {
            return Err(broken_zip(&self.archive, &format!("{written} of {} bytes are there", self.size)));
        }
        file.persist_noclobber(path).map_err(|e| Error::io(path.display(), e.error))?;
        Ok(())
    }

    /// What to set `lora_weights` to once the file is in this Hugging Face repository (`owner/name`). The file name is
    /// part of it: without, the service looks for another one.
    #[must_use]
    pub fn lora_weights(&self, repository: &str) -> String {
        let repository = repository.trim_start_matches("https://").trim_start_matches("huggingface.co/");
        format!("huggingface.co/{}/{}", repository.trim_matches('/'), self.file_name)
    }
}

fn open_zip(path: &Path) -> Result<ZipArchive<fs::File>, Error> {
    let file = fs::File::open(path).map_err(|e| Error::io(path.display(), e))?;
    ZipArchive::new(file).map_err(|e| broken_zip(path, &e))
}

fn broken_zip(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Decode, format!("{} is not what a trainer gives: {why}", path.display()))
}

/// A safetensors file begins with the length of its header and the header, which is a JSON object.
fn check_header(file: &mut impl Read, size: u64) -> Result<(), String> {
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
