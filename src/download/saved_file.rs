//! Files on disk.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::media::{Media, media_from};

/// A complete file on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedFile {
    /// Where it was saved.
    pub path: PathBuf,
    /// Where it was downloaded from.
    pub url: String,
    /// The media type, detected from the content, else as declared by the service.
    pub content_type: String,
    /// The size in bytes.
    pub bytes: u64,
}

impl SavedFile {
    /// Describes a file that was saved earlier, for example for [`Plan::assume`](crate::batch::Plan::assume).
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, url: impl Into<String>, content_type: impl Into<String>, bytes: u64) -> Self {
        Self { path: path.into(), url: url.into(), content_type: content_type.into(), bytes }
    }
}

media_from! {
    SavedFile: |file| Media::path(file.path);
    &SavedFile: |file| Media::path(file.path.clone());
}
