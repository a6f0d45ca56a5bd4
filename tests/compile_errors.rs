//! Programs that must not compile, and what the compiler says about them.
//!
//! They are compiled by rustc itself against the library of this test, which takes a second; a test crate of its own would
//! compile all dependencies again.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// Compiles the body of a function against a build of the library. Returns the compiler's messages if it fails.
fn compile(library: &Path, body: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("program.rs");
    std::fs::write(&source, format!("pub fn program(client: pruna::Client) {{ {body}; }}")).unwrap();
    let mut external = std::ffi::OsString::from("pruna=");
    external.push(library);
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--color=never"])
        .arg("--out-dir")
        .arg(folder.path())
        .arg("-L")
        .arg(library.parent().unwrap())
        .arg("--extern")
        .arg(external)
        .arg(source)
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Finds the latest build of the library with which a correct program compiles. Others may be left from another version of
/// the library or the compiler.
fn library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let mut builds: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(program.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("libpruna-") && name.ends_with(".rlib")
        })
        .map(|path| (path.metadata().unwrap().modified().unwrap(), path))
        .collect();
    builds.sort();
    let correct = r#"let _ = client.upload(pruna::Media::path("me.jpg"))"#;
    let mut errors = Vec::new();
    for (_, build) in builds.into_iter().rev() {
        match compile(&build, correct) {
            Ok(()) => return build,
            Err(error) => errors.push(error),
        }
    }
    panic!("a correct program does not compile: {errors:?}");
}

#[test]
fn text_is_not_media_and_the_compiler_names_the_alternatives() {
    let library = library();
    for (name, body) in [
        ("a literal in a list", r#"let _ = pruna::inputs::PImageEdit::new("x").images(["me.jpg"])"#),
        ("a literal", r#"let _ = pruna::inputs::WanI2v::new("x", "me.jpg")"#),
        ("a String", r#"let _ = client.upload(String::from("me.jpg"))"#),
        ("a &String", r#"let _ = client.upload(&String::from("me.jpg"))"#),
    ] {
        let error = compile(&library, body).expect_err(name);
        for expected in ["E0277", "does not convert into media", "Media::path(…)", "Media::url(…)"] {
            assert!(error.contains(expected), "{name}: no {expected:?} in\n{error}");
        }
    }
}

#[test]
fn a_required_parameter_cannot_be_left_out() {
    let library = library();
    for (body, code) in [
        ("let _ = pruna::inputs::PImage::new()", "E0061"),
        (r#"let _ = pruna::inputs::WanI2v::new("waves")"#, "E0061"),
        (r#"let _ = pruna::inputs::PImage::new("x").no_such_parameter(1)"#, "E0599"),
    ] {
        let error = compile(&library, body).expect_err(body);
        assert!(error.contains(code), "{body}: {error}");
    }
}
