//! Pictures: what was asked for, legible, on a ground that follows from the seed or on the pictures that came in.

use std::io::{self, Cursor};

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageFormat, RgbImage};

use super::paint::{self, Dice};
use super::text::{Block, Type};
use super::{Kind, Recipe};
use crate::sources::{Origin, Source};

/// Refuses uploads in picture fields that are no pictures, in the words of the service's imaging library.
pub(crate) fn check(sources: &[Source]) -> Result<(), String> {
    for source in sources.iter().filter(|source| source.field.contains("image")) {
        if let Origin::Upload(content) = &source.origin
            && content.dimensions().is_none()
        {
            return Err(format!("cannot identify image file '{}'", source.url));
        }
    }
    Ok(())
}

/// Paints the picture and encodes it.
pub(crate) fn encode(recipe: &Recipe) -> io::Result<Bytes> {
    let picture = paint(recipe);
    let mut file = Vec::new();
    let (width, height) = picture.dimensions();
    let encoded = match recipe.kind {
        Kind::Png => picture.write_to(&mut Cursor::new(&mut file), ImageFormat::Png),
        Kind::Webp => WebPEncoder::new_lossless(&mut file).encode(&picture, width, height, ExtendedColorType::Rgb8),
        _ => JpegEncoder::new_with_quality(&mut file, recipe.quality).encode(
            &picture,
            width,
            height,
            ExtendedColorType::Rgb8,
        ),
    };
    encoded.map_err(io::Error::other)?;
    Ok(Bytes::from(file))
}

/// Paints the picture.
pub(crate) fn paint(recipe: &Recipe) -> RgbImage {
    let (width, height) = (recipe.width, recipe.height);
    let dice = Dice::new(&recipe.model, &recipe.prompt, recipe.seed, recipe.index);
    let mut picture = paint::ground(width, height, &dice);
    let inputs: Vec<RgbImage> = recipe.sources.iter().filter_map(load).collect();
    place(&mut picture, &inputs);
    let margin = (width.min(height) / 20).max(2);
    let footer_height = Type::signature(width.min(height)).line() + margin;
    let room = height.saturating_sub(2 * margin + footer_height);
    // Over the pictures that came in the text keeps to the lower half.
    let room = if inputs.is_empty() { room } else { room / 2 };
    let block = Block::fit(&recipe.prompt, width.saturating_sub(2 * margin), room);
    let top = if inputs.is_empty() {
        margin + room.saturating_sub(block.height()) / 2
    } else {
        height.saturating_sub(footer_height + margin + block.height())
    };
    paint::shade(&mut picture, top.saturating_sub(margin), top + block.height() + margin);
    block.draw(&mut picture, margin, top);
    sign(&mut picture, recipe, margin);
    picture
}

/// Writes model and seed at the foot.
fn sign(picture: &mut RgbImage, recipe: &Recipe, margin: u32) {
    let mut text = format!("{} | seed {}", recipe.model, recipe.seed);
    if recipe.count > 1 {
        text.push_str(&format!(" | {} of {}", recipe.index + 1, recipe.count));
    }
    let line = Type::signature(picture.width().min(picture.height())).line();
    let foot = picture.height().saturating_sub(line + margin / 2);
    paint::shade(picture, foot.saturating_sub(margin / 2), picture.height());
    let width = picture.width().saturating_sub(2 * margin);
    Block::fit(&text, width, line).draw(picture, margin, foot);
}

/// Puts the pictures side by side, each filling its column.
fn place(picture: &mut RgbImage, inputs: &[RgbImage]) {
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

/// The picture behind a source, if it is one. Foreign ones are not fetched.
fn load(source: &Source) -> Option<RgbImage> {
    match &source.origin {
        Origin::Upload(content) => Some(image::load_from_memory(&content.read().ok()?).ok()?.into_rgb8()),
        Origin::Output(output) => match output.recipe.kind {
            Kind::Jpg | Kind::Png | Kind::Webp => Some(paint(&output.recipe)),
            Kind::Mp4 | Kind::Zip => None,
        },
        Origin::Foreign => None,
    }
}
