//! The provider's Python client, which nobody here wrote, works against the emulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pruna_emulator::Emulator;

const PACKAGE: &str = "pruna-client==0.0.9";

#[tokio::test(flavor = "multi_thread")]
async fn the_official_python_client_works() {
    let Some(python) = tokio::task::spawn_blocking(python_with_client).await.unwrap() else { return };
    let emulator = Emulator::builder().speed(0.02).start().await.unwrap();
    let (url, key) = (emulator.url().to_owned(), emulator.api_key().to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official_client.py");
    let run = move || {
        let mut command = Command::new(python);
        command.arg(script).args([url, key]).env("DEFAULT_PRUNA_POLL_INTERVAL", "0.1").env("NO_PROXY", "127.0.0.1");
        command.output().expect("python runs")
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    for step in ["image: ok", "video: ok", "edit: ok", "batch: ok", "key: ok"] {
        assert!(stdout.contains(step), "{step} is missing in:\n{}", text(&output));
    }
    let polls = emulator.requests().iter().filter(|r| r.operation.as_deref() == Some("getPredictionStatus")).count();
    assert!(polls > 1, "the video was polled for {polls} times");
}

/// An interpreter that has the client, made in the target directory; `None`, and a line that says why, without it.
fn python_with_client() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("official-client");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python") };
    if Command::new(&python).args(["-c", "import pruna_client"]).output().is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let base = if cfg!(windows) { "python" } else { "python3" };
    let steps: [(&str, Command); 2] = [
        ("make a virtual environment", command(base, &["-m", "venv", venv.to_str()?])),
        (
            "install the package",
            command(python.to_str()?, &["-m", "pip", "install", "--quiet", "--timeout", "20", PACKAGE]),
        ),
    ];
    for (step, mut command) in steps {
        let failure = match command.output() {
            Ok(output) if output.status.success() => continue,
            Ok(output) => text(&output),
            Err(error) => error.to_string(),
        };
        println!("SKIPPED the_official_python_client_works: cannot {step}: {failure}");
        return None;
    }
    Some(python)
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
