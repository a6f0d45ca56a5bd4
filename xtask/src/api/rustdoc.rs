//! Makes a stable rustdoc write JSON.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, bail};

/// The variable that makes this program act as rustdoc. A stable rustdoc accepts the unstable option for JSON when
/// `RUSTC_BOOTSTRAP` is set; setting that for cargo would rebuild every dependency.
const AS_RUSTDOC: &str = "XTASK_AS_RUSTDOC";

/// Runs rustdoc when cargo uses this program in its place.
pub fn run_as_rustdoc() -> Option<ExitCode> {
    let rustdoc = env::var_os(AS_RUSTDOC)?;
    let status = Command::new(rustdoc).args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Documents the package `pruna` in the repository at a path; returns the file with the JSON.
///
/// # Errors
///
/// When the package does not compile.
pub(super) fn document(root: &Path, target: &Path) -> anyhow::Result<PathBuf> {
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
    Ok(target.join("doc/pruna.json"))
}

/// Lists every feature but `native-tls`, which needs a system library and adds nothing to the API.
fn features(manifest: &str) -> anyhow::Result<String> {
    let manifest: toml_edit::DocumentMut = manifest.parse().context("Cargo.toml")?;
    let features = manifest.get("features").and_then(|features| features.as_table_like());
    let names = features.into_iter().flat_map(|table| table.iter().map(|(name, _)| name));
    Ok(names.filter(|name| *name != "native-tls").collect::<Vec<_>>().join(","))
}

fn rustdoc() -> PathBuf {
    env::var_os("RUSTDOC").map_or_else(|| "rustdoc".into(), PathBuf::from)
}

/// Returns cargo's target folder, so that dependencies are shared with other builds.
pub fn target_folder(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}
