//! Pictures: the prompt as text, on a background derived from the seed or on the pictures of the input.

use std::io::{self, Cursor};

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageFormat, RgbImage};

use super::background::{self, SeededNumbers};
use super::spec::{MediaSpec, Origin, Source};
use super::text::{FontSize, TextBlock};
use crate::kind::Kind;

/// Checks that uploads in image fields are images. Errors are worded like those of the service's imaging library.
pub(super) fn check_uploads(sources: &[Source]) -> Result<(), String> {
    for source in sources.iter().filter(|source| source.field.contains("image")) {
        if let Origin::Upload(content) = &source.origin
            && content.upgrade().is_none_or(|content| content.dimensions().is_none())
        {
            return Err(format!("cannot identify image file '{}'", source.url));
        }
    }
    Ok(())
}

/// Draws the picture and encodes it.
pub(super) fn encode(spec: &MediaSpec) -> io::Result<Bytes> {
    let picture = draw(spec);
    let mut file = Vec::new();
    let (width, height) = picture.dimensions();
    let encoded = match spec.kind {
        Kind::Png => picture.write_to(&mut Cursor::new(&mut file), ImageFormat::Png),
        Kind::Webp => WebPEncoder::new_lossless(&mut file).encode(&picture, width, height, ExtendedColorType::Rgb8),
        _ => JpegEncoder::new_with_quality(&mut file, spec.quality).encode(
            &picture,
            width,
            height,
            ExtendedColorType::Rgb8,
        ),
    };
    encoded.map_err(io::Error::other)?;
    Ok(Bytes::from(file))
}

/// Draws the picture.
pub(super) fn draw(spec: &MediaSpec) -> RgbImage {
    let (width, height) = (spec.width, spec.height);
    let numbers = SeededNumbers::new(&spec.model, &spec.prompt, spec.seed, spec.index);
    let mut picture = background::draw(width, height, &numbers);
    let inputs: Vec<RgbImage> = spec.sources.iter().filter_map(load).collect();
    draw_inputs(&mut picture, &inputs);
    let margin = (width.min(height) / 20).max(2);
    let caption_height = FontSize::caption(width.min(height)).line() + margin;
    let room = height.saturating_sub(2 * margin + caption_height);
    // On pictures of the input, the text stays in the lower half.
    let room = if inputs.is_empty() { room } else { room / 2 };
    let block = TextBlock::fit(&spec.prompt, width.saturating_sub(2 * margin), room);
    let top = if inputs.is_empty() {
        margin + room.saturating_sub(block.height()) / 2
    } else {
        height.saturating_sub(caption_height + margin + block.height())
    };
    background::darken(&mut picture, top.saturating_sub(margin), top + block.height() + margin);
    block.draw(&mut picture, margin, top);
    draw_caption(&mut picture, spec, margin);
    picture
}

/// Writes model and seed at the bottom.
fn draw_caption(picture: &mut RgbImage, spec: &MediaSpec, margin: u32) {
    let mut text = format!("{} | seed {}", spec.model, spec.seed);
    if spec.count > 1 {
        text.push_str(&format!(" | {} of {}", spec.index + 1, spec.count));
    }
    let line = FontSize::caption(picture.width().min(picture.height())).line();
    let top = picture.height().saturating_sub(line + margin / 2);
    background::darken(picture, top.saturating_sub(margin / 2), picture.height());
    let width = picture.width().saturating_sub(2 * margin);
    TextBlock::fit(&text, width, line).draw(picture, margin, top);
}

/// Draws the pictures of the input side by side, each cropped to its column.
fn draw_inputs(picture: &mut RgbImage, inputs: &[RgbImage]) {
    let Ok(count) = u32::try_from(inputs.len()) else { return };
    for (index, input) in (0_u32..).zip(inputs) {
        let left = picture.width() * index / count;
        let width = (picture.width() * (index + 1) / count - left).max(1);
        let height = picture.height();
        let scale =
            f64::max(f64::from(width) / f64::from(input.width()), f64::from(height) / f64::from(input.height()));
        let crop_width = ((f64::from(width) / scale) as u32).clamp(1, input.width());
        let crop_height = ((f64::from(height) / scale) as u32).clamp(1, input.height());
        let (x, y) = ((input.width() - crop_width) / 2, (input.height() - crop_height) / 2);
        let crop = imageops::crop_imm(input, x, y, crop_width, crop_height).to_image();
        let tile = imageops::resize(&crop, width, height, FilterType::Triangle);
        imageops::replace(picture, &tile, left.into(), 0);
    }
}

/// Loads the picture of a source. Returns `None` if it is no picture, on another server, or an upload that was dropped.
fn load(source: &Source) -> Option<RgbImage> {
    match &source.origin {
        Origin::Upload(content) => content.upgrade()?.image(),
        Origin::Output(file) => file.spec.kind.is_image().then(|| draw(&file.spec)),
        Origin::External => None,
    }
}
