//! Cross-check of breaking changes against Optic, a comparison tool for OpenAPI documents.
//!
//! `scripts/optic.sh` installs Optic and runs this; without Optic the test is ignored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;
mod support;

use std::{env, fs, path::Path, process::Command, thread};

use edits::{EDITS, Edit, vendored};
use libtest_mimic::{Arguments, Conclusion};
use serde_json::{Value, json};
use support::trial;
use xtask::diff::Class;

fn main() -> std::process::ExitCode {
    let missing = env::var_os("PRUNA_OPTIC").is_none().then_some("needs Optic: scripts/optic.sh");
    let trials = vec![
        trial("optic_agrees_on_what_breaks_except_for_the_explained_differences", missing, compare_with_optic),
        trial("every_explained_difference_is_about_an_edit_and_has_a_reason", None, check_differences),
    ];
    let conclusion: Conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    conclusion.exit_code()
}

/// The rows of the table in DESIGN.md: edit, verdict here, verdict of Optic, reason.
fn differences() -> Vec<[String; 4]> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../DESIGN.md")).unwrap();
    let rows = page.lines().skip_while(|line| *line != "| edit | here | Optic | why |").skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<String> = row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap_or_else(|_| panic!("{row}"))
    })
    .collect()
}

fn compare_with_optic() {
    let optic = env::var_os("PRUNA_OPTIC").expect("PRUNA_OPTIC names the program of Optic");
    let compare =
        |edit: &Edit| [edit.name.into(), ours(edit), verdict(breaks(Path::new(&optic), &vendored(), &edit.document()))];
    // Optic takes seconds to start; two run at a time.
    let (first, second) = EDITS.split_at(EDITS.len() / 2);
    let verdicts: Vec<[String; 3]> = thread::scope(|scope| {
        let first = scope.spawn(|| first.iter().map(compare).collect::<Vec<_>>());
        let second: Vec<_> = second.iter().map(compare).collect();
        [first.join().unwrap(), second].concat()
    });
    let found: Vec<[String; 3]> = verdicts.into_iter().filter(|[_, here, there]| here != there).collect();
    let explained: Vec<[String; 3]> =
        differences().into_iter().map(|[name, here, there, _]| [name, here, there]).collect();
    assert_eq!(found, explained);
}

fn check_differences() {
    let differences = differences();
    assert!(!differences.is_empty());
    for [name, here, there, why] in differences {
        let edit = EDITS.iter().find(|edit| edit.name == name).unwrap_or_else(|| panic!("{name} is no edit"));
        assert_eq!(here, ours(edit), "{name}");
        assert!(here != there && !why.is_empty(), "{name}");
    }
}

fn ours(edit: &Edit) -> String {
    verdict(edit.expected().iter().any(|change| change.class == Class::Breaking))
}

fn verdict(breaks: bool) -> String {
    if breaks { "breaks" } else { "fits" }.into()
}

/// Whether Optic reports a breaking change, by exit status 1.
fn breaks(optic: &Path, old: &Value, new: &Value) -> bool {
    let folder = tempfile::tempdir().unwrap();
    for (name, document) in [("old.json", old), ("new.json", new)] {
        fs::write(folder.path().join(name), with_operations_for_models(document).to_string()).unwrap();
    }
    let mut command = Command::new(optic);
    command.args(["diff", "old.json", "new.json", "--check", "--validation", "loose"]);
    let output = command.current_dir(folder.path()).env("OPTIC_TELEMETRY_LEVEL", "off").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let is_compared = output.status.success() || printed.contains("Checks:");
    assert!(is_compared, "Optic could not compare the documents: {printed}");
    !output.status.success()
}

/// Adds an operation for each model, as Optic compares operations only.
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
