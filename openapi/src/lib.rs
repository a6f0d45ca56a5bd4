//! P-API's OpenAPI document, facts about its models that it does not state, and the functions that read both.
//!
//! Shared by the code generator, the emulator and the maintenance commands of the crate `pruna`, so that all of them
//! follow references, merge schemas and fill gaps alike. Texts and functions on texts: no I/O.
//!
//! ```
//! let document: serde_json::Value = serde_json::from_str(pruna_openapi::DOCUMENT)?;
//! let table = pruna_openapi::Table::parse(pruna_openapi::MODELS)?;
//! let models = pruna_openapi::read_models(&document)?;
//! let facts = table.facts("p-image", models.iter().find(|model| model.id == "p-image"));
//! assert_eq!(facts.category, "text-to-image");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod all_of;
mod error;
mod facts;
mod inline;
mod models;
mod rate_limit;
mod reference;
mod table;

pub use all_of::AllOf;
pub use error::Error;
pub use facts::ModelFacts;
pub use inline::inline;
pub use models::{ModelSchema, model_ids, read_models};
pub use rate_limit::rate_limit;
pub use reference::resolve;
pub use table::{MicroDollars, ModelEntry, Price, PriceRate, PriceUnit, Table};

/// The OpenAPI document, as JSON.
pub const DOCUMENT: &str = include_str!(env!("PRUNA_OPENAPI_DOCUMENT"));

/// JSON Patch (RFC 6902) that is applied to the document before code is generated.
pub const FIXUPS: &str = include_str!("../fixups.json");

/// What the document does not say of its models, as TOML; see [`Table`].
pub const MODELS: &str = include_str!("../models.toml");
