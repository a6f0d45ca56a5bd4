//! A copy of this repository, and the commands run on it.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use libtest_mimic::Trial;

/// This repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into()
}

/// A copy of the sources in a folder of its own.
pub(crate) fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    xtask::tree::copy_sources(&repository(), folder.path()).unwrap();
    folder
}

/// Every file below a folder, by path.
pub(crate) fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().strip_prefix(root).unwrap().into(), fs::read(entry.path()).unwrap())).collect()
}

/// `cargo xtask` on a repository.
pub(crate) fn xtask(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("--root").arg(root).args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A test that is ignored when something that it needs is missing; the reason stands before its name.
pub(crate) fn trial(name: &str, missing: Option<&str>, test: fn()) -> Trial {
    let run = move || {
        test();
        Ok(())
    };
    Trial::test(name, run).with_kind(missing.unwrap_or_default()).with_ignored_flag(missing.is_some())
}
