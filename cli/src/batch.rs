//! Batches: items from a file, their results in a directory.

mod collector;
mod estimate;
mod gallery;
mod item;
mod options;
mod over_budget;
mod parse;
mod prepare;
mod record;
mod results_file;
mod results_log;
mod run;
mod validate;

pub(crate) use self::{
    estimate::Estimate,
    item::Item,
    options::BatchOptions,
    over_budget::Coverage,
    prepare::{Overview, prepare},
    run::run,
    validate::Checks,
};

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{failure::Failure, media_check, source, terminal::Terminal};

/// Reads the items in a file, `-` for stdin. Prints every problem that is found in them; then nothing is sent.
pub(crate) fn read(terminal: &Terminal, path: &Path, checks: Checks) -> Result<Vec<Item>, Failure> {
    let (items, problems) = parse::parse(&source::read_file_or_stdin(path)?, path, checks);
    if problems.is_empty() {
        return match items.is_empty() {
            true => Err(Failure::usage(format!("{} contains no items", path.display()))),
            false => check_media(terminal, items),
        };
    }
    for problem in &problems {
        terminal.error(&format!("{}, {problem}", path.display()), None);
    }
    let message = format!("{} problems in {}; nothing was submitted", problems.len(), path.display());
    Err(Failure::usage(message).hint("--no-check ignores problems that come from the documented schema"))
}

/// Checks that local files are what their names say, each of them once.
fn check_media(terminal: &Terminal, items: Vec<Item>) -> Result<Vec<Item>, Failure> {
    let files: BTreeSet<&PathBuf> = items.iter().flat_map(|item| &item.files).collect();
    let files: Vec<PathBuf> = files.into_iter().cloned().collect();
    media_check::show(terminal, &files)?;
    Ok(items)
}
