//! `cargo xtask`: maintenance of this repository.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use xtask::{api, cli, document::DocumentError};

fn main() -> ExitCode {
    if let Some(code) = api::run_as_rustdoc() {
        return code;
    }
    match cli::run(cli::Cli::parse()) {
        Ok(outcome) => {
            // A closed pipe, as with `head`, is not a failure.
            let _ = io::stdout().write_all(outcome.text.as_bytes());
            if outcome.success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(if error.is::<DocumentError>() { 2 } else { 1 })
        }
    }
}
