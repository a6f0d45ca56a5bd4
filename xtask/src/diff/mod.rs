//! What changed from one document to the next, and what it means for a client.
//!
//! The rules are those of a client of this library: what a caller can no longer send or read breaks; what may be sent in
//! addition, or arrives in addition, does not. Enums in answers are open, hence a new value there is additive. The whole
//! table is in docs/tracking.md.

mod bounds;
mod differ;
mod models;
mod operations;
mod parameters;
mod place;
mod report;
mod responses;
mod schema;
mod security;
mod shape;

use serde::Serialize;
use serde_json::Value;

use crate::{
    Outcome,
    document::{Document, Refused, Source},
};

pub use report::{json, markdown, text};

/// What a change means for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A program that worked may be refused, or may miss what it reads.
    Breaking,
    /// More is possible; what worked goes on working.
    Additive,
    /// Only words changed.
    Documentation,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means for a client.
    pub class: Class,
    /// Where in the API, such as `POST /v1/predictions header Model`.
    #[serde(rename = "where")]
    pub place: String,
    /// What happened there.
    pub what: String,
}

/// Compares two documents.
///
/// # Errors
///
/// When schemas refer to each other so often that comparing them would not end in reasonable time.
pub fn diff(old: &Value, new: &Value) -> Result<Vec<Change>, Refused> {
    let mut differ = differ::Differ::new(old, new);
    operations::compare(&mut differ);
    models::compare(&mut differ);
    operations::compare_prose(&mut differ);
    differ.finish()
}

/// How `cargo xtask diff` prints.
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

/// `cargo xtask diff`.
///
/// # Errors
///
/// [`Refused`] when a document is not taken.
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
