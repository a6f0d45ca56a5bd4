//! What is generated, guarded: the snapshots are the very sources that are compiled without the feature `generate`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::{fs, path::Path};

use pruna_codegen::{Output, Source, generate};

fn openapi() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi")
}

fn vendored_document() -> String {
    let mut found: Vec<_> = fs::read_dir(openapi())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("p-api-"))
        .collect();
    assert_eq!(found.len(), 1, "one document is vendored: {found:?}");
    fs::read_to_string(found.remove(0)).unwrap()
}

fn generated() -> Output {
    let read = |name: &str| fs::read_to_string(openapi().join(name)).unwrap();
    let (document, fixups, models) = (vendored_document(), read("fixups.json"), read("models.toml"));
    generate(&Source { document: &document, fixups: &fixups, models: &models }).unwrap()
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
fn generation_is_deterministic() {
    assert_eq!(generated().files, generated().files);
}
