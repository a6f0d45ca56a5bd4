//! `pruna`: P-API in a terminal.

mod app;
mod batch;
mod cli;
mod commands;
mod console;
mod cost;
mod exit_code;
mod failure;
mod file_name;
mod input;
mod interrupt;
mod jobs;
mod media_check;
mod options;
mod os_text;
mod output;
mod preview;
mod progress;
mod reuse;
mod session;
mod source;
mod spending;
mod suggest;
mod table;
mod target;
mod terminal;
mod units;
mod user_dirs;
mod warnings;

use std::process::ExitCode;

use crate::app::App;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let app = App::new(cli.global);
    match cli.command.run(&app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&app.terminal),
    }
}
