//! What the tests share: an emulator, a folder to work in, and the program.

use std::{fs, path::PathBuf};

use pruna_emulator::{Builder, Emulator};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The program that is tested.
pub(crate) const PRUNA: &str = env!("CARGO_BIN_EXE_pruna");

/// A running emulator and a folder in which the program runs.
pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    pub(crate) folder: tempfile::TempDir,
    _runtime: Runtime,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Service {
    /// An emulator whose models finish at once.
    pub(crate) fn start() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(adjust: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let emulator = runtime.block_on(adjust(Emulator::builder()).start()).unwrap();
        Self { emulator, folder: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    /// The program with key and address of the emulator.
    pub(crate) fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = bare();
        command.args(args).current_dir(&self.folder);
        command.env("PRUNA_BASE_URL", self.emulator.url()).env("PRUNA_API_KEY", self.emulator.api_key());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args), "")
    }

    /// Runs the program with something on stdin.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Run {
        finish(self.command(args), stdin)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Names of the files in the folder.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// How many requests of an operation the emulator got.
    pub(crate) fn sends(&self, operation: &str) -> usize {
        self.emulator.requests().iter().filter(|request| request.operation.as_deref() == Some(operation)).count()
    }
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// The program without any of the caller's settings.
pub(crate) fn bare() -> std::process::Command {
    let mut command = std::process::Command::new(PRUNA);
    for name in ["PRUNA_API_KEY", "PRUNA_BASE_URL", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end; one that hangs is killed.
pub(crate) fn finish(command: std::process::Command, stdin: &str) -> Run {
    let output = assert_cmd::Command::from_std(command)
        .write_stdin(stdin)
        .timeout(std::time::Duration::from_secs(60))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A small picture.
pub(crate) fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 48, image::Rgb([200, 120, 40]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
