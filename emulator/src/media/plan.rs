//! From an input to the specifications of its output files.

use std::sync::Arc;

use serde_json::Value;

use super::spec::{MediaSpec, Origin, Source};
use super::{picture, size, training};
use crate::kind::Kind;
use crate::models::Model;

/// Maximum number of files that are drawn for one picture.
const MAX_SOURCES: usize = 32;

/// Returns the files that `model` creates from `input`, or `message` and `error` of the failed prediction.
pub(crate) fn plan_outputs(
    model: &Model,
    input: &Value,
    sources: Vec<Source>,
) -> Result<Vec<MediaSpec>, (&'static str, String)> {
    if model.trains {
        training::check_data(&sources).map_err(|error| ("Training failed", error))?;
    } else {
        picture::check_uploads(&sources).map_err(|error| ("Prediction failed", error))?;
    }
    let number = |name: &str| model.value(input, name).and_then(Value::as_u64);
    let small_number = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
    let requested = model.value(input, "output_format").and_then(Value::as_str).and_then(Kind::from_name);
    let kind = requested.or_else(|| model.outputs.first().copied()).unwrap_or(Kind::Jpg);
    let (width, height) = size::output_size(model, input, &sources);
    let count = small_number("num_outputs").unwrap_or(1).clamp(1, 16);
    let fps = small_number("frames_per_second").or_else(|| small_number("fps")).unwrap_or(16).clamp(1, 60);
    let frames = small_number("num_frames").or_else(|| small_number("frame_num"));
    let seconds = small_number("duration").unwrap_or(5).clamp(1, 30);
    let seed = input.get("seed").and_then(Value::as_i64).filter(|seed| *seed >= 0);
    let seed = seed.unwrap_or_else(|| i64::from(fastrand::u32(..)));
    let (sources, prompt) = (limit(sources), prompt(input));
    let spec = |index| MediaSpec {
        kind,
        model: model.id.clone(),
        prompt: Arc::clone(&prompt),
        seed,
        index,
        count,
        width,
        height,
        quality: number("output_quality").unwrap_or(80).clamp(1, 100) as u8,
        frames: frames.unwrap_or(seconds * fps).clamp(1, 600),
        fps,
        steps: number("steps").unwrap_or(1000),
        sources: Arc::clone(&sources),
    };
    Ok((0..count).map(spec).collect())
}

/// Returns the text to draw: the prompt, or the field that the model has instead.
fn prompt(input: &Value) -> Arc<str> {
    ["prompt", "video_prompt", "instruction_prompt", "voice_script"]
        .iter()
        .find_map(|name| input.get(name).and_then(Value::as_str))
        .unwrap_or_default()
        .into()
}

/// Leaves earlier results out of a picture that would be drawn from too many of them: each may have been made from
/// others, whose number doubles with every prediction that uses two.
fn limit(mut sources: Vec<Source>) -> Arc<[Source]> {
    if sources.iter().map(Source::files).sum::<usize>() > MAX_SOURCES {
        for source in &mut sources {
            if let Origin::Output(_) = source.origin {
                source.origin = Origin::External;
            }
        }
    }
    sources.into()
}
