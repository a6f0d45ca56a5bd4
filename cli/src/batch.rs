//! Batches: what is read, what becomes of it, what is kept of it.

mod book;
mod gallery;
mod items;
mod pricing;
mod record;
mod run;

pub(crate) use self::{
    items::Item,
    pricing::Pricing,
    run::{Plan, run},
};

use std::path::Path;

use crate::{App, failure::Failure};

/// Reads a file of items. When something is wrong with any of them, all of it is told and nothing is sent.
pub(crate) fn read(app: &App, path: &Path, check: bool) -> Result<Vec<Item>, Failure> {
    let (items, problems) = items::parse(&items::read(path)?, path, check);
    if problems.is_empty() {
        return match items.is_empty() {
            true => Err(Failure::usage(format!("{} holds no items", path.display()))),
            false => Ok(items),
        };
    }
    for problem in &problems {
        app.terminal.error(&format!("{}, {problem}", path.display()), None);
    }
    let message = format!("{} problems in {}; nothing was sent", problems.len(), path.display());
    Err(Failure::usage(message).hint("--no-check sends what only the document speaks against"))
}
