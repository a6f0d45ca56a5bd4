//! Generates the client, the inputs and the catalogue from `openapi/`; without the feature `generate` points at the
//! committed copies instead.

use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "generate")]
    let sources = generate(&root, PathBuf::from(env::var("OUT_DIR")?))?;
    #[cfg(not(feature = "generate"))]
    let sources = root.join("src/generated");
    println!("cargo::rustc-env=PRUNA_GENERATED={}", sources.display());
    Ok(())
}

#[cfg(feature = "generate")]
fn generate(root: &std::path::Path, out: PathBuf) -> Result<PathBuf, Box<dyn Error>> {
    use std::fs;

    let openapi = root.join("openapi");
    println!("cargo::rerun-if-changed={}", openapi.display());
    let is_document = |path: &PathBuf| {
        path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("p-api-") && n.ends_with(".json"))
    };
    let documents: Vec<PathBuf> =
        fs::read_dir(&openapi)?.filter_map(|entry| Some(entry.ok()?.path())).filter(is_document).collect();
    let [document] = documents.as_slice() else {
        return Err(format!("openapi/ must hold one p-api-VERSION.json, it holds {}", documents.len()).into());
    };
    let output = pruna_codegen::generate(&pruna_codegen::Source {
        document: &fs::read_to_string(document)?,
        fixups: &fs::read_to_string(openapi.join("fixups.json"))?,
        models: &fs::read_to_string(openapi.join("models.toml"))?,
    })?;
    for file in output.files {
        fs::write(out.join(file.file_name()), file.text)?;
    }
    Ok(out)
}
