//! What predictions deliver: real media, made when first asked for, always the same from the same recipe.

mod h264;
mod paint;
mod picture;
mod size;
mod text;
mod training;
mod video;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::Value;

use crate::models::Model;
use crate::predictions::random_id;
use crate::sources::Source;
use crate::sync::lock;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jpg,
    Png,
    Webp,
    Mp4,
    Zip,
}

impl Kind {
    /// File name extension.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
            Self::Zip => "zip",
        }
    }

    /// Media type, as far as the document declares it for deliveries.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::Zip => "application/octet-stream",
        }
    }

    /// The kind with this file name extension.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "jpg" | "jpeg" => Self::Jpg,
            "png" => Self::Png,
            "webp" => Self::Webp,
            "mp4" => Self::Mp4,
            "zip" => Self::Zip,
            _ => return None,
        })
    }
}

/// All that decides the bytes of one file.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) kind: Kind,
    pub(crate) model: String,
    pub(crate) prompt: String,
    pub(crate) seed: i64,
    /// Position among `count` files of one prediction.
    pub(crate) index: u32,
    pub(crate) count: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1 to 100, for jpg.
    pub(crate) quality: u8,
    pub(crate) frames: u32,
    pub(crate) fps: u32,
    /// Training steps, for weights.
    pub(crate) steps: u64,
    pub(crate) sources: Arc<[Source]>,
}

/// A file that a prediction delivers.
#[derive(Debug)]
pub(crate) struct Output {
    /// Path below `/v1/predictions/delivery/`.
    pub(crate) path: String,
    pub(crate) recipe: Recipe,
}

impl Recipe {
    /// The files that `model` makes of `input`, or message and error of the failure.
    pub(crate) fn plan(
        model: &Model,
        input: &Value,
        sources: Vec<Source>,
    ) -> Result<Vec<Self>, (&'static str, String)> {
        if model.trains {
            training::check(&sources).map_err(|error| ("Training failed", error))?;
        } else {
            picture::check(&sources).map_err(|error| ("Prediction failed", error))?;
        }
        let number = |name: &str| model.value(input, name).and_then(Value::as_u64);
        let small = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
        let asked = model.value(input, "output_format").and_then(Value::as_str).and_then(Kind::from_name);
        let kind = asked.or_else(|| model.outputs.first().copied()).unwrap_or(Kind::Jpg);
        let (width, height) = size::of(model, input, &sources);
        let count = small("num_outputs").unwrap_or(1).clamp(1, 16);
        let fps = small("frames_per_second").or_else(|| small("fps")).unwrap_or(16).clamp(1, 60);
        let frames = small("num_frames").or_else(|| small("frame_num"));
        let seconds = small("duration").unwrap_or(5).clamp(1, 30);
        let seed = input.get("seed").and_then(Value::as_i64).filter(|seed| *seed >= 0);
        let seed = seed.unwrap_or_else(|| i64::from(fastrand::u32(..)));
        let sources: Arc<[Source]> = sources.into();
        let recipe = |index| Self {
            kind,
            model: model.id.clone(),
            prompt: prompt(input),
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
        Ok((0..count).map(recipe).collect())
    }

    /// Gives the file its path.
    pub(crate) fn into_output(self) -> Output {
        let extension = self.kind.extension();
        let name = match (self.kind, self.count) {
            (Kind::Zip, _) => "weights.zip".to_owned(),
            (_, 1) => format!("output.{extension}"),
            _ => format!("output_{}_{}.{extension}", self.seed, self.index),
        };
        Output { path: format!("xezq/{}/{name}", random_id(54)), recipe: self }
    }

    /// Makes the file. Takes its time.
    pub(crate) fn make(&self) -> io::Result<Bytes> {
        match self.kind {
            Kind::Jpg | Kind::Png | Kind::Webp => picture::encode(self),
            Kind::Mp4 => video::encode(self),
            Kind::Zip => training::weights(self),
        }
    }
}

/// What the picture is to say: the prompt, or whatever text the model takes in its place.
fn prompt(input: &Value) -> String {
    ["prompt", "video_prompt", "instruction_prompt", "voice_script"]
        .iter()
        .find_map(|name| input.get(name).and_then(Value::as_str))
        .unwrap_or_default()
        .to_owned()
}

/// The files that were made lately.
#[derive(Debug, Default)]
pub(crate) struct Gallery {
    made: Mutex<VecDeque<(String, Bytes)>>,
}

impl Gallery {
    const CAPACITY: usize = 64;

    /// The bytes of `output`, made now unless they were asked for a short while ago.
    pub(crate) async fn get(&self, output: &Arc<Output>) -> io::Result<Bytes> {
        if let Some((_, bytes)) = lock(&self.made).iter().find(|(path, _)| *path == output.path) {
            return Ok(bytes.clone());
        }
        let work = Arc::clone(output);
        let bytes = tokio::task::spawn_blocking(move || work.recipe.make()).await.map_err(io::Error::other)??;
        let mut made = lock(&self.made);
        if made.len() == Self::CAPACITY {
            made.pop_front();
        }
        made.push_back((output.path.clone(), bytes.clone()));
        Ok(bytes)
    }
}
