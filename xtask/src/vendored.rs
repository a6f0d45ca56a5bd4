//! The folder `openapi/`: the OpenAPI document, its fixups, the table of models, the lock file.

use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER;
use pruna_codegen::{Output, Source};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::tree::Tree;

/// The lock file.
pub const LOCK: &str = "openapi/document.lock";

/// The input of the generator.
#[derive(Clone, Debug)]
pub struct Vendored {
    /// Name of the document's file, such as `p-api-0.2.0.json`.
    pub name: String,
    /// The OpenAPI document.
    pub document: String,
    /// The fixups, a JSON Patch.
    pub fixups: String,
    /// Facts about the models that are not in the document.
    pub models: String,
}

impl Vendored {
    /// Reads `openapi/`.
    ///
    /// # Errors
    ///
    /// When a file is missing, or there is not exactly one document.
    pub fn read(tree: &Tree) -> anyhow::Result<Self> {
        let mut names = tree.names("openapi")?;
        names.retain(|name| name.starts_with("p-api-") && name.ends_with(".json"));
        let [name] = names.as_slice() else {
            bail!("openapi/ must hold one p-api-VERSION.json, it holds {}", names.len());
        };
        Ok(Self {
            document: tree.read(format!("openapi/{name}"))?,
            fixups: tree.read("openapi/fixups.json")?,
            models: tree.read("openapi/models.toml")?,
            name: name.clone(),
        })
    }

    /// Generates the sources.
    ///
    /// # Errors
    ///
    /// When a fixup does not apply, or the document cannot be expressed in Rust.
    pub fn generate(&self) -> anyhow::Result<Output> {
        let source = Source { document: &self.document, fixups: &self.fixups, models: &self.models };
        Ok(pruna_codegen::generate(&source)?)
    }

    /// Reads the models of the document after the fixups.
    ///
    /// # Errors
    ///
    /// As [`Vendored::generate`].
    pub fn read_models(&self) -> anyhow::Result<Vec<pruna_codegen::ModelInput>> {
        Ok(pruna_codegen::read_models(&self.patched()?)?)
    }

    /// Returns the document after the fixups.
    ///
    /// # Errors
    ///
    /// When a fixup does not apply.
    pub fn patched(&self) -> anyhow::Result<serde_json::Value> {
        Ok(pruna_codegen::apply_fixups(serde_json::from_str(&self.document)?, &self.fixups)?)
    }

    /// Returns `info.version` of the document.
    ///
    /// # Errors
    ///
    /// When the document is not JSON.
    pub fn version(&self) -> anyhow::Result<String> {
        let document: serde_json::Value = serde_json::from_str(&self.document)?;
        Ok(document["info"]["version"].as_str().unwrap_or_default().to_owned())
    }
}

/// `openapi/document.lock`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Name of the document's file.
    pub document: String,
    /// `info.version` of the document.
    pub version: String,
    /// Its source, a file name or a URL.
    pub source: String,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

impl Lock {
    /// Reads the lock file.
    ///
    /// # Errors
    ///
    /// When it is missing or has other keys.
    pub fn read(tree: &Tree) -> anyhow::Result<Self> {
        toml::from_str(&tree.read(LOCK)?).context(LOCK)
    }

    /// Renders the file.
    pub fn to_toml(&self) -> String {
        let text = |value: &str| toml_edit::Value::from(value).to_string();
        format!(
            "# The vendored OpenAPI document and its source. Written by `cargo xtask update`.\n\
             document = {}\nversion = {}\nsource = {}\nsha256 = {}\n",
            text(&self.document),
            text(&self.version),
            text(&self.source),
            text(&self.sha256),
        )
    }
}

/// Returns the SHA-256 in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}
