//! From a specification to the bytes of a file.

use std::io;

use bytes::Bytes;

use super::spec::MediaSpec;
use super::{picture, training, video};
use crate::kind::Kind;

/// Creates the file. Blocks for up to some seconds.
pub(super) fn render(spec: &MediaSpec) -> io::Result<Bytes> {
    match spec.kind {
        Kind::Jpg | Kind::Png | Kind::Webp => picture::encode(spec),
        Kind::Mp4 => video::encode(spec),
        Kind::Zip => training::encode_weights(spec),
    }
}
