//! Puts the document and the table of models where `include_str!` finds them, whatever version the document has.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=openapi");
    let target = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?);
    let mut documents = Vec::new();
    for entry in fs::read_dir("openapi")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("p-api-") && name.ends_with(".json") {
            documents.push(entry.path());
        }
    }
    let [document] = documents.as_slice() else {
        return Err(io::Error::other(format!("openapi/ must hold exactly one p-api-*.json, found {documents:?}")));
    };
    fs::copy(document, target.join("p-api.json"))?;
    fs::copy("openapi/models.toml", target.join("models.toml"))?;
    Ok(())
}
