//! Trainers: the check of the training data, and the resulting weights.

use std::collections::HashMap;
use std::io::{self, Cursor, Write};

use bytes::Bytes;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::spec::{MediaSpec, Origin, Source};
use crate::content::BufReadSeek;

/// Minimum number of images in the training data.
const MIN_IMAGES: usize = 10;
/// Rank of the LoRA and width of the layer that it adapts.
const RANK: usize = 4;
const WIDTH: usize = 64;

/// Checks the number of images in uploaded archives.
pub(super) fn check_data(sources: &[Source]) -> Result<(), String> {
    for source in sources {
        let Origin::Upload(content) = &source.origin else { continue };
        let Some(content) = content.upgrade() else { continue };
        let count = |reader: &mut dyn BufReadSeek| {
            let archive = ZipArchive::new(reader).map_err(|_| "File is not a zip file".to_owned())?;
            Ok(archive.file_names().filter(|name| name.as_deref().is_ok_and(is_picture)).count())
        };
        let pictures: Result<usize, String> = content.with_reader(count).map_err(|error| error.to_string())?;
        let pictures = pictures?;
        if pictures < MIN_IMAGES {
            return Err(format!("At least {MIN_IMAGES} images are needed for training, found {pictures}"));
        }
    }
    Ok(())
}

fn is_picture(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(extension.as_str(), "jpg" | "jpeg" | "png" | "webp")
}

/// Returns a zip archive with `weights.safetensors`: the two matrices of a small LoRA, derived from the seed.
pub(super) fn encode_weights(spec: &MediaSpec) -> io::Result<Bytes> {
    let down = noise(spec, "lora_A", RANK * WIDTH);
    let up = noise(spec, "lora_B", WIDTH * RANK);
    let view = |shape: Vec<usize>, data| TensorView::new(Dtype::F32, shape, data).map_err(io::Error::other);
    let tensors = [
        ("transformer.blocks.0.attn.to_q.lora_A.weight", view(vec![RANK, WIDTH], &down)?),
        ("transformer.blocks.0.attn.to_q.lora_B.weight", view(vec![WIDTH, RANK], &up)?),
    ];
    // Only one entry: the order of several would be random.
    let metadata = HashMap::from([("trained_by".to_owned(), format!("{}, {} steps", spec.model, spec.steps))]);
    let file = safetensors::serialize(tensors, Some(metadata)).map_err(io::Error::other)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("weights.safetensors", options).map_err(io::Error::other)?;
    archive.write_all(&file)?;
    let archive = archive.finish().map_err(io::Error::other)?;
    Ok(Bytes::from(archive.into_inner()))
}

/// Returns `count` pseudo-random numbers between -1 and 1 as little-endian f32.
fn noise(spec: &MediaSpec, name: &str, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count * 4);
    for block in 0_u64.. {
        let digest = Sha256::new()
            .chain_update(&spec.model)
            .chain_update(name)
            .chain_update(spec.seed.to_le_bytes())
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
