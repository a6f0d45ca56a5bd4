//! `cargo xtask check`: whether everything in the repository agrees with its sources. What CI runs.

mod finding;
mod models;
mod operations;
mod version;

use finding::Finding;

use crate::{
    api, docs, floors,
    outcome::Outcome,
    regenerate,
    tree::Tree,
    vendored::{LOCK, Lock, Vendored, sha256},
};

pub use models::models_to_describe;

/// Options of the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Fail when a model lacks a description.
    pub deny_missing: bool,
    /// Leave out what needs a compiler.
    pub no_build: bool,
}

/// Runs every check.
///
/// # Errors
///
/// When a file that the checks read does not exist or is malformed.
pub fn run(tree: &Tree, options: Options) -> anyhow::Result<Outcome> {
    let mut checks = vec![
        ("generated sources and documentation", generated(tree)?),
        ("marks of generated blocks", marks(tree)?),
        ("hash of the OpenAPI document", lock(tree)?),
        ("operations", operations::check(tree)?),
        ("models", models::check(tree, options.deny_missing)?),
        ("floors", module_floors(tree)?),
    ];
    let ignored = || Finding::Ignored("--no-build".into());
    checks.push(("public API", if options.no_build { ignored() } else { public_api(tree) }));
    checks.push(("version", if options.no_build { ignored() } else { version::check(tree)? }));

    let text = checks.iter().map(|(name, finding)| finding.render(name)).collect();
    Ok(Outcome { text, success: !checks.iter().any(|(_, finding)| finding.is_fail()) })
}

fn generated(tree: &Tree) -> anyhow::Result<Finding> {
    let mut fresh = Tree::new(tree.root());
    let vendored = Vendored::read(&fresh)?;
    let output = match vendored.generate() {
        Ok(output) => output,
        Err(error) => return Ok(Finding::from_faults(vec![error.to_string()], "an edit of openapi/fixups.json")),
    };
    regenerate::stage(&mut fresh, &vendored, &output)?;
    let stale = fresh.altered()?.into_iter().map(|path| format!("{} is not up to date", path.display()));
    Ok(Finding::from_faults(stale.collect(), "cargo xtask regenerate"))
}

fn marks(tree: &Tree) -> anyhow::Result<Finding> {
    Ok(Finding::from_faults(docs::missing_marks(tree)?, "those marks in the file, then cargo xtask docs"))
}

fn lock(tree: &Tree) -> anyhow::Result<Finding> {
    let fix = "cargo xtask update FILE|URL; a vendored OpenAPI document is never edited by hand";
    let vendored = Vendored::read(tree)?;
    let lock = match Lock::read(tree) {
        Ok(lock) => lock,
        Err(error) => return Ok(Finding::from_faults(vec![format!("{error:#}")], fix)),
    };
    let mut faults = Vec::new();
    for (what, locked, found) in [
        ("document", &lock.document, &vendored.name),
        ("version", &lock.version, &vendored.version()?),
        ("sha256", &lock.sha256, &sha256(&vendored.document)),
    ] {
        if locked != found {
            faults.push(format!("{LOCK} has the {what} {locked}, openapi/ has {found}"));
        }
    }
    Ok(Finding::from_faults(faults, fix))
}

fn module_floors(tree: &Tree) -> anyhow::Result<Finding> {
    let fix = "a move of what is used to a lower floor, or an edit of floors.toml; cargo xtask floors shows the arrows";
    Ok(Finding::from_faults(floors::faults(tree)?, fix))
}

fn public_api(tree: &Tree) -> Finding {
    match api::listing(tree.root(), &api::target_folder(tree.root())) {
        Err(error) => Finding::from_faults(vec![format!("{error:#}")], "what the compiler says"),
        Ok(found) => {
            let listed = tree.find(api::LISTING).ok().flatten().unwrap_or_default();
            let fix = "cargo xtask regenerate --public-api, and a review of the difference";
            Finding::from_faults(api::difference(&listed, &found), fix)
        }
    }
}
