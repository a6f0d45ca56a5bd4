//! `pruna`: P-API in a terminal.

mod args;
mod batch;
mod commands;
mod failure;
mod input;
mod jobs;
mod nearest;
mod output;
mod preview;
mod progress;
mod session;
mod target;
mod terminal;

use std::process::ExitCode;

use crate::{failure::Failure, terminal::Terminal};

fn main() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let app = App { terminal: Terminal::new(&cli.global), global: cli.global };
    match cli.command.run(&app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&app.terminal),
    }
}

/// What every command works with.
struct App {
    global: args::Global,
    terminal: Terminal,
}

impl App {
    /// Runs a command that talks to the service.
    fn block_on<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.map_err(|e| Failure::files(format!("cannot start: {e}")))?.block_on(work)
    }
}
