//! What is in `openapi/`: the document, its fixups, the table of models, the lock file.

use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER;
use pruna_codegen::{Output, Source};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::tree::Tree;

/// Where the lock file is.
pub const LOCK: &str = "openapi/document.lock";

/// The texts that generation starts from.
#[derive(Clone, Debug)]
pub struct Vendored {
    /// Name of the document's file, such as `p-api-0.2.0.json`.
    pub name: String,
    /// The document.
    pub document: String,
    /// The JSON Patch.
    pub fixups: String,
    /// What the document does not say of its models.
    pub models: String,
}

impl Vendored {
    /// Reads `openapi/`.
    ///
    /// # Errors
    ///
    /// When a file is missing, or there is not just one document.
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

    /// Generates everything from it.
    ///
    /// # Errors
    ///
    /// When a fixup does not fit, or the document cannot be expressed.
    pub fn generate(&self) -> anyhow::Result<Output> {
        let source = Source { document: &self.document, fixups: &self.fixups, models: &self.models };
        Ok(pruna_codegen::generate(&source)?)
    }

    /// The models of the document, fixups applied.
    ///
    /// # Errors
    ///
    /// As [`Vendored::generate`].
    pub fn read_models(&self) -> anyhow::Result<Vec<pruna_codegen::ModelInput>> {
        Ok(pruna_codegen::read_models(&self.patched()?)?)
    }

    /// The document with the fixups applied.
    ///
    /// # Errors
    ///
    /// When a fixup does not fit.
    pub fn patched(&self) -> anyhow::Result<serde_json::Value> {
        Ok(pruna_codegen::apply_fixups(serde_json::from_str(&self.document)?, &self.fixups)?)
    }

    /// `info.version` of the document.
    ///
    /// # Errors
    ///
    /// When the document is no JSON.
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
    /// Where it came from.
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

    /// The file's text.
    pub fn to_toml(&self) -> String {
        let text = |value: &str| toml_edit::Value::from(value).to_string();
        format!(
            "# Which document is vendored, and where it came from. Written by `cargo xtask update`.\n\
             document = {}\nversion = {}\nsource = {}\nsha256 = {}\n",
            text(&self.document),
            text(&self.version),
            text(&self.source),
            text(&self.sha256),
        )
    }
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}
