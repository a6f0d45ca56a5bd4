//! Copies of this repository in which whole updates are compiled and tested.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use serde_json::Value;

use crate::support::{repository, text};

/// Runs the tests in this file that take minutes: `1`; with all tests of the updated copy: `all`.
pub(crate) const SWITCH: &str = "PRUNA_TEST_UPDATES";

/// The provider's document, which is not part of this repository.
pub(crate) fn upstream() -> PathBuf {
    env::var_os("PRUNA_UPSTREAM_DOCUMENT")
        .map_or_else(|| repository().join("../shared/api/upstream-0.5.3.yaml"), PathBuf::from)
}

/// One build at a time, also when the test runner starts a process for each test.
pub(crate) fn lock_builds() -> File {
    let file = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies.lock")).unwrap();
    file.lock().unwrap();
    file
}

/// Copies sources to a path that is always the same, so that a build replaces that of an earlier run.
pub(crate) fn copy_as(name: &str, from: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    xtask::tree::copy_sources(from, &root).unwrap();
    root
}

/// Where programs of the copies are put: they would overwrite those of this repository.
pub(crate) fn programs() -> PathBuf {
    xtask::api::target_folder(&repository()).join("copies")
}

/// Runs Cargo, or something that runs Cargo, in a copy. Copies share compiled dependencies with this repository, and not
/// their packages: the version of `pruna-openapi`, on which all depend, follows the document.
pub(crate) fn run(program: &str, root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root).env_remove(SWITCH);
    command.env("CARGO_TARGET_DIR", programs());
    command.env("CARGO_BUILD_BUILD_DIR", xtask::api::target_folder(&repository()));
    // Random histories do not depend on the document; this repository's own tests run more of them.
    command.env("PRUNA_HISTORIES", "5");
    command.output().unwrap()
}

pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Output {
    run(env!("CARGO"), root, arguments)
}

/// `cargo xtask` on a copy.
pub(crate) fn xtask(root: &Path, arguments: &[&str]) -> Output {
    run(env!("CARGO_BIN_EXE_xtask"), root, &[&["--root", root.to_str().unwrap()], arguments].concat())
}

pub(crate) fn succeeds(output: &Output) {
    let shown: Vec<String> = text(&output.stderr).lines().map(str::to_owned).collect();
    assert!(
        output.status.success(),
        "{}\n{}",
        text(&output.stdout),
        shown[shown.len().saturating_sub(60)..].join("\n")
    );
}

/// A copy after an update to the provider's later document, and what the update printed.
pub(crate) fn updated_tree() -> &'static (PathBuf, String) {
    static UPDATED: LazyLock<(PathBuf, String)> = LazyLock::new(|| {
        let root = copy_as("updated", &repository());
        let updated = xtask(&root, &["update", upstream().to_str().unwrap()]);
        succeeds(&updated);
        (root, text(&updated.stdout))
    });
    &UPDATED
}

/// A copy of that with the descriptions of the new models that `cargo xtask model` writes, and what the last step printed.
pub(crate) fn described_tree(models: &[&str]) -> (PathBuf, String) {
    let root = copy_as("described", &updated_tree().0);
    for model in models {
        succeeds(&xtask(&root, &["model", model]));
    }
    let regenerated = xtask(&root, &["regenerate"]);
    succeeds(&regenerated);
    (root, text(&regenerated.stdout))
}

/// Names the test programs of every package but the library; this one is left out.
pub(crate) fn test_programs(root: &Path) -> Vec<String> {
    let output = cargo(root, &["metadata", "--no-deps", "--format-version", "1"]);
    succeeds(&output);
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter().filter(|package| package["name"] != "pruna");
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let tests = targets.filter(|target| target["kind"][0] == "test" && target["name"] != "real");
    tests.map(|target| target["name"].as_str().unwrap().to_owned()).collect()
}
