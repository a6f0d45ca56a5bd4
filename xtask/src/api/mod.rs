//! The listing of the public API, which a reviewer reads.

mod listing;
mod rustdoc;

use std::path::Path;

pub use rustdoc::{run_as_rustdoc, target_folder};

/// The committed listing.
pub const LISTING: &str = "xtask/public-api.txt";

/// Lists the public API of the package `pruna` in the repository at a path.
///
/// # Errors
///
/// When it does not compile, or rustdoc's JSON has another format.
pub fn listing(root: &Path, target: &Path) -> anyhow::Result<String> {
    listing::render(&rustdoc::document(root, target)?)
}

/// Returns the first lines in which two listings differ, marked with `-` and `+`.
pub fn difference(listed: &str, found: &str) -> Vec<String> {
    /// Maximum number of lines; the rest is for a tool that compares files.
    const MAX_LINES: usize = 20;
    let missing = |text: &str, other: &str, mark: char| -> Vec<String> {
        let absent = text.lines().filter(|line| !other.lines().any(|known| known == *line));
        absent.map(|line| format!("{mark}{line}")).collect()
    };
    let lines = missing(listed, found, '-').into_iter().chain(missing(found, listed, '+'));
    lines.take(MAX_LINES).collect()
}
