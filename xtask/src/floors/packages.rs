//! The crates of the workspace and where their sources begin.

use anyhow::Context as _;
use toml_edit::DocumentMut;

use crate::tree::Tree;

/// A crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    /// The library's root file or, without a library, the program's: a path from the repository's root.
    pub(super) root: String,
}

/// Lists the crates of the workspace that have a library or a program, in its own order.
pub(super) fn packages(tree: &Tree) -> anyhow::Result<Vec<Package>> {
    let workspace = manifest(tree, "Cargo.toml")?;
    let members =
        workspace["workspace"]["members"].as_array().context("Cargo.toml has no list of workspace members")?;
    let mut packages = Vec::new();
    for member in members.iter().filter_map(|member| member.as_str()) {
        let folder = if member == "." { String::new() } else { format!("{member}/") };
        let manifest = manifest(tree, &format!("{folder}Cargo.toml"))?;
        let name = manifest["package"]["name"].as_str().with_context(|| format!("{member} has no package name"))?;
        let library = manifest.get("lib").and_then(|lib| lib.get("path")).and_then(|path| path.as_str());
        let candidates = library.into_iter().chain(["src/lib.rs", "src/main.rs"]).map(|file| format!("{folder}{file}"));
        let mut root = None;
        for candidate in candidates {
            if root.is_none() && tree.find(&candidate)?.is_some() {
                root = Some(candidate);
            }
        }
        // Examples and tests alone have no modules to arrange.
        packages.extend(root.map(|root| Package { name: name.to_owned(), root }));
    }
    Ok(packages)
}

fn manifest(tree: &Tree, path: &str) -> anyhow::Result<DocumentMut> {
    tree.read(path)?.parse().with_context(|| path.to_owned())
}
