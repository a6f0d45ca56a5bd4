//! Training sets: images with captions, checked, packed and uploaded.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use tokio::sync::Semaphore;

use super::archive::Archive;
use crate::{
    Client, Error, Media, Result, UploadedFile,
    error::ErrorKind,
    file_type::{FileType, SNIFF_LENGTH},
    temporary::TempPath,
};

/// Minimum number of images for `p-image-trainer`.
const MIN_IMAGES: usize = 10;
/// Maximum size of an upload: 100 MB.
const MAX_ARCHIVE: u64 = 100_000_000;
/// Limits the training sets that are being packed or uploaded: each has an archive on the disk.
static PACKED: Semaphore = Semaphore::const_new(4);
/// File name extensions of images that trainers accept.
const IMAGE_EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Images with captions to train a LoRA on: checked, packed as a flat zip archive, and uploaded.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::{Lora, TrainingSet, inputs::PImageTrainer};
///
/// let photos = TrainingSet::from_dir("photos")?.default_caption("a photo of sks dog");
/// let zip = photos.upload(&client).await?;
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
    /// File name in the archive, and the image.
    images: BTreeMap<String, PathBuf>,
    /// Stem, and the caption.
    captions: BTreeMap<String, String>,
    default_caption: Option<String>,
    /// Problems found while collecting, one line per file.
    problems: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// `p-image-trainer`: single images.
    Generate,
    /// `p-image-edit-trainer`: images before and after.
    Edit,
}

impl TrainingSet {
    /// Collects the images of a folder (jpg, png, webp) for `p-image-trainer`.
    ///
    /// The caption of `photo.jpg` is in `photo.txt`, if there is one. Hidden files and subfolders are skipped.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) if the folder or a caption cannot be read. Problems of the set itself are found by
    /// [`check`](Self::check).
    pub fn from_dir(path: impl AsRef<Path>) -> Result<Self> {
        Self::read(Purpose::Generate, path.as_ref())
    }

    /// Collects the pairs `NAME_start.EXT` and `NAME_end.EXT` of a folder for `p-image-edit-trainer`.
    ///
    /// Additional input images are named `NAME_start2.EXT` and so on; the instruction is in `NAME.txt`.
    ///
    /// # Errors
    ///
    /// As [`from_dir`](Self::from_dir).
    pub fn from_edit_dir(path: impl AsRef<Path>) -> Result<Self> {
        Self::read(Purpose::Edit, path.as_ref())
    }

    /// Collects images with their captions for `p-image-trainer`. They are numbered in the archive.
    pub fn captioned<P: Into<PathBuf>, C: Into<String>>(images: impl IntoIterator<Item = (P, C)>) -> Self {
        let mut set = Self::empty(Purpose::Generate);
        for (number, (path, caption)) in images.into_iter().enumerate() {
            let path = path.into();
            let stem = format!("{number:05}");
            match image_extension(&path) {
                Some(extension) => drop(set.images.insert(format!("{stem}.{extension}"), path)),
                None => set.problems.push(format!("{}: is not a jpg, png or webp file", path.display())),
            }
            set.captions.insert(stem, caption.into());
        }
        set
    }

    /// Sets the caption of images and pairs that have none.
    #[must_use]
    pub fn default_caption(mut self, caption: impl Into<String>) -> Self {
        self.default_caption = Some(caption.into());
        self
    }

    /// Returns the number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether the set has no images.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Checks the requirements of the trainers: at least ten images, complete pairs, captions, at most 100 MB.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput), with a message that lists every invalid file.
    pub fn check(&self) -> Result<()> {
        let mut problems = self.problems.clone();
        let mut total = 0;
        for (name, path) in &self.images {
            match image_size(path) {
                Ok(size) => total += size,
                Err(problem) => problems.push(format!("{name}: {problem}")),
            }
        }
        match self.purpose {
            Purpose::Generate if self.images.len() < MIN_IMAGES => {
                let found = self.images.len();
                problems.push(format!("{found} images, at least {MIN_IMAGES} are required"));
            }
            Purpose::Generate => {}
            Purpose::Edit => self.check_pairs(&mut problems),
        }
        self.check_captions(&mut problems);
        if total > MAX_ARCHIVE {
            problems.push(format!("{total} bytes in total, at most {MAX_ARCHIVE} are accepted"));
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::new(ErrorKind::InvalidInput, problems.join("; "))) }
    }

    /// Checks and packs the set and uploads the archive, which is the value of the trainer's parameter `image_data`.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check) and [`Client::upload`].
    pub async fn upload(&self, client: &Client) -> Result<UploadedFile> {
        // The semaphore is never closed.
        let _permit = PACKED.acquire().await;
        let set = self.clone();
        let packed = tokio::task::spawn_blocking(move || {
            set.check()?;
            let created = TempPath::create_private(&env::temp_dir(), ".zip");
            let (file, path) = created.map_err(|e| Error::io("the temporary archive", e))?;
            set.write_zip(file)?;
            // Dropping the path removes the file, so it is kept until the upload is done.
            Ok::<_, Error>(path)
        });
        let path =
            packed.await.map_err(|e| Error::new(ErrorKind::Io, format!("the archive could not be packed: {e}")))??;
        client.upload(Media::path(path.path())).await
    }

    /// Writes the archive: flat, with identical bytes for identical sets.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) if an image cannot be read or the archive cannot be written.
    pub fn write_zip(&self, to: impl Write) -> Result<()> {
        let failed = |name: &str, e: &dyn std::fmt::Display| Error::new(ErrorKind::Io, format!("{name}: {e}"));
        let mut archive = Archive::new(to);
        for (name, path) in &self.images {
            let file = fs::File::open(path).map_err(|e| failed(name, &e))?;
            archive.add(name, file).map_err(|e| failed(name, &e))?;
        }
        for stem in self.stems() {
            let Some(caption) = self.captions.get(&stem).or(self.default_caption.as_ref()) else { continue };
            let name = format!("{stem}.txt");
            archive.add(&name, caption.as_bytes()).map_err(|e| failed(&name, &e))?;
        }
        archive.finish().map_err(|e| failed("the archive", &e))?;
        Ok(())
    }

    fn empty(purpose: Purpose) -> Self {
        Self {
            purpose,
            images: BTreeMap::new(),
            captions: BTreeMap::new(),
            default_caption: None,
            problems: Vec::new(),
        }
    }

    fn read(purpose: Purpose, folder: &Path) -> Result<Self> {
        let mut set = Self::empty(purpose);
        for entry in fs::read_dir(folder).map_err(|e| Error::io(folder.display(), e))? {
            let path = entry.map_err(|e| Error::io(folder.display(), e))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                set.problems.push(format!("{}: its name is not valid Unicode", path.display()));
                continue;
            };
            if name.starts_with('.') || path.is_dir() {
                continue;
            }
            if image_extension(&path).is_some() {
                set.images.insert(name, path);
            } else if let Some(stem) = name.strip_suffix(".txt") {
                if !path.is_file() {
                    set.problems.push(format!("{name}: it is not a regular file"));
                    continue;
                }
                let caption = fs::read_to_string(&path).map_err(|e| Error::io(path.display(), e))?;
                set.captions.insert(stem.to_owned(), caption);
            } else {
                set.problems.push(format!("{name}: is neither an image (jpg, png, webp) nor a caption (txt)"));
            }
        }
        Ok(set)
    }

    /// Returns the stems that captions refer to: of images, or of pairs.
    fn stems(&self) -> BTreeSet<String> {
        let stem = |name: &String| name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
        let stems = self.images.keys().map(stem);
        match self.purpose {
            Purpose::Generate => stems.collect(),
            Purpose::Edit => stems.filter_map(|stem| role(&stem).map(|(root, _)| root.to_owned())).collect(),
        }
    }

    fn check_pairs(&self, problems: &mut Vec<String>) {
        let mut starts = BTreeSet::new();
        let mut ends = BTreeSet::new();
        for name in self.images.keys() {
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            match role(stem) {
                Some((root, Role::Start)) => drop(starts.insert(root)),
                Some((_, Role::FurtherStart)) => {}
                Some((root, Role::End)) => drop(ends.insert(root)),
                None => problems.push(format!("{name}: its name ends in neither _start nor _end")),
            }
        }
        problems.extend(starts.difference(&ends).map(|root| format!("{root}_start: there is no {root}_end")));
        problems.extend(ends.difference(&starts).map(|root| format!("{root}_end: there is no {root}_start")));
        if starts.intersection(&ends).next().is_none() {
            problems.push("there is no pair NAME_start and NAME_end".into());
        }
    }

    fn check_captions(&self, problems: &mut Vec<String>) {
        let stems = self.stems();
        for stem in self.captions.keys().filter(|stem| !stems.contains(*stem)) {
            problems.push(format!("{stem}.txt: has no image"));
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

/// Parses a stem: `dog_start2` is a further start of `dog`.
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

fn image_extension(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    IMAGE_EXTENSIONS.contains(&extension.as_str()).then_some(extension)
}

/// Returns the size of an image file, or why it is not one.
fn image_size(path: &Path) -> Result<u64, String> {
    // Checked before opening: opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(|e| e.to_string())?.is_file() {
        return Err("it is not a regular file".into());
    }
    let mut head = Vec::new();
    let mut file = fs::File::open(path).map_err(|e| e.to_string())?;
    Read::by_ref(&mut file).take(SNIFF_LENGTH as u64).read_to_end(&mut head).map_err(|e| e.to_string())?;
    if !["image/jpeg", "image/png", "image/webp"].contains(&FileType::sniff(&head).media_type) {
        return Err("its content is not jpg, png or webp".into());
    }
    file.metadata().map(|metadata| metadata.len()).map_err(|e| e.to_string())
}
