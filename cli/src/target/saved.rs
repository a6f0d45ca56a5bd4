//! A file of a result, where it was saved.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::terminal::Terminal;

/// A file that was saved, or written to a pipe or a device.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Saved {
    #[serde(serialize_with = "lossy")]
    pub(crate) path: PathBuf,
    pub(crate) url: String,
    pub(crate) content_type: String,
    pub(crate) bytes: u64,
}

impl From<pruna::SavedFile> for Saved {
    fn from(file: pruna::SavedFile) -> Self {
        Self { path: file.path, url: file.url, content_type: file.content_type, bytes: file.bytes }
    }
}

impl Saved {
    /// Warns about an extension that does not match the content.
    pub(super) fn check_extension(&self, terminal: &Terminal) {
        let Some(extension) = self.path.extension().and_then(|e| e.to_str()) else { return };
        let expected = match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => "image/jpeg",
            "png" => "image/png",
            "webp" => "image/webp",
            "mp4" => "video/mp4",
            "zip" => "application/zip",
            _ => return,
        };
        if self.content_type != expected {
            terminal.warn(format_args!("{} contains {}", self.path.display(), self.content_type));
        }
    }
}

/// JSON has no place for the bytes of a path that is not Unicode.
fn lossy<S: Serializer>(path: impl AsRef<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.as_ref().display())
}
