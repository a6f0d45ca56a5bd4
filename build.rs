//! Generates the client, the inputs and the catalog from the OpenAPI document; without the feature `generate` uses the
//! committed copies instead.

use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "generate")]
    let sources = generate(PathBuf::from(env::var("OUT_DIR")?))?;
    #[cfg(not(feature = "generate"))]
    let sources = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("src/generated");
    println!("cargo::rustc-env=PRUNA_GENERATED={}", sources.display());
    Ok(())
}

#[cfg(feature = "generate")]
fn generate(out: PathBuf) -> Result<PathBuf, Box<dyn Error>> {
    // A changed document rebuilds `pruna-openapi`, hence this script, which then runs again.
    let output = pruna_codegen::generate(&pruna_codegen::Source {
        document: pruna_openapi::DOCUMENT,
        fixups: pruna_openapi::FIXUPS,
        models: pruna_openapi::MODELS,
    })?;
    for file in output.files {
        std::fs::write(out.join(file.file_name()), file.text)?;
    }
    Ok(out)
}
