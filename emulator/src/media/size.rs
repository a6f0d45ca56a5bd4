//! Width and height of a picture or video, from the fields that models have for it.

use serde_json::Value;

use super::spec::{Origin, Source};
use crate::models::Model;

/// Default number of pixels.
const MEGAPIXEL: f64 = 1024.0 * 1024.0;
const MIN_SIDE: u32 = 16;
/// Maximum width and height: limits the memory that an input can make the emulator use.
const MAX_SIDE: u32 = 4096;

/// Returns the width and height of what `model` creates from `input`.
pub(super) fn output_size(model: &Model, input: &Value, sources: &[Source]) -> (u32, u32) {
    let text = |name: &str| model.value(input, name).and_then(Value::as_str);
    let number =
        |name: &str| model.value(input, name).and_then(Value::as_u64).and_then(|value| u32::try_from(value).ok());
    let aspect = text("aspect_ratio");
    if let (Some(width), Some(height)) = (number("width"), number("height"))
        && matches!(aspect, None | Some("custom"))
    {
        return clamp(width, height);
    }
    if let Some((width, height)) = text("size").and_then(|size| size.split_once('*'))
        && let (Ok(width), Ok(height)) = (width.parse(), height.parse())
    {
        return clamp(width, height);
    }
    let ratio = ratio(aspect, sources);
    if let Some(lines) = text("resolution").and_then(|name| name.strip_suffix('p')?.parse::<u32>().ok()) {
        return from_lines(lines, ratio);
    }
    if let Some(longest) = number("image_size") {
        let longest = f64::from(longest);
        return if ratio >= 1.0 { rounded(longest, longest / ratio) } else { rounded(longest * ratio, longest) };
    }
    let megapixels = ["output_megapixels", "megapixels"].into_iter().find_map(|name| text(name)?.parse::<f64>().ok());
    let is_small = text("image_size") == Some("optimize_for_speed");
    let area = megapixels.unwrap_or(if is_small { 0.5 } else { 1.0 }) * MEGAPIXEL;
    rounded((area * ratio).sqrt(), (area / ratio).sqrt())
}

/// Width divided by height.
fn ratio(aspect: Option<&str>, sources: &[Source]) -> f64 {
    let named = aspect.and_then(|aspect| aspect.split_once(':')).and_then(|(width, height)| {
        let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
        (width > 0.0 && height > 0.0).then_some(width / height)
    });
    let first =
        || sources.iter().find_map(dimensions).map(|(width, height)| f64::from(width) / f64::from(height.max(1)));
    let fallback = if aspect == Some("match_input_image") { 1.0 } else { 16.0 / 9.0 };
    named.or_else(first).unwrap_or(fallback).clamp(0.25, 4.0)
}

fn dimensions(source: &Source) -> Option<(u32, u32)> {
    match &source.origin {
        Origin::Upload(content) => content.upgrade()?.dimensions(),
        Origin::Output(file) => Some((file.spec.width, file.spec.height)),
        Origin::External => None,
    }
}

/// Returns the size of a video with this many lines on its shorter side. 480p is 832x480 with these models, 720p is
/// 1280x720.
fn from_lines(lines: u32, ratio: f64) -> (u32, u32) {
    let long = f64::from(lines) * ratio.max(1.0 / ratio);
    let long = (long / 32.0).floor() as u32 * 32;
    if ratio >= 1.0 { clamp(long, lines) } else { clamp(lines, long) }
}

fn rounded(width: f64, height: f64) -> (u32, u32) {
    let round = |side: f64| ((side / 16.0).round() as u32) * 16;
    clamp(round(width), round(height))
}

fn clamp(width: u32, height: u32) -> (u32, u32) {
    (width.clamp(MIN_SIDE, MAX_SIDE), height.clamp(MIN_SIDE, MAX_SIDE))
}
