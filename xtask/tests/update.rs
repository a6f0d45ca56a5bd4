//! `cargo xtask update` changes the repository completely or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;
mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use edits::{EDITS, vendored};
use serde_json::{Value, json};
use support::{contents, copy, repository, text, xtask};
use xtask::{diff::Class, tree::Tree, vendored::Lock};

/// Maximum time for one update; every document takes far less.
const MAX_DURATION: Duration = Duration::from_secs(60);

fn write(folder: &Path, document: &Value) -> String {
    let path = folder.join("new.json");
    fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn update(root: &Path, document: &str) -> std::process::Output {
    xtask(root, &["update", "--no-build", document])
}

#[test]
fn every_edit_is_adopted_or_rejected_in_one_line() {
    let elsewhere = tempfile::tempdir().unwrap();
    for edit in EDITS {
        let tree = copy();
        let before = contents(tree.path());
        let output = update(tree.path(), &write(elsewhere.path(), &edit.document()));
        let error = text(&output.stderr);
        if output.status.success() {
            assert_eq!(error, "", "{}", edit.name);
            assert!(text(&output.stdout).contains("proposed version: 0."), "{}", edit.name);
        } else {
            assert_eq!(error.lines().count(), 1, "{}: {error}", edit.name);
            assert_eq!(contents(tree.path()), before, "{}", edit.name);
        }
        assert!(!error.contains("panicked"), "{}: {error}", edit.name);
    }
}

/// Texts that are not OpenAPI documents, each with a part of the error.
fn invalid_documents() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut document = vendored();
        edit(&mut document);
        document.to_string().into_bytes()
    };
    let schema = |schema: Value| with(&|d| d["components"]["schemas"]["Odd"] = schema.clone());
    let whole = vendored().to_string();
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "));
    }
    let padding = format!("# {}\n", "x".repeat(1000)).repeat(20_000);
    vec![
        ("nothing", vec![], "not a mapping"),
        ("a scalar", b"openapi".to_vec(), "not a mapping"),
        ("bytes that are not text", vec![0xff, 0xfe, 0x00], "UTF-8"),
        ("a truncated JSON file", whole.as_bytes()[..whole.len() / 2].to_vec(), "not JSON"),
        ("a truncated YAML file", b"openapi: 3.0.3\ninfo: {title: \"P".to_vec(), "not YAML"),
        ("20 MB of YAML with aliases that expand without end", (padding + &bomb).into_bytes(), "budget"),
        ("an alias to itself", b"openapi: &a\n  b: *a\n".to_vec(), "recursive"),
        ("a repeated key", b"openapi: 3.0.3\nopenapi: 3.0.3\n".to_vec(), "duplicate"),
        ("lists in lists in lists", "[".repeat(100_000).into_bytes(), "recursion"),
        ("objects in objects in objects", "{\"a\":".repeat(100_000).into_bytes(), "recursion"),
        ("40 MB", vec![b' '; 40 << 20], "more than"),
        ("Swagger", b"swagger: '2.0'\n".to_vec(), "Swagger 2.0"),
        ("a later OpenAPI", b"openapi: 3.2.0\ninfo: {title: t, version: '1'}\n".to_vec(), "OpenAPI 3.2.0"),
        ("no version", with(&|d| drop(d.as_object_mut().unwrap().remove("openapi"))), "has no `openapi` version"),
        (
            "a version that is a path",
            with(&|d| d["info"]["version"] = json!("../../0.3.0")),
            "not valid in a file name",
        ),
        ("a version that is a number", with(&|d| d["info"]["version"] = json!(1.0)), "1.0"),
        ("an unresolvable $ref", schema(json!({"$ref": "#/components/schemas/Nowhere"})), "Nowhere"),
        (
            "an unresolvable $ref of an operation",
            with(&|d| {
                d["paths"]["/v1/files"]["post"]["responses"]["500"] = json!({"$ref": "#/components/responses/No"});
            }),
            "No",
        ),
        ("a $ref to another file", schema(json!({"$ref": "other.yaml#/Odd"})), "other.yaml"),
        ("an unknown type", schema(json!({"type": "decimal"})), "decimal"),
        (
            "a component whose name is not ASCII",
            with(&|d| d["components"]["schemas"]["größe"] = json!({"type": "object"})),
            "größe",
        ),
        (
            "two operations with one id",
            with(&|d| d["paths"]["/v1/files"]["post"]["operationId"] = json!("createPrediction")),
            "createPrediction",
        ),
        (
            "a path parameter that is not declared",
            with(&|d| d["paths"]["/v1/files/{id}"] = d["paths"]["/v1/files"].clone()),
            "id",
        ),
        (
            "3.1 with a keyword that has no equivalent in 3.0",
            with(&|d| {
                d["openapi"] = json!("3.1.0");
                d["components"]["schemas"]["Odd"] = json!({"type": "array", "prefixItems": [{"type": "string"}]});
            }),
            "`prefixItems` at components.schemas.Odd",
        ),
    ]
}

#[test]
fn an_invalid_document_is_rejected_in_one_line_and_changes_nothing() {
    let tree = copy();
    let before = contents(tree.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("new");
    for (name, bytes, why) in invalid_documents() {
        fs::write(&path, bytes).unwrap();
        let started = Instant::now();
        let output = update(tree.path(), path.to_str().unwrap());
        assert!(started.elapsed() < MAX_DURATION, "{name} took {:?}", started.elapsed());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {error}");
        assert_eq!((error.lines().count(), text(&output.stdout).as_str()), (1, ""), "{name}: {error}");
        assert!(error.contains(why), "{name}: {error}");
        assert!(error.len() < 500, "{name}: {error}");
    }
    assert_eq!(contents(tree.path()), before);
}

#[test]
fn an_unreadable_path_or_url_is_rejected() {
    let tree = copy();
    for (document, why) in [
        ("/nowhere/p-api.yaml", "/nowhere/p-api.yaml: No such file"),
        ("http://example.org/p-api.yaml", "https"),
        ("ftp://example.org/p-api.yaml", "https"),
        ("http://127.0.0.1:1/p-api.yaml", "127.0.0.1:1"),
    ] {
        let output = update(tree.path(), document);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{document}: {error}");
        assert!(error.contains(why) && error.lines().count() == 1, "{document}: {error}");
    }
}

#[test]
fn the_same_document_again_changes_nothing_byte_for_byte() {
    let tree = copy();
    let before = contents(tree.path());
    let name = Lock::read(&Tree::new(tree.path())).unwrap().document;
    let output = update(tree.path(), repository().join("openapi").join(name).to_str().unwrap());
    assert!(text(&output.stdout).contains("nothing changed"), "{}", text(&output.stdout));
    // The same document in another layout.
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(update(tree.path(), &write(elsewhere.path(), &vendored())).status.success());
    assert_eq!(contents(tree.path()), before);
}

#[test]
fn a_fixup_that_does_not_apply_names_itself_and_both_values() {
    let tree = copy();
    let fixups = json!([{"op": "test", "path": "/info/title", "value": "Another API"}]);
    fs::write(tree.path().join("openapi/fixups.json"), fixups.to_string()).unwrap();
    let before = contents(tree.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let output = update(tree.path(), &write(elsewhere.path(), &EDITS[0].document()));
    let error = text(&output.stderr);
    for part in ["fixup 0", "/info/title", "\"Another API\"", "\"P-API\""] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1));
    assert_eq!(contents(tree.path()), before);
}

/// A folder has the name of the last file.
#[test]
fn a_failed_write_restores_the_other_files() {
    let tree = copy();
    let blocked = tree.path().join("src/generated/zzz.snap.rs");
    fs::create_dir_all(blocked.join("in the way")).unwrap();
    let before = contents(tree.path());
    let mut plan = Tree::new(tree.path());
    plan.write("CHANGELOG.md", "new");
    plan.remove("openapi/fixups.json");
    plan.write("openapi/history/new.json", "{}");
    plan.write("src/generated/zzz.snap.rs", "new");
    let error = plan.commit().unwrap_err();
    assert!(format!("{error:#}").contains("zzz.snap.rs"), "{error:#}");
    assert_eq!(contents(tree.path()), before);
}

#[test]
fn an_update_vendors_the_document_pins_it_and_keeps_the_old_one() {
    let tree = copy();
    let elsewhere = tempfile::tempdir().unwrap();
    let first = Lock::read(&Tree::new(tree.path())).unwrap();
    let documents = || contents(&tree.path().join("openapi"));
    let before = documents();
    let mut document = vendored();
    for (version, title) in [(first.version.as_str(), "Once more"), ("1000.0.0", "Next")] {
        document["info"]["version"] = json!(version);
        document["info"]["title"] = json!(title);
        let output = update(tree.path(), &write(elsewhere.path(), &document));
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let files = documents();
    let added: Vec<&str> =
        files.keys().filter(|path| !before.contains_key(*path)).map(|path| path.to_str().unwrap()).collect();
    let kept = format!("history/{}", first.document);
    let second = kept.replace(".json", &format!("-{}.json", second_hash(tree.path())));
    assert_eq!(added, [second.as_str(), kept.as_str(), "p-api-1000.0.0.json"]);
    assert!(!files.contains_key(Path::new(&first.document)));
    assert_eq!(files[Path::new(&kept)], before[Path::new(&first.document)]);

    let lock = Lock::read(&Tree::new(tree.path())).unwrap();
    assert_eq!((lock.document.as_str(), lock.version.as_str()), ("p-api-1000.0.0.json", "1000.0.0"));
    assert_eq!(lock.source, "file new.json");
    assert_eq!(lock.sha256, xtask::vendored::sha256(&text(&files[Path::new("p-api-1000.0.0.json")])));
    let changelog = fs::read_to_string(tree.path().join("CHANGELOG.md")).unwrap();
    let section = |version: &str| changelog.find(&format!("### P-API {version}\n")).unwrap();
    assert!(section("1000.0.0") < section(&first.version), "{changelog}");
    assert!(fs::read_to_string(tree.path().join("Cargo.toml")).unwrap().contains("+api.1000.0.0\""));
}

/// The first eight digits of the hash of the intermediate document.
fn second_hash(root: &Path) -> String {
    let mut document = vendored();
    document["info"]["title"] = json!("Once more");
    let read = xtask::document::Document::read(&document.to_string()).unwrap();
    assert!(root.join("openapi/history").is_dir());
    xtask::vendored::sha256(&read.to_json())[..8].to_owned()
}

#[test]
fn the_list_of_changes_is_written_to_a_file_as_markdown() {
    let tree = copy();
    let elsewhere = tempfile::tempdir().unwrap();
    let summary = elsewhere.path().join("a/summary.md");
    let edit = EDITS.iter().find(|edit| edit.name == "a model added").unwrap();
    let document = write(elsewhere.path(), &edit.document());
    let output = xtask(tree.path(), &["update", "--no-build", &document, "--summary", summary.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.contains("### Additive (2)\n\n- `POST /v1/predictions header Model`: has the new value `p-tiny`"));
    assert!(text(&output.stdout).contains("to do: p-tiny has no line in models.toml (cargo xtask model p-tiny)"));
}

#[test]
fn generated_files_do_not_depend_on_the_machine() {
    let elsewhere = tempfile::tempdir().unwrap();
    let document = write(elsewhere.path(), &EDITS.iter().find(|edit| edit.name == "a model added").unwrap().document());
    let trees = [copy(), copy()].map(|tree| {
        for (zone, language) in [("UTC", "C"), ("Pacific/Auckland", "de_DE.UTF-8")] {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"));
            command.arg("--root").arg(tree.path()).args(["update", "--no-build", &document]);
            let output = command.env("TZ", zone).env("LANG", language).current_dir("/").output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        contents(tree.path())
    });
    assert_eq!(trees[0], trees[1]);
}

#[test]
fn a_document_is_fetched_from_a_url() {
    let edit = EDITS.iter().find(|edit| edit.name == "a model added").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = edit.document().to_string();
    let server = thread::spawn(move || {
        for response in [
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
            "HTTP/1.1 404 Not \
             Found\r\ncontent-length: 0\r\n\r\n"
                .into(),
        ] {
            let (mut stream, _) = listener.accept().unwrap();
            let request = BufReader::new(stream.try_clone().unwrap());
            let _ = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            stream.write_all(response.as_bytes()).unwrap();
        }
    });
    let tree = copy();
    let url = format!("http://{address}/p-api.json");
    let output = update(tree.path(), &url);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(Lock::read(&Tree::new(tree.path())).unwrap().source, url);
    let missing = update(tree.path(), &url);
    assert!(text(&missing.stderr).contains("404"), "{}", text(&missing.stderr));
    server.join().unwrap();
}

#[test]
fn a_breaking_change_raises_the_minor_version() {
    // The vendored document has not been released.
    let breaking =
        EDITS.iter().filter(|edit| edit.expected().iter().any(|change| change.class == Class::Breaking)).count();
    assert!(breaking > 10);
    let tree = copy();
    let changelog = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2030-01-01\n";
    fs::write(tree.path().join("CHANGELOG.md"), changelog).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let output = update(tree.path(), &write(elsewhere.path(), &EDITS[0].document()));
    assert!(text(&output.stdout).contains("proposed version: 0.2.0+api."), "{}", text(&output.stdout));
    // Workspace members require a matching version.
    for entry in fs::read_dir(tree.path()).unwrap() {
        let Ok(manifest) = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")) else { continue };
        assert!(!manifest.contains("pruna = { version = \"0.1"), "{manifest}");
    }
}
