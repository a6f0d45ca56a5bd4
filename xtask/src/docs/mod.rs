//! `cargo xtask docs`: the model reference, the tables in README.md and src/lib.rs, the list in the program's README, the
//! floors in DESIGN.md.

mod blocks;
mod catalog;
mod features;
mod listing;

use blocks::fill;
use catalog::Catalog;

use crate::{floors, outcome::Outcome, tree::Tree, vendored::Vendored};

/// The model reference.
const PAGE: &str = "docs/models.md";
const README: &str = "README.md";
const PROGRAM: &str = "cli/README.md";
/// The documentation of the crate.
const CRATE: &str = "src/lib.rs";
const DESIGN: &str = "DESIGN.md";
/// The generated blocks of each file.
const BLOCKS: [(&str, &str); 5] =
    [(README, "models"), (README, "features"), (PROGRAM, "models"), (CRATE, "features"), (DESIGN, "floors")];

/// Writes the page and the generated blocks.
///
/// # Errors
///
/// When the OpenAPI document cannot be read, or a file cannot be written.
pub fn run(tree: &mut Tree) -> anyhow::Result<Outcome> {
    let vendored = Vendored::read(tree)?;
    stage(tree, &vendored)?;
    Ok(Outcome::of_files(&tree.commit()?))
}

/// Stages the page and the generated blocks. A file that does not exist, or has no marks, stays unchanged.
///
/// # Errors
///
/// When a file cannot be read.
pub fn stage(tree: &mut Tree, vendored: &Vendored) -> anyhow::Result<()> {
    let catalog = Catalog::read(vendored)?;
    tree.write(PAGE, catalog.page());
    let features = features::table(&tree.read("Cargo.toml")?)?;
    if let Some(readme) = tree.find(README)? {
        let readme = fill(&readme, "models", &catalog.overview(PAGE));
        tree.write(README, fill(&readme, "features", &features));
    }
    if let Some(readme) = tree.find(PROGRAM)? {
        tree.write(PROGRAM, fill(&readme, "models", &listing::session(&catalog.rows())));
    }
    if let Some(source) = tree.find(CRATE)? {
        tree.write(CRATE, fill(&source, "features", &blocks::as_comment(&features)));
    }
    if let Some(design) = tree.find(DESIGN)? {
        tree.write(DESIGN, fill(&design, "floors", &format!("```text\n{}```\n", floors::picture(tree)?)));
    }
    Ok(())
}

/// Lists the generated blocks whose marks are missing.
///
/// # Errors
///
/// When a file cannot be read.
pub fn missing_marks(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for (file, name) in BLOCKS {
        if tree.find(file)?.is_none_or(|text| blocks::find(&text, name).is_none()) {
            missing.push(format!("{file} has no block <!-- {name} --> … <!-- /{name} -->"));
        }
    }
    Ok(missing)
}
