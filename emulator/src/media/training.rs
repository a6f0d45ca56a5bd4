//! Trainers: the check of the training data, and the weights that come out.

use std::collections::HashMap;
use std::io::{self, Cursor, Write};

use bytes::Bytes;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Recipe;
use crate::sources::{Origin, Source};

/// Fewest pictures that a trainer takes.
const FEWEST: usize = 10;
/// Rank of the pretended LoRA and width of the layer it adapts.
const RANK: usize = 4;
const WIDTH: usize = 64;

/// Looks into the archives that can be looked into.
pub(crate) fn check(sources: &[Source]) -> Result<(), String> {
    for source in sources {
        let bytes = match &source.origin {
            Origin::Upload(content) => content.read().map_err(|error| error.to_string())?,
            Origin::Output(_) | Origin::Foreign => continue,
        };
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| "File is not a zip file".to_owned())?;
        let pictures = archive.file_names().filter(|name| name.as_deref().is_ok_and(is_picture)).count();
        if pictures < FEWEST {
            return Err(format!("At least {FEWEST} images are needed for training, found {pictures}"));
        }
    }
    Ok(())
}

fn is_picture(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(extension.as_str(), "jpg" | "jpeg" | "png" | "webp")
}

/// A zip that holds `weights.safetensors`: two small matrices, as a LoRA has them, filled from the recipe.
pub(crate) fn weights(recipe: &Recipe) -> io::Result<Bytes> {
    let down = noise(recipe, "lora_A", RANK * WIDTH);
    let up = noise(recipe, "lora_B", WIDTH * RANK);
    let view = |shape: Vec<usize>, data| TensorView::new(Dtype::F32, shape, data).map_err(io::Error::other);
    let tensors = [
        ("transformer.blocks.0.attn.to_q.lora_A.weight", view(vec![RANK, WIDTH], &down)?),
        ("transformer.blocks.0.attn.to_q.lora_B.weight", view(vec![WIDTH, RANK], &up)?),
    ];
    // One note only: the order of several would change from run to run.
    let notes = HashMap::from([("trained_by".to_owned(), format!("{}, {} steps", recipe.model, recipe.steps))]);
    let file = safetensors::serialize(tensors, Some(notes)).map_err(io::Error::other)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("weights.safetensors", options).map_err(io::Error::other)?;
    archive.write_all(&file)?;
    let archive = archive.finish().map_err(io::Error::other)?;
    Ok(Bytes::from(archive.into_inner()))
}

/// `count` numbers between -1 and 1, as little-endian f32.
fn noise(recipe: &Recipe, name: &str, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count * 4);
    for block in 0_u64.. {
        let digest = Sha256::new()
            .chain_update(&recipe.model)
            .chain_update(name)
            .chain_update(recipe.seed.to_le_bytes())
            .chain_update(block.to_le_bytes())
            .finalize();
        for byte in digest {
            if bytes.len() == count * 4 {
                return bytes;
            }
            bytes.extend_from_slice(&((f32::from(byte) - 127.5) / 127.5).to_le_bytes());
        }
    }
    bytes
}
