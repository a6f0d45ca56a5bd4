//! Snapshot tests of the generated sources. The snapshots are the sources compiled without the feature `generate`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::{fs, path::Path};

use pruna_codegen::{Output, Source, generate};
use serde_json::{Value, json};

fn generated() -> Output {
    let source =
        Source { document: pruna_openapi::DOCUMENT, fixups: pruna_openapi::FIXUPS, models: pruna_openapi::MODELS };
    generate(&source).unwrap()
}

#[test]
fn the_committed_sources_are_what_the_document_gives() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../src/generated");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for file in generated().files {
            insta::assert_binary_snapshot!(&format!("{}.{}", file.name, file.extension), file.text.into_bytes());
        }
    });
}

#[test]
fn no_committed_source_is_left_over() {
    let generated: Vec<String> = generated().files.iter().map(|file| file.file_name()).collect();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/generated")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let source = generated.iter().any(|file| *file == name || file.starts_with(&format!("{name}.")));
        assert!(source, "{name} is no longer generated: remove it");
    }
}

#[test]
fn the_rules_change_the_document_only_as_reviewed() {
    insta::assert_snapshot!(generated().changes.join("\n"));
}

#[test]
fn parameters_keep_the_order_of_the_document() {
    let mut document: Value = serde_json::from_str(pruna_openapi::DOCUMENT).unwrap();
    let model = pruna_openapi::model_ids(&document).remove(0);
    document["components"]["schemas"][model]["properties"]["input"] =
        json!({"type": "object", "properties": {"zebra": {"type": "string"}, "ant": {"type": "integer"}}});
    let document = document.to_string();
    let source = Source { document: &document, fixups: "[]", models: "" };
    let output = generate(&source).unwrap();
    let parameters = output.files.iter().find(|file| file.name == "parameters").unwrap();
    let place = |name: &str| parameters.text.find(&format!("Parameter::new({name:?}")).unwrap();
    assert!(place("zebra") < place("ant"));
}

#[test]
fn generation_is_deterministic() {
    assert_eq!(generated().files, generated().files);
}
