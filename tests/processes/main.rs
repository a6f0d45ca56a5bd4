//! What happens to whole processes: killed at any instant, several on one batch. This program is its own worker.
//!
//! Run by `cargo test --features journal --test processes`. `PRUNA_KILLS` sets how often the crash test kills, 40 by
//! default; 200 is the full count.

use std::{path::PathBuf, process::ExitCode};

mod crash;
mod worker;

type Outcome = Result<String, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if let [first, rest @ ..] = arguments.as_slice()
        && first == "worker"
    {
        runtime.block_on(worker::run(rest));
        return ExitCode::SUCCESS;
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
                println!("test {name} ... SKIPPED");
            }
        }
    };
    tell("a_batch_survives_being_killed_at_any_instant", &|| Some(runtime.block_on(crash::killed_at_any_instant())));
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// This program.
fn this() -> PathBuf {
    std::env::current_exe().unwrap()
}
