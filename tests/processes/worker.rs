//! The worker processes: each runs a batch and prints the result of each item.

use std::{path::PathBuf, time::Duration};

use pruna::{
    Budget, Client, Ledger, Request,
    batch::{Batch, Fleet},
    limits::Limits,
};
use serde_json::json;

/// Returns item `n` of a batch: a small image, identified by its prompt.
fn request(n: usize) -> Request {
    let input = json!({
        "prompt": format!("item {n}"), "seed": 1, "aspect_ratio": "custom", "width": 256, "height": 256,
    });
    Request::new("wan-image-small", input)
}

/// Creates a client of the emulator that the environment names.
fn client(limits: Limits, ledger: Ledger) -> Client {
    Client::builder().from_env().limits(limits).ledger(ledger).build().unwrap()
}

/// `--worker JOURNAL FOLDER COUNT RESUBMIT`; the ledger is beside the journal.
pub(crate) async fn run(arguments: &[String]) {
    let [journal, folder, count, resubmit] = arguments else { panic!("{arguments:?}") };
    let requests = (0..count.parse().unwrap()).map(request);
    let (journal, budget) = (PathBuf::from(journal), Budget::usd("1000"));
    let client = client(Limits::none(), Ledger::file(journal.with_file_name("ledger.jsonl")).unwrap());
    let batch = client.batch(requests).concurrency(16).journal(journal).budget(budget.clone());
    print_results(batch.save_to(folder).resubmit_unknown(resubmit == "true")).await;
    println!("committed {}", budget.committed().micros());
    println!("end");
}

/// `--fleet-worker DATABASE FOLDER COUNT RESUBMIT`
pub(crate) async fn run_in_fleet(arguments: &[String]) {
    let [database, folder, count, resubmit] = arguments else { panic!("{arguments:?}") };
    let requests = (0..count.parse().unwrap()).map(request);
    let fleet = Fleet::connect(database, "test").await.unwrap().lease(Duration::from_secs(2));
    let limits = Limits::none().submissions("wan-image-small", super::fleet::PER_MINUTE);
    let batch = client(limits, Ledger::in_memory()).batch(requests).concurrency(64).fleet(fleet);
    print_results(batch.save_to(folder).resubmit_unknown(resubmit == "true")).await;
    println!("end");
}

/// Prints the result of each item.
async fn print_results(batch: Batch) {
    let mut results = batch.run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        match result {
            Ok(output) if output.resumed => println!("resumed {index}"),
            Ok(_) => println!("done {index}"),
            Err(error) if error.is_submission_unknown() => println!("unknown {index}"),
            Err(error) => println!("failed {index} {error}"),
        }
    }
}
