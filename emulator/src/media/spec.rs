//! Specifications of output files.

use std::mem;
use std::sync::{Arc, Weak};

use crate::content::Content;
use crate::id::{is_checked_id, random_checked_id};
use crate::kind::Kind;

/// First part of the path of every output file.
const FOLDER: &str = "xezq";

/// Everything that determines the bytes of an output file.
#[derive(Debug)]
pub(crate) struct MediaSpec {
    pub(crate) kind: Kind,
    pub(crate) model: String,
    pub(crate) prompt: Arc<str>,
    pub(crate) seed: i64,
    /// Position among the `count` files of one prediction.
    pub(crate) index: u32,
    pub(crate) count: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// JPEG quality, 1 to 100.
    pub(crate) quality: u8,
    /// Number of frames of a video.
    pub(crate) frames: u32,
    pub(crate) fps: u32,
    /// Training steps.
    pub(crate) steps: u64,
    pub(crate) sources: Arc<[Source]>,
}

/// An output file of a prediction.
#[derive(Debug)]
pub(crate) struct OutputFile {
    /// Path below `/v1/predictions/delivery/`.
    pub(crate) path: String,
    pub(crate) spec: MediaSpec,
}

/// A media file that an input refers to.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Name of the input field.
    pub(crate) field: String,
    /// URL as given in the input.
    pub(crate) url: String,
    /// Where its bytes are.
    pub(crate) origin: Origin,
}

/// Where the bytes of a media file are.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// An upload. It can be dropped while predictions refer to it.
    Upload(Weak<Content>),
    /// The output of an earlier prediction.
    Output(Arc<OutputFile>),
    /// Another server. Never downloaded.
    External,
}

impl Source {
    /// Number of files that are drawn for this source.
    pub(crate) fn files(&self) -> usize {
        match &self.origin {
            Origin::Output(file) => 1 + file.spec.sources.iter().map(Self::files).sum::<usize>(),
            Origin::Upload(_) | Origin::External => 1,
        }
    }

    /// Estimated memory in bytes, with the specifications that this source refers to.
    fn size(&self) -> usize {
        let output = if let Origin::Output(file) = &self.origin { file.size() } else { 0 };
        mem::size_of::<Self>() + self.field.capacity() + self.url.capacity() + output
    }
}

impl OutputFile {
    /// Estimated memory in bytes.
    pub(crate) fn size(&self) -> usize {
        let spec = &self.spec;
        let sources: usize = spec.sources.iter().map(Source::size).sum();
        mem::size_of::<Self>() + self.path.capacity() + spec.model.capacity() + spec.prompt.len() + sources
    }

    /// Whether a file was once delivered at this path, by this emulator or another.
    pub(crate) fn is_path(path: &str) -> bool {
        let mut parts = path.split('/');
        parts.next() == Some(FOLDER) && parts.next().is_some_and(is_checked_id)
    }
}

impl MediaSpec {
    /// Assigns the path at which the file is delivered.
    pub(crate) fn into_file(self) -> OutputFile {
        let extension = self.kind.extension();
        let name = match (self.kind, self.count) {
            (Kind::Zip, _) => "weights.zip".to_owned(),
            (_, 1) => format!("output.{extension}"),
            _ => format!("output_{}_{}.{extension}", self.seed, self.index),
        };
        OutputFile { path: format!("{FOLDER}/{}/{name}", random_checked_id()), spec: self }
    }
}
