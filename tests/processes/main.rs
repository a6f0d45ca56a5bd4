//! What happens to whole processes: killed at any instant, several on one batch. This program is its own worker.
//!
//! Run by `cargo test --features journal --test processes`. `PRUNA_KILLS` sets how often the crash test kills, 40 by
//! default; 200 is the full count.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::{path::PathBuf, process::ExitCode};

mod crash;
mod fleet;
mod postgres;
mod worker;

type Outcome = Result<String, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match arguments.split_first() {
        Some((first, rest)) if first == "--worker" => {
            runtime.block_on(worker::run(rest));
            return ExitCode::SUCCESS;
        }
        Some((first, rest)) if first == "--fleet-worker" => {
            runtime.block_on(worker::run_in_fleet(rest));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut tell = |name: &str, run: &dyn Fn() -> Option<Outcome>| {
        if filter.is_some_and(|filter| !name.contains(filter.as_str())) {
            return;
        }
        match run() {
            Some(Ok(figures)) => {
                passed += 1;
                println!("test {name} ... ok ({figures})");
            }
            Some(Err(why)) => {
                failed += 1;
                println!("test {name} ... FAILED\n{why}");
            }
            None => {
                skipped += 1;
                println!("test {name} ... SKIPPED: no PostgreSQL here; Debian's package `postgresql` has it");
            }
        }
    };
    tell("a_batch_survives_being_killed_at_any_instant", &|| Some(runtime.block_on(crash::killed_at_any_instant())));
    tell("a_second_process_on_a_journal_is_turned_away", &|| Some(runtime.block_on(crash::a_second_process())));
    tell("two_of_four_workers_of_a_fleet_are_killed", &|| {
        let database = postgres::Postgres::start()?;
        Some(database.and_then(|database| runtime.block_on(fleet::two_of_four_workers_are_killed(database))))
    });
    tell("a_worker_that_loses_the_database_finishes_what_runs_and_says_so", &|| {
        let database = postgres::Postgres::start()?;
        Some(database.and_then(|database| runtime.block_on(fleet::the_database_is_lost(database))))
    });
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// This program.
fn this() -> PathBuf {
    std::env::current_exe().unwrap()
}
