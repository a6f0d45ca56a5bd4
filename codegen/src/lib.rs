//! Turns P-API's OpenAPI document into the Rust sources of the crate `pruna`.
//!
//! Pure functions on texts, without I/O, shared by the build script, tests and maintenance commands.
//!
//! ```text
//! document ──fixups──► document ──rules──► progenitor ──► client
//!                          └──► models ──► vocabulary, inputs, parameters, catalog, schemas
//! ```
//!
//! ```
//! # let document = r#"{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":{
//! #   "p-tiny":{"type":"object","properties":{"input":{"type":"object","required":["prompt"],
//! #   "properties":{"prompt":{"type":"string"}}}}}}}}"#;
//! let output = pruna_codegen::generate(&pruna_codegen::Source { document, fixups: "[]", models: "" })?;
//! assert!(output.files.iter().any(|file| file.name == "p_tiny" && file.text.contains("PTiny for P_TINY")));
//! # Ok::<(), pruna_codegen::Error>(())
//! ```

mod catalog;
mod client;
mod docs;
mod document;
mod emit;
mod inputs;
mod kinds;
mod models;
mod names;
mod panics;
mod parameters;
mod rules;
mod vocabulary;

use pruna_openapi::Table;

pub use document::apply_fixups;
pub use kinds::Kind;
pub use models::{Field, ModelInput, read_models};
pub use pruna_openapi::Error;

/// The texts to generate from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The OpenAPI 3.0 document, as JSON.
    pub document: &'a str,
    /// JSON Patch (RFC 6902) applied to the document first. Its `test` operations fail when the document has changed.
    pub fixups: &'a str,
    /// Facts about models that the document does not state, as TOML.
    pub models: &'a str,
}

/// The result of generation.
#[derive(Clone, Debug)]
pub struct Output {
    /// The files, each with a name that is unique without its extension.
    pub files: Vec<File>,
    /// Changes of the rules to the document before the client was generated, one line each.
    pub changes: Vec<String>,
}

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name without extension, such as `client` or `p_image`.
    pub name: String,
    /// `rs` or `json`.
    pub extension: &'static str,
    /// The contents.
    pub text: String,
}

impl File {
    /// Returns the name on disk, in a build directory and among the committed snapshots.
    pub fn file_name(&self) -> String {
        format!("{}.snap.{}", self.name, self.extension)
    }
}

/// Generates the sources.
///
/// # Errors
///
/// When a text does not parse, a fixup's `test` fails, or the document has a construct that no rule covers.
pub fn generate(source: &Source<'_>) -> Result<Output, Error> {
    let document = document::parse(source.document)?;
    let document = document::apply_fixups(document, source.fixups)?;
    let table = Table::parse(source.models)?;
    let models = read_models(&document)?;
    let (client, changes) = client::generate(&document)?;

    let mut files = vec![File::rust("client", client)];
    files.push(File::rust("vocabulary", vocabulary::emit(&models)));
    for model in &models {
        files.push(File::rust(&model.module_name, inputs::emit(model)));
    }
    files.push(File::rust("inputs", inputs::emit_index(&models)?));
    files.push(File::rust("types", inputs::emit_types(&models)?));
    files.push(File::rust("models", catalog::emit_model_names(&models)?));
    let with_facts = models.iter().map(|input| (input, table.facts(&input.model.id, Some(&input.model))));
    files.push(File::rust("parameters", parameters::emit(with_facts)));
    files.push(File::rust("catalog", catalog::emit(&document, &models, &table)?));
    files.push(File { name: "schemas".into(), extension: "json", text: catalog::schemas(&models)? });
    Ok(Output { files, changes })
}

impl File {
    fn rust(name: &str, text: String) -> Self {
        Self { name: name.into(), extension: "rs", text }
    }
}
