//! Whether the version says what changed since the last release.

use std::{path::Path, process::Command};

use super::finding::Finding;
use crate::{changelog, tree::Tree, version};

pub(super) fn check(tree: &Tree) -> anyhow::Result<Finding> {
    let log = tree.find(changelog::FILE)?.unwrap_or_default();
    let Some(released) = changelog::last_release(&log) else {
        return Ok(Finding::Ignored("no release yet, so cargo-semver-checks has no baseline".into()));
    };
    let tag = format!("v{released}");
    if !succeeds(tree.root(), "git", &["rev-parse", "--verify", "--quiet", &format!("refs/tags/{tag}")]) {
        return Ok(Finding::Ignored(format!("the baseline, the tag {tag}, is not in this clone")));
    }
    if !succeeds(tree.root(), "cargo", &["semver-checks", "--version"]) {
        return Ok(Finding::Ignored("cargo-semver-checks is not installed".into()));
    }
    let current = version::current(tree)?;
    let is_compatible =
        succeeds(tree.root(), "cargo", &["semver-checks", "--package", "pruna", "--baseline-rev", &tag]);
    let faults =
        if is_compatible { vec![] } else { vec![format!("{current} is too low for what changed since {tag}")] };
    let fix = format!("a higher version; cargo semver-checks --package pruna --baseline-rev {tag} gives the reasons");
    Ok(Finding::from_faults(faults, fix))
}

fn succeeds(root: &Path, program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).current_dir(root).output().is_ok_and(|output| output.status.success())
}
