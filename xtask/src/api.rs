//! The listing of the public API, which a reviewer reads.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, bail};

/// The committed listing.
pub const LISTING: &str = "xtask/public-api.txt";
/// Set for rustdoc's sake only: rustdoc's JSON is an unstable option, which a stable rustdoc takes when told so by its
/// environment. Telling cargo would build every dependency anew.
const AS_RUSTDOC: &str = "XTASK_AS_RUSTDOC";

/// Runs as rustdoc when cargo was told to take this program for it.
pub fn run_as_rustdoc() -> Option<ExitCode> {
    let rustdoc = env::var_os(AS_RUSTDOC)?;
    let status = Command::new(rustdoc).args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Lists the public API of the package at a path.
///
/// # Errors
///
/// When it does not compile, or rustdoc's JSON is of another format.
pub fn listing(root: &Path, target: &Path) -> anyhow::Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustdoc", "--quiet", "--lib", "--package", "pruna", "--features", &features(&manifest)?])
        .args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTDOC", env::current_exe()?)
        .env(AS_RUSTDOC, rustdoc())
        .output()
        .context("cargo cannot be run")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let error = text.lines().find(|line| line.starts_with("error")).unwrap_or("cargo rustdoc failed");
        bail!("the crate does not compile: {error}");
    }
    let api = public_api::Builder::from_rustdoc_json(target.join("doc/pruna.json"))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .context("rustdoc's JSON cannot be read")?;
    Ok(format!("{api}"))
}

/// Every feature but the one that needs a library of the system; it adds nothing to the API.
fn features(manifest: &str) -> anyhow::Result<String> {
    let manifest: toml_edit::DocumentMut = manifest.parse().context("Cargo.toml")?;
    let features = manifest.get("features").and_then(|features| features.as_table_like());
    let names = features.into_iter().flat_map(|table| table.iter().map(|(name, _)| name));
    Ok(names.filter(|name| *name != "native-tls").collect::<Vec<_>>().join(","))
}

fn rustdoc() -> PathBuf {
    env::var_os("RUSTDOC").map_or_else(|| "rustdoc".into(), PathBuf::from)
}

/// Where cargo puts what it builds, so that dependencies are shared with every other build.
pub fn target_folder(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The first lines in which two listings differ.
pub fn difference(listed: &str, found: &str) -> Vec<String> {
    let missing = listed.lines().filter(|line| !found.lines().any(|other| other == *line)).map(|l| format!("-{l}"));
    let added = found.lines().filter(|line| !listed.lines().any(|other| other == *line)).map(|l| format!("+{l}"));
    missing.chain(added).take(20).collect()
}

/// A fresh, empty folder for a copy of the sources.
///
/// # Errors
///
/// When it cannot be made.
pub fn scratch(target: &Path) -> anyhow::Result<PathBuf> {
    let scratch = target.join("xtask/tree");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    Ok(scratch)
}
