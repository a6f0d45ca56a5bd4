//! Every example runs as a process against the emulator.
#![allow(clippy::unwrap_used, clippy::panic)]

mod images;
mod jobs;
mod keys;
mod program;
mod support;
mod videos;
mod web_service;

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

#[test]
fn every_example_has_a_test() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    names.sort();
    assert_eq!(names, TESTED, "each example needs a case in tests/examples/main.rs, in the order of the alphabet");
}

#[test]
fn every_example_says_how_to_run_it() {
    for name in TESTED {
        let path = format!("{}/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let first = std::fs::read_to_string(&path).unwrap().lines().next().unwrap_or_default().to_owned();
        let command = format!("`cargo run -p pruna-examples --example {name}");
        assert!(first.starts_with("//! ") && first.contains(&command), "{path} begins with: {first}");
    }
}
