//! Checks of the emulator by programs of others: the official Python client, and ffprobe.
//!
//! A test whose program is missing is reported as ignored. The standard test harness decides that at compile time, so
//! these tests have a `main` of their own.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Trial};
use pruna_emulator::Emulator;
use serde_json::{Value, json};
use support::Api;

const PACKAGE: &str = "pruna-client==0.0.9";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // While tests are only listed, nothing is installed.
    let is_selected =
        |name: &str| !arguments.list && arguments.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
    let python = "the_official_python_client_works";
    let ffprobe = "ffprobe_decodes_every_frame_of_a_video";
    let tests = vec![
        trial(python, find_python(is_selected(python)), the_official_python_client_works),
        trial(ffprobe, find_ffprobe(), ffprobe_decodes_every_frame_of_a_video),
    ];
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// Returns a test that is ignored if its program is missing.
fn trial<F: Future<Output = ()> + 'static>(
    name: &str,
    program: Result<PathBuf, String>,
    test: fn(PathBuf) -> F,
) -> Trial {
    match program {
        Ok(program) => Trial::test(name, move || {
            tokio::runtime::Runtime::new()?.block_on(test(program));
            Ok(())
        }),
        Err(reason) => {
            eprintln!("{name} is ignored: {reason}");
            // With `--ignored` it runs, and fails.
            Trial::test(name, move || Err(reason.into())).with_ignored_flag(true)
        }
    }
}

async fn the_official_python_client_works(python: PathBuf) {
    let emulator = Emulator::builder().speed(0.02).start().await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official_client.py");
    let mut command = Command::new(python);
    command.arg(script).args([emulator.url(), emulator.api_key()]);
    command.env("DEFAULT_PRUNA_POLL_INTERVAL", "0.1").env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    for step in ["image: ok", "video: ok", "edit: ok", "batch: ok", "key: ok"] {
        assert!(stdout.contains(step), "{step} is missing in:\n{}", text(&output));
    }
    let polls = emulator.requests().iter().filter(|r| r.operation.as_deref() == Some("getPredictionStatus")).count();
    assert!(polls > 1, "the video was polled {polls} times");
}

/// Finds an interpreter with the client: in a virtual environment in the target directory, which is created if
/// `may_install` is set.
fn find_python(may_install: bool) -> Result<PathBuf, String> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("official-client");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") };
    if run(Command::new(&python).args(["-c", "import pruna_client"])).is_ok() {
        return Ok(python);
    }
    if !may_install {
        return Err(format!("{} has no {PACKAGE}; run this test with `cargo test`", venv.display()));
    }
    let base = if cfg!(windows) { "python" } else { "python3" };
    run(Command::new(base).args(["-m", "venv"]).arg(&venv))
        .map_err(|error| format!("cannot create a virtual environment: {error}"))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--timeout", "20", PACKAGE]))
        .map_err(|error| format!("cannot install {PACKAGE}: {error}"))?;
    Ok(python)
}

async fn ffprobe_decodes_every_frame_of_a_video(ffprobe: PathBuf) {
    let api = Api::with(Emulator::builder().document(with_full_hd(support::document()))).await;
    let cases = [
        ("wan-t2v", json!({"num_frames": 81, "frames_per_second": 16, "aspect_ratio": "9:16"}), (480, 832), 81, 16.0),
        (
            "wan-t2v",
            json!({"num_frames": 100, "frames_per_second": 30, "resolution": "1080p"}),
            (1920, 1080),
            100,
            30.0,
        ),
        ("vace", json!({"size": "1280*720", "frame_num": 33}), (1280, 720), 33, 16.0),
    ];
    for (model, mut input, size, frames, rate) in cases {
        input["prompt"] = "waves".into();
        let file = api.file(model, input).await;
        assert!(file.body.len() < 5_000_000, "{} bytes", file.body.len());
        let stream = probe(&ffprobe, &file.body);
        assert_eq!(
            (stream["codec_name"].as_str(), stream["profile"].as_str()),
            (Some("h264"), Some("Constrained Baseline"))
        );
        assert_eq!((stream["width"].as_u64(), stream["height"].as_u64()), (Some(size.0), Some(size.1)), "{model}");
        assert_eq!(stream["nb_read_frames"].as_str(), Some(frames.to_string().as_str()), "{model}");
        let seconds: f64 = stream["duration"].as_str().unwrap().parse().unwrap();
        assert!((seconds - f64::from(frames) / rate).abs() < 0.01, "{model}: {seconds}");
    }
}

/// Returns a document with a model whose videos have a height that is not a multiple of sixteen.
fn with_full_hd(mut document: Value) -> Value {
    document["components"]["schemas"]["wan-t2v"]["properties"]["input"]["properties"]["resolution"]["enum"] =
        json!(["480p", "720p", "1080p"]);
    document
}

fn find_ffprobe() -> Result<PathBuf, String> {
    match run(Command::new("ffprobe").arg("-version")) {
        Ok(_) => Ok("ffprobe".into()),
        Err(error) => Err(format!("cannot run ffprobe: {error}")),
    }
}

/// Returns what ffprobe reports after decoding the whole video without an error.
fn probe(ffprobe: &Path, video: &[u8]) -> Value {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clip.mp4");
    std::fs::write(&path, video).unwrap();
    let entries = "stream=codec_name,profile,width,height,nb_read_frames,duration";
    let mut command = Command::new(ffprobe);
    command.args(["-v", "error", "-err_detect", "explode", "-count_frames", "-show_entries", entries, "-of", "json"]);
    let output = run(command.arg(&path)).unwrap();
    assert!(output.stderr.is_empty(), "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["streams"][0].clone()
}

/// Runs a program to its end. Fails if it cannot be started or does not succeed.
fn run(command: &mut Command) -> Result<Output, String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => Err(text(&output)),
        Err(error) => Err(error.to_string()),
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
