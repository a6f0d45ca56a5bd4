//! An example as a process.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use pruna_emulator::Emulator;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

/// An example to be run.
pub(crate) struct Program {
    name: String,
    command: Command,
    input: String,
}

impl Program {
    /// An example that runs in a folder, without a key.
    pub(crate) fn new(name: &str, folder: &Path) -> Self {
        let mut command = Command::new(executable(name));
        command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("PRUNA_API_KEY").env_remove("PRUNA_BASE_URL").kill_on_drop(true);
        Self { name: name.to_owned(), command, input: String::new() }
    }

    /// Uses an emulator in place of the service.
    pub(crate) fn with(mut self, emulator: &Emulator) -> Self {
        self.command.env("PRUNA_API_KEY", emulator.api_key()).env("PRUNA_BASE_URL", emulator.url());
        self
    }

    pub(crate) fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets what is typed.
    pub(crate) fn input(mut self, text: impl Into<String>) -> Self {
        self.input = text.into();
        self
    }

    /// Runs it to a successful end and returns what it printed.
    pub(crate) async fn run(mut self) -> String {
        let mut child = self.command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(self.input.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}: {}", self.name, text(&output.stderr));
        text(&output.stdout)
    }

    /// Starts it and returns its first line. It is killed when the process is dropped.
    pub(crate) async fn start(mut self) -> (Child, String) {
        let mut child = self.command.stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        (child, line.trim_end().to_owned())
    }
}

/// The compiled example. Cargo puts it beside the folder of the tests, unless that is elsewhere (`build.build-dir`).
fn executable(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let program = |folder: &Path| folder.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
    let target = env::var_os("CARGO_TARGET_DIR").map(|target| Path::new(&target).join(built.file_name().unwrap()));
    let elsewhere = target.map(|folder| program(&folder)).filter(|path| path.is_file());
    let path = elsewhere.unwrap_or_else(|| program(built));
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).with_extension("rs");
    let is_current = modified(&path).is_ok_and(|compiled| compiled >= modified(&source).unwrap());
    assert!(is_current, "{} is missing or old; run cargo build -p pruna-examples --examples", path.display());
    path
}
