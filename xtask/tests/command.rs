//! The command line of `cargo xtask`: output and exit status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;
mod support;

use std::{fs, path::Path};

use edits::{EDITS, vendored};
use serde_json::{Value, json};
use support::{copy, repository, text, xtask};
use xtask::tree::Tree;

/// Two documents in files.
fn pair(edit: &str) -> (tempfile::TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let edit = EDITS.iter().find(|known| known.name == edit).unwrap();
    let documents = [("old.json", vendored()), ("new.json", edit.document())];
    let paths = documents.map(|(name, document)| {
        let path = folder.path().join(name);
        fs::write(&path, document.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    });
    (folder, paths)
}

#[test]
fn diff_prints_only_json() {
    let (_folder, [old, new]) = pair("a renamed property");
    let output = xtask(&repository(), &["diff", &old, &new, "--json"]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!([
        {"class": "breaking", "where": "model p-image seed", "what": "was removed"},
        {"class": "additive", "where": "model p-image random_seed", "what": "was added"},
    ]);
    assert_eq!((printed, text(&output.stderr)), (expected, String::new()));
    let same = xtask(&repository(), &["diff", &old, &old, "--json"]);
    assert_eq!(text(&same.stdout), "[]\n");
}

#[test]
fn the_exit_status_of_diff_tells_whether_a_change_breaks() {
    for (edit, arguments, status) in [
        ("a renamed property", [].as_slice(), 0),
        ("a renamed property", &["--deny-breaking"], 1),
        ("a model added", &["--deny-breaking"], 0),
        ("a renamed property", &["--markdown", "--deny-breaking"], 1),
    ] {
        let (_folder, [old, new]) = pair(edit);
        let output = xtask(&repository(), &[&["diff", &old, &new], arguments].concat());
        assert_eq!(output.status.code(), Some(status), "{edit} {arguments:?}");
    }
    let (_folder, [old, _]) = pair("a model added");
    let output = xtask(&repository(), &["diff", &old, "/nowhere.yaml", "--json"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""));
}

#[test]
fn check_names_every_fault_and_its_fix() {
    type Damage = fn(&str) -> String;
    let faults: [(&str, Damage, &str, &str); 5] = [
        ("src/generated/client.snap.rs", |text| text.replace("pub ", ""), "client.snap.rs", "cargo xtask regenerate"),
        ("docs/models.md", |text| text.replace("p-image", "P-image"), "docs/models.md", "cargo xtask regenerate"),
        ("openapi/document.lock", |text| text.replace("sha256 = \"", "sha256 = \"0"), "sha256", "cargo xtask update"),
        ("openapi/document.lock", |_| String::new(), "document.lock", "cargo xtask update"),
        (
            "xtask/operations.toml",
            |text| text.replace("Client::download", "Client::fetch"),
            "pruna::Client::fetch",
            "an edit of xtask/operations.toml",
        ),
    ];
    for (file, damage, fault, fix) in faults {
        let tree = copy();
        let path = tree.path().join(file);
        fs::write(&path, damage(&fs::read_to_string(&path).unwrap())).unwrap();
        let output = xtask(tree.path(), &["check", "--no-build"]);
        let printed = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{file}: {printed}");
        let failed = printed.split("\n").skip_while(|line| !line.starts_with("FAILED")).collect::<Vec<_>>().join("\n");
        assert!(failed.contains(fault) && failed.contains(&format!("fix with: {fix}")), "{file}: {printed}");
    }
}

/// What `check` says of the models: its verdict, and a line for each thing to do.
fn models_section(root: &Path, arguments: &[&str]) -> String {
    let printed = text(&xtask(root, &[&["check", "--no-build"], arguments].concat()).stdout);
    let section = printed.split_inclusive('\n').skip_while(|line| !line.ends_with(": models\n"));
    section
        .enumerate()
        .take_while(|(index, line)| *index == 0 || line.starts_with("  "))
        .map(|(_, line)| line)
        .collect()
}

#[test]
fn check_lists_what_a_model_lacks_as_to_do_unless_it_is_denied() {
    let tree = copy();
    let before = models_section(tree.path(), &[]);
    let path = tree.path().join("openapi/models.toml");
    let table = fs::read_to_string(&path).unwrap();
    let start = table.find("[vace]").unwrap();
    let end = table[start + 1..].find("\n[").unwrap() + start + 2;
    fs::write(&path, format!("{}{}", &table[..start], &table[end..])).unwrap();
    assert!(xtask(tree.path(), &["regenerate"]).status.success());
    let work = "  vace has no line in models.toml (cargo xtask model vace)\n";
    for (arguments, verdict) in [([].as_slice(), "to do: models\n"), (&["--deny-missing"], "FAILED: models\n")] {
        let printed = models_section(tree.path(), arguments);
        assert!(printed.starts_with(verdict) && printed.contains(work), "{printed}");
    }
    // The named command does it.
    let described = xtask(tree.path(), &["model", "vace"]);
    assert!(described.status.success(), "{}", text(&described.stderr));
    assert!(xtask(tree.path(), &["regenerate"]).status.success());
    assert_eq!(models_section(tree.path(), &[]), before);
}

#[test]
fn a_model_that_the_document_does_not_have_is_rejected() {
    let tree = copy();
    let output = xtask(tree.path(), &["model", "p-nothing"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("p-nothing; it has flux-dev, "), "{}", text(&output.stderr));
}

#[test]
fn a_release_gives_the_unreleased_changes_a_heading() {
    let tree = copy();
    let version = xtask::version::current(&Tree::new(tree.path())).unwrap();
    let output = xtask(tree.path(), &["release", "--date", "2030-12-31"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let changelog = fs::read_to_string(tree.path().join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains(&format!("## [Unreleased]\n\n## [{version}] - 2030-12-31\n")), "{changelog}");
}
