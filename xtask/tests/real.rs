//! Whole updates, compiled and run against the emulator: the provider's own later document, and one full of oddities.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;
mod odd;
mod support;
mod updated;

use std::{
    env, fs,
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Conclusion};
use support::{repository, text, trial};
use updated::{
    SWITCH, cargo, copy_as, described_tree, lock_builds, programs, succeeds, test_programs, updated_tree, upstream,
    xtask,
};
use xtask::diff::Class;

/// The six models that 0.5.3 adds: id, type, and the arguments of `new` with a setter or two.
const NEW_MODELS: [(&str, &str, &str); 6] = [
    ("p-video", "PVideo", "(\"waves\").resolution(\"720p\")"),
    ("p-video-animate", "PVideoAnimate", "(picture(), picture())"),
    ("p-video-replace", "PVideoReplace", "([picture()], picture())"),
    ("p-video-avatar", "PVideoAvatar", "(picture()).voice_script(\"Hello\")"),
    ("p-image-upscale", "PImageUpscale", "(picture()).target(2)"),
    ("p-image-try-on", "PImageTryOn", "([picture()], picture())"),
];

fn main() -> ExitCode {
    let document = (!upstream().is_file()).then_some("needs PRUNA_UPSTREAM_DOCUMENT");
    let minutes = env::var_os(SWITCH).is_none().then_some("takes minutes; needs PRUNA_TEST_UPDATES=1");
    let trials = vec![
        trial("the_change_list_names_the_new_models_and_otherwise_only_prose", document, compare_with_later_document),
        trial("after_an_update_check_names_only_what_takes_judgment", document.or(minutes), check_updated_tree),
        trial("the_new_models_work_without_manual_work", document.or(minutes), use_new_models),
        trial("the_tests_of_the_updated_tree_pass", document.or(minutes), test_updated_tree),
        trial("what_is_generated_from_a_document_full_of_oddities_compiles", minutes, compile_oddities),
    ];
    let conclusion: Conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    conclusion.exit_code()
}

/// Adds an example that Cargo finds by itself.
fn add_example(root: &Path, name: &str, program: &str) {
    let folder = root.join("examples/examples");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name).with_extension("rs"), program).unwrap();
}

fn check_updated_tree() {
    let _guard = lock_builds();
    let (root, printed) = updated_tree();
    assert!(printed.contains("\nproposed version: 0.1.0+api.0.5.3\n"), "{printed}");
    let work = NEW_MODELS.map(|(id, _, _)| format!("{id} has no line in models.toml (cargo xtask model {id})"));
    let named: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("to do: ")).collect();
    assert_eq!(named, work);

    let checked = xtask(root, &["check"]);
    let report = text(&checked.stdout);
    let named: Vec<&str> = report.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(named.iter().filter(|line| line.contains("models.toml")).count(), work.len(), "{report}");
    assert!(work.iter().all(|line| named.contains(&line.as_str())) && checked.status.success(), "{report}");
    assert!(report.contains("\nok: public API\n"), "{report}");

    // What `cargo xtask model` writes is all that was missing, and guesses what was guessed before.
    let (root, regenerated) = described_tree(&NEW_MODELS.map(|(id, _, _)| id));
    assert_eq!(regenerated, "everything is up to date\n");
    let report = text(&xtask(&root, &["check", "--no-build", "--deny-missing"]).stdout);
    assert!(report.contains("\nok: models\n") && !report.contains("FAILED"), "{report}");
}

fn use_new_models() {
    let _guard = lock_builds();
    let (described, _) = described_tree(&NEW_MODELS.map(|(id, _, _)| id));
    let (root, _) = updated_tree();
    // Typed: each type and each constant is part of the public API.
    let listing = fs::read_to_string(root.join(xtask::api::LISTING)).unwrap();
    let files = NEW_MODELS.map(|(id, _, _)| id.replace('-', "_"));
    for ((_, name, _), file) in NEW_MODELS.iter().zip(&files) {
        assert!(listing.contains(&format!("pub struct pruna::inputs::{name}\n")), "{name}");
        assert!(listing.contains(&format!("pub const pruna::Model::{}: Self\n", file.to_uppercase())), "{name}");
        let example = fs::read_to_string(described.join(format!("examples/{file}.rs"))).unwrap();
        add_example(root, file, &example);
    }
    // Callable and served by the emulator: a program that generates one result of each, and the six examples.
    add_example(root, "tracked", &program());
    // The whole workspace, so that dependencies have the same features as in other builds.
    let examples = files.iter().flat_map(|file| ["--example", file]);
    let arguments: Vec<&str> = ["build", "--workspace", "--example", "tracked"].into_iter().chain(examples).collect();
    succeeds(&cargo(root, &arguments));
    let made = Command::new(programs().join("debug/examples/tracked")).output().unwrap();
    succeeds(&made);
    assert_eq!(text(&made.stdout), NEW_MODELS.map(|(id, _, _)| format!("made {id}\n")).concat());
}

/// All tests, or without the library's tests of behavior, except those about models.
fn test_updated_tree() {
    let _guard = lock_builds();
    let (root, _) = updated_tree();
    let all = ["test", "--workspace", "--no-fail-fast"];
    if env::var_os(SWITCH).is_some_and(|value| value == "all") {
        return succeeds(&cargo(root, &all));
    }
    // A selection of tests does not build the examples, which some of the tests run.
    succeeds(&cargo(root, &["build", "--workspace", "--examples"]));
    let names = test_programs(root);
    let others = names.iter().flat_map(|name| ["--test", name]).chain(["--lib", "--bins"]);
    // These need no document, and take half a minute each.
    let skipped = ["--", "--skip", "ten_thousand_hostile_names", "--skip", "failing_disks"];
    succeeds(&cargo(root, &all.into_iter().chain(others).chain(skipped).collect::<Vec<_>>()));
    succeeds(&cargo(root, &["test", "--workspace", "--test", "behaviour", "models::"]));
    succeeds(&cargo(root, &["test", "--workspace", "--doc"]));
}

/// A program that generates one result with each new model on its own emulator.
fn program() -> String {
    let calls: String = NEW_MODELS
        .iter()
        .map(|(id, name, required)| {
            format!(
                "    let made = client.generate(pruna::inputs::{name}::new{required}).await?;\n    \
                 assert_eq!(made.model().map(pruna::Model::as_str), Some({id:?}));\n    assert!(!made.bytes().await?.is_empty());\n    \
                 println!(\"made {id}\");\n"
            )
        })
        .collect();
    format!(
        "//! One result of each new model.\n\nfn picture() -> pruna::Media {{\n    pruna::Media::url(\"https://example.com/cat.jpg\")\n}}\n\n\
         #[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         let emulator = pruna_emulator::Emulator::builder().start().await?;\n    \
         let policy = pruna::poll::FixedInterval::new(std::time::Duration::from_millis(2));\n    \
         let builder = pruna::Client::builder().api_key(emulator.api_key()).base_url(emulator.url());\n    \
         let client = builder.poll_policy(policy).build()?;\n{calls}    Ok(())\n}}\n"
    )
}

/// The known changes from 0.2.0 to 0.5.3 and no others.
fn compare_with_later_document() {
    let new = xtask::document::Document::load(&upstream().to_str().unwrap().into()).unwrap();
    let changes = xtask::diff::diff(&edits::vendored(), &new.value).unwrap();
    let mut expected: Vec<(String, String)> = NEW_MODELS
        .iter()
        .flat_map(|(id, _, _)| {
            let header = ("POST /v1/predictions header Model".to_owned(), format!("has the new value `{id}`"));
            [header, (format!("model {id}"), "was added".to_owned())]
        })
        .collect();
    let relevant = changes.iter().filter(|change| change.class != Class::Documentation);
    let mut relevant: Vec<(String, String)> =
        relevant.map(|change| (change.place.clone(), change.what.clone())).collect();
    relevant.sort();
    expected.sort();
    assert_eq!(relevant, expected);
    assert!(changes.iter().all(|change| change.class != Class::Breaking));
    // New tags, new categories in the description, named examples.
    for (place, what) in [
        ("document", "tags changed"),
        ("document info", "description changed"),
        ("POST /v1/predictions request", "examples changed"),
    ] {
        assert!(changes.iter().any(|change| change.place == place && change.what == what), "{place}: {what}");
    }
}

fn compile_oddities() {
    let _guard = lock_builds();
    let root = copy_as("odd", &repository());
    let mut document = edits::vendored();
    odd::add(&mut document);
    let path = root.join("odd.json");
    fs::write(&path, document.to_string()).unwrap();
    succeeds(&xtask(&root, &["update", "--no-build", path.to_str().unwrap()]));
    let rules = fs::read_dir(root.join("codegen/tests/snapshots")).unwrap().next().unwrap().unwrap().path();
    let rules = fs::read_to_string(rules).unwrap();
    for (operation, reason) in [
        ("POST /v1/masks", "its body is multipart/form-data"),
        ("GET /v1/previews/{path}", "its parameter path spans slashes"),
        ("POST /v1/bodies", "its body is text/plain"),
        ("GET /v1/deep", "progenitor rejects it"),
        ("POST /v1/enums", "progenitor cannot express it"),
        ("GET /v1/text", "it answers with text/plain"),
    ] {
        assert!(rules.contains(&format!("{operation}: not generated, {reason}")), "{operation}: {rules}");
    }
    // An empty program, so that only the library is compiled.
    add_example(&root, "odd", "//! Nothing.\n\nfn main() {}\n");
    succeeds(&cargo(&root, &["check", "--workspace", "--example", "odd"]));
}
