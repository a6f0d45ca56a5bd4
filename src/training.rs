//! Training: the archive that a trainer wants, and the weights in the archive that it gives.

mod lora;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter};

pub use self::lora::Lora;
use crate::{Client, Error, UploadedFile, error::ErrorKind, media::Media, media::kind, temporary::TempPath};

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
/// let pictures = TrainingSet::from_dir("photos")?.default_caption("a photo of sks dog");
/// let zip = pictures.upload(&client).await?;
/// let trained = client.generate(PImageTrainer::new(zip).steps(1000)).await?;
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
    pub fn from_dir(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(Purpose::Generate, path.as_ref())
    }

    /// For `p-image-edit-trainer`: pairs `NAME_start.EXT` and `NAME_end.EXT` of a folder, further inputs as
    /// `NAME_start2.EXT` and so on, the instruction in `NAME.txt`.
    ///
    /// # Errors
    ///
    /// As [`from_dir`](Self::from_dir).
    pub fn from_edit_dir(path: impl AsRef<Path>) -> Result<Self, Error> {
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
        if problems.is_empty() { Ok(()) } else { Err(Error::new(ErrorKind::InvalidInput, problems.join("; "))) }
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
            let made = TempPath::create_private(&env::temp_dir(), ".zip");
            let (file, path) = made.map_err(|e| Error::new(ErrorKind::Io, format!("no temporary file: {e}")))?;
            set.write_zip(file)?;
            // The file lives as long as this path does: until it is uploaded.
            Ok::<_, Error>(path)
        });
        let path = packed.await.map_err(|e| Error::new(ErrorKind::Io, format!("packing stopped: {e}")))??;
        client.upload(Media::path(path.path())).await
    }

    /// Writes the archive: flat, the same bytes for the same set.
    ///
    /// # Errors
    ///
    /// Io, when a picture cannot be read or the archive not be written.
    pub fn write_zip(&self, to: impl Write) -> Result<(), Error> {
        let failed = |name: &str, e: &dyn std::fmt::Display| Error::new(ErrorKind::Io, format!("{name}: {e}"));
        let mut zip = ZipArchiveWriter::new(to);
        for (name, path) in &self.pictures {
            let file = fs::File::open(path).map_err(|e| failed(name, &e))?;
            add(&mut zip, name, file).map_err(|e| failed(name, &e))?;
        }
        for stem in self.stems() {
            let Some(caption) = self.captions.get(&stem).or(self.default_caption.as_ref()) else { continue };
            let name = format!("{stem}.txt");
            add(&mut zip, &name, caption.as_bytes()).map_err(|e| failed(&name, &e))?;
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

/// Adds a file to an archive. Sizes and checksum follow the content, which every reader understands of a deflated entry;
/// nothing is compressed, for pictures are already.
fn add(zip: &mut ZipArchiveWriter<impl Write>, name: &str, mut content: impl Read) -> Result<(), rawzip::Error> {
    let (mut entry, config) = zip.new_file(name).compression_method(CompressionMethod::DEFLATE).start()?;
    let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::none()));
    std::io::copy(&mut content, &mut writer)?;
    let (encoder, descriptor) = writer.finish()?;
    encoder.finish()?;
    entry.finish(descriptor)?;
    Ok(())
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
