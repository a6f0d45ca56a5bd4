//! Clips: a still picture with a bar that shows how far they have played, as H.264 in mp4.

use std::io::{self, Cursor};

use bytes::Bytes;
use muxide::api::{MuxerBuilder, VideoCodec};

use super::h264::Encoder;
use super::{Recipe, picture};

/// Paints the first frame, lets the bar grow over the others, and packs them.
pub(crate) fn encode(recipe: &Recipe) -> io::Result<Bytes> {
    let picture = picture::paint(recipe);
    let (width, height) = picture.dimensions();
    let mut file = Cursor::new(Vec::new());
    let mut muxer = MuxerBuilder::new(&mut file)
        .video(VideoCodec::H264, width, height, f64::from(recipe.fps))
        .build()
        .map_err(io::Error::other)?;
    let mut encoder = Encoder::new(&picture);
    for frame in 0..recipe.frames {
        let time = f64::from(frame) / f64::from(recipe.fps);
        let (data, key) =
            if frame == 0 { (encoder.key_frame(), true) } else { (encoder.next_frame(frame, recipe.frames), false) };
        muxer.write_video(time, &data, key).map_err(io::Error::other)?;
    }
    muxer.finish().map_err(io::Error::other)?;
    Ok(Bytes::from(file.into_inner()))
}
