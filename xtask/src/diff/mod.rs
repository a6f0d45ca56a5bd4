//! `cargo xtask diff`: what changed between two OpenAPI documents, and what it means for a client.
//!
//! A change breaks when a caller of this library can no longer send or read something. What may be sent or arrives in
//! addition is additive, also a new value of an enum in a response, as enums are open. docs/tracking.md has the whole table.

mod change;
mod content;
mod context;
mod differ;
mod models;
mod operation;
mod operations;
mod parameters;
mod place;
mod report;
mod responses;
mod schema;
mod security;

use serde_json::Value;

use crate::{
    document::{Document, DocumentError, Source},
    outcome::Outcome,
};

pub use change::{Change, Class};
pub use report::{json, markdown, text};

/// Compares two documents.
///
/// # Errors
///
/// When schemas refer to each other so often that comparing them would not end in reasonable time.
pub fn diff(old: &Value, new: &Value) -> Result<Vec<Change>, DocumentError> {
    let mut differ = differ::Differ::new(old, new);
    operations::compare(&mut differ);
    models::compare(&mut differ);
    operations::compare_prose(&mut differ);
    differ.finish()
}

/// Output format of the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Lines for a terminal.
    #[default]
    Text,
    /// One JSON array.
    Json,
    /// For a pull request.
    Markdown,
}

/// Compares two documents and renders the changes.
///
/// # Errors
///
/// [`DocumentError`] when a document is rejected.
pub fn run(old: &Source, new: &Source, format: Format, deny_breaking: bool) -> anyhow::Result<Outcome> {
    let changes = diff(&Document::load(old)?.value, &Document::load(new)?.value)?;
    let printed = match format {
        Format::Text => text(&changes),
        Format::Json => json(&changes)?,
        Format::Markdown => markdown(&changes),
    };
    let broken = deny_breaking && changes.iter().any(|change| change.class == Class::Breaking);
    Ok(Outcome { text: printed, success: !broken })
}
