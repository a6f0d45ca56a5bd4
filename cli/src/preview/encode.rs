//! Images as escape sequences of terminals. None of them asks for a reply.

use std::{fmt::Write as _, io::Cursor};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use icy_sixel::{DiffusionMethod, MethodForLargest, MethodForRep, PixelFormat, Quality, sixel_string};
use image::{DynamicImage, ImageFormat};

/// Width of a column in pixels, as an estimate; the terminal scales kitty and iTerm2 graphics itself.
const COLUMN_WIDTH: u32 = 10;
/// Maximum height of a preview as a multiple of its width.
const MAX_ASPECT: u32 = 4;
/// Maximum length of the data in one sequence of the kitty protocol.
const KITTY_CHUNK: usize = 4096;

/// Encodes an image for the kitty graphics protocol.
pub(super) fn kitty(image: &DynamicImage, columns: u16) -> Result<String, String> {
    let data = png(image, columns)?;
    let mut text = String::with_capacity(data.len() + data.len() / 100);
    // f=100: PNG; a=T: transmit and show; q=2: no replies.
    let mut control = format!("f=100,a=T,q=2,c={columns},");
    let mut rest = data.as_str();
    while !rest.is_empty() {
        let (chunk, remaining) = rest.split_at(KITTY_CHUNK.min(rest.len()));
        let has_more = u8::from(!remaining.is_empty());
        let _ = write!(text, "\x1b_G{control}m={has_more};{chunk}\x1b\\");
        control.clear();
        rest = remaining;
    }
    text.push('\n');
    Ok(text)
}

/// Encodes an image for the protocol of iTerm2.
pub(super) fn iterm(image: &DynamicImage, columns: u16) -> Result<String, String> {
    let data = png(image, columns)?;
    Ok(format!("\x1b]1337;File=inline=1;preserveAspectRatio=1;width={columns}:{data}\x07\n"))
}

/// Encodes an image as sixels.
pub(super) fn sixel(image: &DynamicImage, columns: u16) -> Result<String, String> {
    let image = scaled(image, columns).to_rgb8();
    let length = |pixels: u32| i32::try_from(pixels).map_err(|e| e.to_string());
    let text = sixel_string(
        image.as_raw(),
        length(image.width())?,
        length(image.height())?,
        PixelFormat::RGB888,
        DiffusionMethod::Auto,
        MethodForLargest::Auto,
        MethodForRep::Auto,
        Quality::AUTO,
    );
    text.map(|text| text + "\n").map_err(|e| e.to_string())
}

/// Encodes an image as PNG in base64.
fn png(image: &DynamicImage, columns: u16) -> Result<String, String> {
    let mut bytes = Cursor::new(Vec::new());
    scaled(image, columns).to_rgb8().write_to(&mut bytes, ImageFormat::Png).map_err(|e| e.to_string())?;
    Ok(BASE64_STANDARD.encode(bytes.into_inner()))
}

/// Scales an image down to a number of columns.
fn scaled(image: &DynamicImage, columns: u16) -> DynamicImage {
    let width = u32::from(columns) * COLUMN_WIDTH;
    let height = width * MAX_ASPECT;
    if image.width() > width || image.height() > height { image.thumbnail(width, height) } else { image.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image whose compressed form takes several sequences.
    fn noise() -> DynamicImage {
        let pixel = |x: u32, y: u32| image::Rgb([(x * 97 + y * 31) as u8, (x * y) as u8, (x ^ (y * 7)) as u8]);
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(300, 200, pixel))
    }

    #[test]
    fn a_kitty_image_is_a_png_in_sequences_that_ask_for_no_reply() {
        let text = kitty(&noise(), 20).unwrap();
        let sequences: Vec<&str> = text.trim_end().split_terminator("\x1b\\").collect();
        assert!(sequences.len() > 2, "{}", sequences.len());
        assert!(sequences[0].starts_with("\x1b_Gf=100,a=T,q=2,c=20,m=1;"));
        let data: String = sequences.iter().map(|sequence| sequence.split_once(';').unwrap().1).collect();
        assert!(sequences.iter().all(|sequence| sequence.len() < KITTY_CHUNK + 40));
        assert!(sequences.last().unwrap().starts_with("\x1b_Gm=0;"));
        let image = image::load_from_memory(&BASE64_STANDARD.decode(data).unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (200, 133), "it is scaled to the columns");
    }

    #[test]
    fn an_image_is_encoded_for_every_protocol() {
        assert!(iterm(&noise(), 60).unwrap().starts_with("\x1b]1337;File=inline=1;"));
        let sixels = sixel(&noise(), 60).unwrap();
        assert!(sixels.starts_with("\x1bP") && sixels.trim_end().ends_with("\x1b\\"));
    }
}
