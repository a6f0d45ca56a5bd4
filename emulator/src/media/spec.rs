//! Specifications of output files.

use std::sync::Arc;

use crate::content::Content;
use crate::id::random_id;
use crate::kind::Kind;

/// Everything that determines the bytes of an output file.
#[derive(Debug)]
pub(crate) struct MediaSpec {
    pub(crate) kind: Kind,
    pub(crate) model: String,
    pub(crate) prompt: String,
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
    /// An upload.
    Upload(Content),
    /// The output of an earlier prediction.
    Output(Arc<OutputFile>),
    /// Another server. Never downloaded.
    External,
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
        OutputFile { path: format!("xezq/{}/{name}", random_id(54)), spec: self }
    }
}
