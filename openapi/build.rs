//! Finds the OpenAPI document, whose name holds its version, so that `include_str!` follows an update.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    // The folder itself: a document of another name must be noticed too.
    println!("cargo::rerun-if-changed={}", root.display());
    let is_document = |path: &PathBuf| {
        path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("p-api-") && n.ends_with(".json"))
    };
    let paths = fs::read_dir(&root)?.filter_map(|entry| Some(entry.ok()?.path()));
    let documents: Vec<PathBuf> = paths.filter(is_document).collect();
    let [document] = documents.as_slice() else {
        return Err(format!("openapi/ must hold one p-api-VERSION.json, it holds {}", documents.len()).into());
    };
    println!("cargo::rustc-env=PRUNA_OPENAPI_DOCUMENT={}", document.display());
    Ok(())
}
