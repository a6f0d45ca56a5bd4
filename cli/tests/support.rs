//! Shared parts of the tests: an emulator, a working directory and the program.

use std::{fs, path::PathBuf};

use pruna_emulator::{Builder, Emulator};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Path of the program under test.
pub(crate) const PRUNA: &str = env!("CARGO_BIN_EXE_pruna");

/// The home of the program under test.
pub(crate) const TEST_HOME: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/home");

/// A running emulator, and the working directory of the program.
pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    pub(crate) dir: tempfile::TempDir,
    _runtime: Runtime,
}

/// The outcome of a run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Service {
    /// Starts an emulator whose models finish immediately.
    pub(crate) fn start() -> Self {
        Self::with(|builder| builder)
    }

    /// Starts an emulator with other settings.
    pub(crate) fn with(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let emulator = runtime.block_on(configure(Emulator::builder()).start()).unwrap();
        Self { emulator, dir: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    /// Returns a command with the key and URL of the emulator.
    pub(crate) fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = bare();
        command.args(args).current_dir(&self.dir);
        command.env("PRUNA_BASE_URL", self.emulator.url()).env("PRUNA_API_KEY", self.emulator.api_key());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args), "")
    }

    /// Runs the program with text on stdin.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Run {
        finish(self.command(args), stdin)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Returns the names of the files in the working directory.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.dir).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Returns how many requests for an operation the emulator received.
    pub(crate) fn sends(&self, operation: &str) -> usize {
        self.emulator.requests().iter().filter(|request| request.operation.as_deref() == Some(operation)).count()
    }
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Returns a command without any settings from the caller's environment.
pub(crate) fn bare() -> std::process::Command {
    let mut command = std::process::Command::new(PRUNA);
    for name in ["PRUNA_API_KEY", "PRUNA_BASE_URL", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    in_test_home(&mut command);
    command
}

/// Keeps a program away from the ledger in the home of whoever runs the tests.
pub(crate) fn in_test_home(command: &mut std::process::Command) {
    // Not removed but empty, so that it also holds in a shell that is given these variables.
    command.env("PRUNA_LEDGER", "");
    for name in ["HOME", "XDG_STATE_HOME", "LOCALAPPDATA"] {
        command.env(name, TEST_HOME);
    }
}

/// Runs a command to its end; kills it after 60 s.
pub(crate) fn finish(command: std::process::Command, stdin: &str) -> Run {
    let output = assert_cmd::Command::from_std(command)
        .write_stdin(stdin)
        .timeout(std::time::Duration::from_secs(60))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Returns a small PNG image.
pub(crate) fn image_bytes() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 48, image::Rgb([200, 120, 40]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
