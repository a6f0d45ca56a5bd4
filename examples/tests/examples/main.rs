//! Every example runs as a process against the emulator.
#![allow(clippy::unwrap_used, clippy::panic)]

mod images;
mod jobs;
mod keys;
mod program;
mod support;
mod videos;
mod web_service;

use std::collections::BTreeMap;

use program::Program;

/// Makes a test of each example and lists the examples that have one.
macro_rules! examples {
    ($($example:ident: $case:path,)*) => {
        const TESTED: &[&str] = &[$(stringify!($example)),*];

        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $example() {
                $case().await;
            }
        )*
    };
}

examples! {
    batch: jobs::batch,
    edit_photos: images::edit_photos,
    edit_to_video: videos::edit_to_video,
    form: images::form,
    image_to_video: videos::image_to_video,
    quickstart: images::quickstart,
    text_to_image: images::text_to_image,
    train_lora: jobs::train_lora,
    two_keys: keys::two_keys,
    unknown_model: images::unknown_model,
    vace_references: videos::vace_references,
    web_service: web_service::web_service,
}

/// The examples, each with the first line of its source.
fn examples() -> BTreeMap<String, String> {
    let mut examples = BTreeMap::new();
    for entry in std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let source = std::fs::read_to_string(&path).unwrap();
            examples.insert(name, source.lines().next().unwrap_or_default().to_owned());
        }
    }
    examples
}

/// Whether `cargo xtask model` wrote an example. All of these are run in the same way.
fn is_generated(first_line: &str) -> bool {
    first_line.starts_with("//! The example of ")
}

#[test]
fn every_example_has_a_test() {
    let examples = examples();
    let names: Vec<&String> = examples.iter().filter(|(_, line)| !is_generated(line)).map(|(name, _)| name).collect();
    assert_eq!(names, TESTED, "each example needs a case in tests/examples/main.rs, in alphabetical order");
}

#[test]
fn every_example_says_how_to_run_it() {
    for (name, line) in examples() {
        let command = format!("`cargo run -p pruna-examples --example {name}");
        assert!(line.starts_with("//! ") && line.contains(&command), "{name}.rs begins with: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_examples_save_their_files() {
    let emulator = support::emulator().await;
    for (name, _) in examples().iter().filter(|(_, line)| is_generated(line)) {
        let folder = tempfile::tempdir().unwrap();
        Program::new(name, folder.path()).with(&emulator).args(["out"]).run().await;
        assert!(std::fs::read_dir(folder.path().join("out")).unwrap().count() > 0, "{name}");
    }
}
