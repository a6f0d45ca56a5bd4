//! The commands that the GitHub Actions workflows for updates and releases run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;
mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser as _;
use serde_json::Value;
use support::{copy, repository, text, xtask};
use xtask::cli::Cli;

/// Every line of every step's `run`, by workflow.
fn lines() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for name in ["update.yml", "release.yml"] {
        let file = fs::read_to_string(repository().join(".github/workflows").join(name)).unwrap();
        let workflow: Value = serde_saphyr::from_str(&file).unwrap();
        let jobs = workflow["jobs"].as_object().unwrap();
        for step in jobs.values().flat_map(|job| job["steps"].as_array().unwrap()) {
            let run = step["run"].as_str().unwrap_or_default();
            lines.extend(run.lines().map(|line| (name.to_owned(), line.trim().to_owned())));
        }
    }
    lines
}

#[test]
fn every_xtask_command_of_a_workflow_exists() {
    let mut found = 0;
    for (workflow, line) in lines() {
        let Some(arguments) = line.split(['|', ';']).next().unwrap().trim().strip_prefix("cargo xtask ") else {
            continue;
        };
        let parsed = Cli::try_parse_from(["xtask"].into_iter().chain(arguments.split_whitespace()));
        assert!(parsed.is_ok(), "{workflow}: {line}: {}", parsed.unwrap_err());
        found += 1;
    }
    assert_eq!(found, 3);
}

#[test]
fn every_script_of_a_workflow_exists_and_is_executable() {
    let mut found = 0;
    for (workflow, line) in lines() {
        let Some(script) = line.split_whitespace().next().filter(|word| word.starts_with("scripts/")) else { continue };
        let mode = fs::metadata(repository().join(script)).unwrap_or_else(|_| panic!("{workflow}: {script}"));
        assert_ne!(mode.permissions().mode() & 0o100, 0, "{workflow}: {script}");
        found += 1;
    }
    assert_eq!(found, 1);
}

#[test]
fn releases_use_the_handwritten_changelog() {
    let config: toml::Table = fs::read_to_string(repository().join("release-plz.toml")).unwrap().parse().unwrap();
    assert_eq!(config["workspace"]["changelog_update"].as_bool(), Some(false));
    let packages = config["package"].as_array().unwrap();
    let package = |name: &str| packages.iter().find(|package| package["name"].as_str() == Some(name)).unwrap();
    assert!(repository().join(package("pruna")["changelog_path"].as_str().unwrap()).is_file());
    assert_eq!(package("xtask")["release"].as_bool(), Some(false));
    // `cargo xtask check` looks for this tag.
    assert_eq!(package("pruna")["git_tag_name"].as_str(), Some("v{{ version }}"));
}

/// A clone of a bare repository, with a `gh` that records its arguments.
struct Clone {
    folder: tempfile::TempDir,
}

impl Clone {
    fn new() -> Self {
        let folder = copy();
        let clone = Self { folder };
        fs::create_dir(clone.at("target")).unwrap();
        let gh = "#!/bin/sh\n[ \"$2\" = list ] && echo 0 || printf '%s\\n' \"$@\" >>target/gh.log\n";
        fs::write(clone.at("target/gh"), gh).unwrap();
        fs::set_permissions(clone.at("target/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        clone.git(&["init", "--quiet", "--initial-branch", "main"]);
        clone.git(&["init", "--quiet", "--bare", "target/origin.git"]);
        clone.git(&["remote", "add", "origin", "target/origin.git"]);
        clone.git(&["add", "--all"]);
        clone.git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "Start"]);
        clone
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs `scripts/propose-update.sh` and returns its output.
    fn propose(&self) -> String {
        let path = format!("{}:{}", self.at("target").display(), std::env::var("PATH").unwrap());
        let script = Path::new("scripts/propose-update.sh");
        let mut command = Command::new(script);
        command.args(["target/update.md", "target/check.txt"]).current_dir(self.folder.path()).env("PATH", path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

#[test]
fn an_unchanged_document_proposes_nothing() {
    let clone = Clone::new();
    assert_eq!(clone.propose(), "the document is unchanged\n");
    assert!(!clone.at("target/gh.log").exists());
}

#[test]
fn a_new_document_becomes_a_pull_request_with_the_list_of_changes() {
    let clone = Clone::new();
    let mut document = edits::EDITS.iter().find(|edit| edit.name == "a model added").unwrap().document();
    document["info"]["version"] = "0.3.0".into();
    fs::write(clone.at("target/new.json"), document.to_string()).unwrap();
    let root = clone.folder.path();
    let (new, summary) = (clone.at("target/new.json"), clone.at("target/update.md"));
    let arguments = ["update", "--no-build", new.to_str().unwrap(), "--summary", summary.to_str().unwrap()];
    let updated = xtask(root, &arguments);
    assert!(updated.status.success(), "{}", text(&updated.stderr));
    fs::write(clone.at("target/check.txt"), xtask(root, &["check", "--no-build"]).stdout).unwrap();

    clone.propose();
    assert_eq!(
        clone.git(&["ls-remote", "--heads", "origin"]).split_whitespace().last(),
        Some("refs/heads/update/p-api-0.3.0")
    );
    assert!(clone.git(&["show", "--stat", "update/p-api-0.3.0"]).contains("openapi/p-api-0.3.0.json"));
    let arguments = fs::read_to_string(clone.at("target/gh.log")).unwrap();
    for part in [
        "pr\ncreate\n--head\nupdate/p-api-0.3.0\n--title\nFollow P-API 0.3.0\n",
        "- `model p-tiny`: was added",
        "ok: hash of the OpenAPI document",
        "p-tiny has no line in models.toml",
    ] {
        assert!(arguments.contains(part), "{part}: {arguments}");
    }
}
