//! `cargo xtask update`: turns a new OpenAPI document into a change for review, completely or not at all.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    api, changelog, check,
    diff::{self, Change},
    document::{Document, Source},
    outcome::Outcome,
    regenerate,
    tree::Tree,
    vendored::{LOCK, Lock, Vendored, sha256},
    version,
};

/// Options of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The new document.
    pub source: Source,
    /// Leave out the listing of the public API, which needs a compiler.
    pub no_build: bool,
    /// Also write the change list, in Markdown, to a file.
    pub summary: Option<PathBuf>,
}

/// Adopts a new OpenAPI document.
///
/// # Errors
///
/// When any step fails; the repository is then unchanged.
pub fn run(tree: &mut Tree, options: &Options) -> anyhow::Result<Outcome> {
    let document = Document::load(&options.source)?;
    let before = Vendored::read(tree)?;
    let old = Document::read(&before.document).with_context(|| before.name.clone())?;
    if old.to_json() == document.to_json() {
        return Ok(Outcome::success(format!("{} is the same OpenAPI document: nothing changed\n", before.name)));
    }
    let changes = diff::diff(&old.value, &document.value)?;
    let after = stage_document(tree, &before, &document, &options.source)?;
    regenerate::stage(tree, &after, &after.generate()?)?;
    let proposed = stage_version(tree, &old, &document, &changes)?;
    let mut text = String::new();
    for note in &document.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if options.no_build {
        text.push_str("ignored: the listing of the public API (--no-build)\n");
    } else {
        stage_listing(tree)?;
    }
    if let Some(summary) = &options.summary {
        let folder = summary.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), fs::create_dir_all)?;
        fs::write(summary, report(&old, &document, &changes)).with_context(|| summary.display().to_string())?;
    }
    let _ = write!(text, "P-API {} -> {}\n\n{}\n", old.version(), document.version(), diff::text(&changes));
    for line in tree.commit()? {
        let _ = writeln!(text, "{line}");
    }
    let _ = write!(text, "\nproposed version: {proposed}\n");
    for work in check::models_to_describe(tree)? {
        let _ = writeln!(text, "to do: {work}");
    }
    Ok(Outcome::success(text))
}

/// Stages the new document, the old one in the history, and the lock file.
fn stage_document(
    tree: &mut Tree,
    before: &Vendored,
    document: &Document,
    source: &Source,
) -> anyhow::Result<Vendored> {
    let text = document.to_json();
    let name = format!("p-api-{}.json", document.version());
    let mut kept = format!("openapi/history/{}", before.name);
    if tree.find(&kept)?.is_some_and(|known| known != before.document) {
        // Two documents may have the same version.
        kept = kept.replace(".json", &format!("-{}.json", &sha256(&before.document)[..8]));
    }
    tree.write(kept, before.document.clone());
    tree.remove(format!("openapi/{}", before.name));
    tree.write(format!("openapi/{name}"), text.clone());
    let lock = Lock {
        document: name.clone(),
        version: document.version().into(),
        source: source.to_string(),
        sha256: sha256(&text),
    };
    tree.write(LOCK, lock.to_toml());
    Ok(Vendored { name, document: text, ..before.clone() })
}

fn stage_version(
    tree: &mut Tree,
    old: &Document,
    new: &Document,
    changes: &[Change],
) -> anyhow::Result<semver::Version> {
    let log = tree.read(changelog::FILE)?;
    let class = changes.iter().map(|change| change.class).min();
    let released = changelog::last_release(&log);
    let proposed = version::propose(&version::current(tree)?, released.as_ref(), class, new.version());
    version::stage(tree, &proposed)?;
    tree.write(changelog::FILE, changelog::with_update(&log, old.version(), new.version(), changes)?);
    Ok(proposed)
}

/// Stages the listing of the public API, made from a copy of the sources: a failed build must not change the repository.
fn stage_listing(tree: &mut Tree) -> anyhow::Result<()> {
    let target = api::target_folder(tree.root());
    let scratch = empty_folder(&target)?;
    tree.copy_to(&scratch)?;
    let listing = api::listing(&scratch, &target)?;
    tree.write(api::LISTING, listing);
    Ok(())
}

/// Creates an empty folder for a copy of the sources.
fn empty_folder(target: &Path) -> anyhow::Result<PathBuf> {
    let folder = target.join("xtask/tree");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Renders the body of a pull request.
fn report(old: &Document, new: &Document, changes: &[Change]) -> String {
    format!("P-API {} → {}\n\n{}", old.version(), new.version(), diff::markdown(changes))
}
