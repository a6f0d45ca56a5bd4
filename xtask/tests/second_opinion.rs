//! Another tool's word on the same edits: Optic, which knows nothing of this library.
//!
//! `scripts/second-opinion.sh` installs it and runs this; without it the test says that it is skipped.

mod edits;
mod support;

use std::{env, fs, path::Path, process::Command};

use edits::{EDITS, vendored};
use serde_json::{Value, json};
use xtask::diff::Class;

/// Where the two differ, whether Optic sees something that breaks, and why; docs/tracking.md has the same table.
const DIFFERENCES: &[(&str, bool, &str)] = &[];

#[test]
fn another_tool_agrees_on_what_breaks_but_for_the_differences_that_are_explained() {
    let Some(optic) = env::var_os("PRUNA_OPTIC") else {
        support::say("SKIPPED: the second opinion; scripts/second-opinion.sh installs Optic and asks it");
        return;
    };
    let mut wrong = Vec::new();
    for edit in EDITS {
        let ours = edit.told().iter().any(|change| change.class == Class::Breaking);
        let optics = breaks(Path::new(&optic), &vendored(), &edit.document());
        let explained = DIFFERENCES.iter().find(|(name, _, _)| *name == edit.name);
        let expected = explained.map_or(ours, |(_, breaks, _)| *breaks);
        println!("{}: {} here, {} by Optic", edit.name, word(ours), word(optics));
        if optics != expected || explained.is_some_and(|(_, breaks, _)| *breaks == ours) {
            wrong.push(edit.name);
        }
    }
    assert!(wrong.is_empty(), "not as explained: {wrong:#?}");
}

#[test]
fn the_differences_are_explained_in_the_documentation() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tracking.md")).unwrap();
    for (name, breaks, why) in DIFFERENCES {
        assert!(EDITS.iter().any(|edit| edit.name == *name), "{name} is no edit");
        let row = format!("| {name} | {} | {} | {why} |", word(!breaks), word(*breaks));
        assert!(page.contains(&row), "docs/tracking.md lacks: {row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("breaks |")).count();
    assert_eq!(rows, DIFFERENCES.len(), "rows in docs/tracking.md");
}

fn word(breaks: bool) -> &'static str {
    if breaks { "breaks" } else { "fits" }
}

/// Optic ends with 1 when one of its checks fails.
fn breaks(optic: &Path, old: &Value, new: &Value) -> bool {
    let folder = tempfile::tempdir().unwrap();
    for (name, document) in [("old.json", old), ("new.json", new)] {
        fs::write(folder.path().join(name), with_operations_for_models(document).to_string()).unwrap();
    }
    let mut command = Command::new(optic);
    command.args(["diff", "old.json", "new.json", "--check", "--validation", "loose"]);
    let output = command.current_dir(folder.path()).env("OPTIC_TELEMETRY_LEVEL", "off").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let judged = output.status.success() || said.contains("Checks:");
    assert!(judged, "Optic could not compare the documents: {said}");
    !output.status.success()
}

/// Optic looks at operations alone: each model gets one that takes its input.
fn with_operations_for_models(document: &Value) -> Value {
    let mut shown = document.clone();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if schema.pointer("/properties/input/properties").is_some() {
            let body =
                json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
            let post = json!({"operationId": format!("model {name}"), "requestBody": body,
                "responses": {"200": {"description": "d"}}});
            shown["paths"][format!("/models/{name}")] = json!({"post": post});
        }
    }
    shown
}
