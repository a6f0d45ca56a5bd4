//! Videos: a still picture with a progress bar, as H.264 in MP4.

use std::io::{self, Cursor};

use bytes::Bytes;
use muxide::api::{MuxerBuilder, VideoCodec};

use super::h264::Encoder;
use super::picture;
use super::spec::MediaSpec;

/// Draws the first frame, extends the progress bar in the others, and encodes them.
pub(super) fn encode(spec: &MediaSpec) -> io::Result<Bytes> {
    let picture = picture::draw(spec);
    let (width, height) = picture.dimensions();
    let mut file = Cursor::new(Vec::new());
    let mut muxer = MuxerBuilder::new(&mut file)
        .video(VideoCodec::H264, width, height, f64::from(spec.fps))
        .build()
        .map_err(io::Error::other)?;
    let mut encoder = Encoder::new(&picture);
    for frame in 0..spec.frames {
        let time = f64::from(frame) / f64::from(spec.fps);
        let (data, key) =
            if frame == 0 { (encoder.key_frame(), true) } else { (encoder.next_frame(frame, spec.frames), false) };
        muxer.write_video(time, &data, key).map_err(io::Error::other)?;
    }
    muxer.finish().map_err(io::Error::other)?;
    Ok(Bytes::from(file.into_inner()))
}
