//! Tests of whole processes: killed at any instant, several on one batch, one against another program.
//!
//! This program is also the worker process that is killed. The test harness is libtest-mimic, because a test whose
//! program is missing (PostgreSQL, Prism) is reported as ignored. `PRUNA_KILLS` sets how often the crash test kills: 40 by
//! default; 200 is the full count.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::{future::Future, path::PathBuf, process::ExitCode};

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

mod crash;
mod fleet;
mod fleet_limit;
mod postgres;
mod prism;
mod worker;

/// Figures to be shown, or the reason of the failure.
type Outcome = Result<String, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let worker = |run: &dyn Fn(&Runtime, &[String])| {
        run(&Runtime::new().unwrap(), &arguments[1..]);
        ExitCode::SUCCESS
    };
    match arguments.first().map(String::as_str) {
        Some("--worker") => worker(&|runtime, arguments| runtime.block_on(worker::run(arguments))),
        Some("--fleet-worker") => worker(&|runtime, arguments| runtime.block_on(worker::run_in_fleet(arguments))),
        _ => run_tests(),
    }
}

fn run_tests() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each test runs several processes, whose timing matters: one test after the other.
    arguments.test_threads.get_or_insert(1);
    let killed = "two_of_four_workers_of_a_fleet_are_killed";
    let lost = "a_worker_that_loses_the_database_finishes_running_jobs_and_reports_why";
    let over_budget = "the_workers_of_a_fleet_share_one_budget";
    let edited = "an_edited_list_of_a_fleet_pays_for_new_requests_only";
    let limited = "the_workers_of_a_fleet_submit_the_whole_limit_at_once_and_no_more";
    let concurrent = "connections_of_a_fleet_reserve_concurrently_and_keep_the_limit_in_every_minute";
    let at_once = "the_whole_limit_of_a_fleet_is_reserved_at_once";
    let shares = "batches_of_a_fleet_leave_room_and_an_even_pace_is_shared";
    let of_postgres = [killed, lost, over_budget, edited, limited, concurrent, at_once, shares];
    let is_selected = |name: &str| arguments.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
    // While tests are only listed, nothing is installed.
    let postgres = postgres::programs(!arguments.list && of_postgres.into_iter().any(is_selected));
    let tests = vec![
        trial("a_batch_survives_being_killed_at_any_instant", Ok(()), |()| crash::killed_at_any_instant()),
        trial("a_second_process_on_a_journal_is_rejected", Ok(()), |()| crash::a_second_process()),
        trial(killed, postgres.clone(), fleet::two_of_four_workers_are_killed),
        trial(over_budget, postgres.clone(), fleet::the_budget_is_shared),
        trial(edited, postgres.clone(), fleet::the_list_is_edited),
        trial(limited, postgres.clone(), fleet::the_limit_is_submitted_at_once),
        trial(concurrent, postgres.clone(), fleet_limit::connections_reserve_concurrently),
        trial(at_once, postgres.clone(), fleet_limit::the_whole_limit_is_reserved_at_once),
        trial(shares, postgres.clone(), fleet_limit::batches_leave_room_and_an_even_pace_is_shared),
        trial(lost, postgres, fleet::the_database_is_lost),
        trial("prism_accepts_every_request_of_the_client", prism::url(), prism::accepts_every_request),
    ];
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// Creates a test that is ignored if what it requires is missing.
fn trial<R: Send + 'static, F: Future<Output = Outcome> + 'static>(
    name: &'static str,
    requirement: Result<R, String>,
    test: fn(R) -> F,
) -> Trial {
    match requirement {
        Ok(requirement) => Trial::test(name, move || {
            let figures = Runtime::new()?.block_on(test(requirement))?;
            println!("({figures})");
            Ok(())
        }),
        Err(reason) => {
            eprintln!("{name} is ignored: {reason}");
            // With `--ignored` it runs, and fails.
            Trial::test(name, move || Err(reason.into())).with_ignored_flag(true)
        }
    }
}

/// Returns the path of this program.
fn this() -> PathBuf {
    std::env::current_exe().unwrap()
}
