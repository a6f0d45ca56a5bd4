//! Whole updates, compiled and run against the emulator: the provider's own later document, and one full of oddities.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;
mod odd;
mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Output},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use libtest_mimic::{Arguments, Conclusion};
use support::{copy, repository, text, trial, xtask};
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
    let tests = env::var_os("PRUNA_TEST_UPDATED_TREE").is_none().then_some("needs PRUNA_TEST_UPDATED_TREE=1");
    let trials = vec![
        trial("the_providers_later_document_is_adopted_without_manual_work", document, adopt_later_document),
        trial("all_tests_of_the_updated_tree_pass", document.or(tests), test_updated_tree),
        trial("the_change_list_names_the_new_models_and_otherwise_only_prose", document, compare_with_later_document),
        trial("what_is_generated_from_a_document_full_of_oddities_compiles", None, compile_oddities),
    ];
    let conclusion: Conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    let _ = fs::remove_dir_all(updated_folder());
    conclusion.exit_code()
}

/// The provider's document, which is not part of this repository.
fn upstream() -> PathBuf {
    env::var_os("PRUNA_UPSTREAM_DOCUMENT")
        .map_or_else(|| repository().join("../shared/api/upstream-0.5.3.yaml"), PathBuf::from)
}

/// The copies share a target folder.
fn cargo(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO")).args(arguments).current_dir(root).env("CARGO_TARGET_DIR", target()).output().unwrap()
}

/// The copies have a target folder of their own: their packages would overwrite those of this repository.
fn target() -> PathBuf {
    xtask::api::target_folder(&repository()).join("copies")
}

/// Adds an example that Cargo finds by itself.
fn add_example(root: &Path, name: &str, program: &str) {
    let folder = root.join("examples/examples");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name).with_extension("rs"), program).unwrap();
}

fn lock_builds() -> MutexGuard<'static, ()> {
    static BUILDING: Mutex<()> = Mutex::new(());
    BUILDING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn succeeds(output: &Output) {
    let shown: Vec<String> = text(&output.stderr).lines().map(str::to_owned).collect();
    assert!(
        output.status.success(),
        "{}\n{}",
        text(&output.stdout),
        shown[shown.len().saturating_sub(60)..].join("\n")
    );
}

/// Test runners may start a process for each test.
fn updated_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("updated-{}", std::process::id()))
}

/// A copy of the repository after an update to the provider's later document, with the descriptions that its new models
/// need, and what the update printed.
fn updated_tree() -> &'static (PathBuf, String) {
    static UPDATED: LazyLock<(PathBuf, String)> = LazyLock::new(|| {
        let root = updated_folder();
        xtask::tree::copy_sources(&repository(), &root).unwrap();
        let updated = xtask(&root, &["update", upstream().to_str().unwrap()]);
        succeeds(&updated);
        for (id, _, _) in NEW_MODELS {
            succeeds(&xtask(&root, &["model", id]));
        }
        succeeds(&xtask(&root, &["regenerate"]));
        (root, text(&updated.stdout))
    });
    &UPDATED
}

fn adopt_later_document() {
    let _guard = lock_builds();
    let (root, printed) = updated_tree();
    assert!(printed.contains("\nproposed version: 0.1.0+api.0.5.3\n"), "{printed}");

    // Typed: each type and each constant is part of the public API.
    let listing = fs::read_to_string(root.join(xtask::api::LISTING)).unwrap();
    for (id, name, _) in NEW_MODELS {
        assert!(listing.contains(&format!("pub struct pruna::inputs::{name}\n")), "{name}");
        let constant = id.replace('-', "_").to_uppercase();
        assert!(listing.contains(&format!("pub const pruna::Model::{constant}: Self\n")), "{constant}");
    }
    // Described: the update lists what is left to do, and `cargo xtask model` starts it.
    let mut files = vec!["tracked".to_owned()];
    for (id, _, _) in NEW_MODELS {
        assert!(printed.contains(&format!("to do: {id} has no line in models.toml")), "{id}");
        files.push(id.replace('-', "_"));
        assert!(root.join(format!("examples/{}.rs", files.last().unwrap())).is_file(), "{id}");
    }
    let checked = text(&xtask(root, &["check", "--no-build", "--deny-missing"]).stdout);
    for line in ["ok: generated sources", "ok: hash of the OpenAPI document\n", "ok: operations\n", "ok: models\n"] {
        assert!(checked.contains(line), "{line} {checked}");
    }

    // Callable and served by the emulator: a program that generates one result of each, and the six examples.
    add_example(root, "tracked", &program());
    // The whole workspace, so that dependencies have the same features as in other builds.
    let mut arguments = vec!["build", "--workspace"];
    arguments.extend(files.iter().flat_map(|file| ["--example", file]));
    succeeds(&cargo(root, &arguments));
    let made = Command::new(target().join("debug/examples/tracked")).output().unwrap();
    succeeds(&made);
    let models: String = NEW_MODELS.iter().map(|(id, _, _)| format!("made {id}\n")).collect();
    assert_eq!(text(&made.stdout), models);
}

fn test_updated_tree() {
    let _guard = lock_builds();
    let (root, _) = updated_tree();
    succeeds(&cargo(root, &["test", "--no-fail-fast", "--package", "pruna", "--package", "pruna-codegen"]));
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
    let tree = copy();
    let mut document = edits::vendored();
    odd::add(&mut document);
    let path = tree.path().join("odd.json");
    fs::write(&path, document.to_string()).unwrap();
    succeeds(&xtask(tree.path(), &["update", "--no-build", path.to_str().unwrap()]));
    let rules = fs::read_dir(tree.path().join("codegen/tests/snapshots")).unwrap().next().unwrap().unwrap().path();
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
    add_example(tree.path(), "odd", "//! Nothing.\n\nfn main() {}\n");
    succeeds(&cargo(tree.path(), &["check", "--workspace", "--example", "odd"]));
}
