//! Tests of the program as a process, against an emulator in the test.
//!
//! The harness is libtest-mimic: tests that need another program are reported as ignored where it is not installed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
// A test that is missing in the list of its module is unused.
#![deny(dead_code)]

#[macro_use]
mod harness;

mod browser;
mod support;

mod batch;
mod batch_edits;
mod batch_histories;
mod batch_outputs;
mod cost;
mod exit_codes;
mod gallery;
mod help;
mod hints;
mod ledger;
#[cfg(unix)]
mod outputs;
mod readme;
mod reuse;
mod run;
mod shell;
#[cfg(unix)]
mod signals;
mod spend;
#[cfg(unix)]
mod targets;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    let trials = [
        batch::trials(),
        batch_edits::trials(),
        batch_histories::trials(),
        batch_outputs::trials(),
        cost::trials(),
        exit_codes::trials(),
        gallery::trials(),
        harness::trials(),
        help::trials(),
        hints::trials(),
        ledger::trials(),
        #[cfg(unix)]
        outputs::trials(),
        readme::trials(),
        reuse::trials(),
        run::trials(),
        shell::trials(),
        #[cfg(unix)]
        signals::trials(),
        spend::trials(),
        #[cfg(unix)]
        targets::trials(),
        terminal::trials(),
    ];
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}
