//! Nothing is spent beyond a budget, and the ledger says what became of each submission.

use std::{path::Path, time::Duration};

use futures_util::future::join_all;
use pruna::{
    Budget, Client, ErrorKind, Generation, Ledger, LedgerState, Model, Request, Result, Usd,
    batch::{Batch, Summary},
    inputs::{PImage, Vace, WanT2v},
};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;

use crate::support::{builder, client, emulator, sends};

/// The list price of one image of `p-image`.
const PRICE: Usd = Usd::from_micros(5_000);

fn lion() -> PImage {
    PImage::new("a lion")
}

/// Returns what the service accepted, by list prices.
fn accepted(emulator: &Emulator) -> Usd {
    let price = |model: &str, input| Model::from(model).info().estimate_usd(input).unwrap();
    emulator.predictions().iter().map(|job| price(&job.model, &job.input)).sum()
}

#[tokio::test]
async fn sixty_four_tasks_with_a_budget_for_ten_send_ten() {
    let emulator = emulator().await;
    let budget = Budget::new(PRICE * 10);
    let client = builder(&emulator).budget(budget.clone()).build().unwrap();
    let tasks = (0..64).map(|_| {
        tokio::spawn({
            let client = client.clone();
            async move { client.generate(lion()).await }
        })
    });
    let results: Vec<Result<Generation>> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    let refused: Vec<ErrorKind> = results.iter().filter_map(|result| Some(result.as_ref().err()?.kind())).collect();
    assert_eq!(refused, [ErrorKind::BudgetExceeded; 54]);
    assert_eq!((sends(&emulator, "createPrediction"), emulator.predictions().len()), (10, 10));
    assert_eq!((budget.committed(), budget.remaining()), (PRICE * 10, Usd::ZERO));
    let total = client.spent().total();
    assert_eq!((total.submissions, total.spent, total.reserved, total.unknown), (10, PRICE * 10, Usd::ZERO, Usd::ZERO));
}

#[tokio::test]
async fn each_fate_of_a_submission_is_counted_as_it_may_be_billed() {
    use LedgerState::{Released, Spent, Unknown};
    let status = |status| Fault::Status { status, headers: [].into(), body: None };
    let limited = Fault::RateLimited { retry_after: Some("0.001".into()), reset: None };
    let submission = Operation::CreatePrediction;
    for (name, fault, state) in [
        ("accepted", None, Spent),
        ("the job fails", Some(Fault::Fail { error: "out of memory".into() }.on(submission)), Spent),
        ("rejected", Some(status(422).on(submission)), Released),
        ("no credit", Some(status(402).on(submission)), Released),
        ("limited once", Some(limited.clone().on(submission).nth(1)), Spent),
        ("limited always", Some(limited.on(submission)), Released),
        ("a failure of the server", Some(status(500).on(submission)), Unknown),
        ("a broken connection", Some(Fault::ResetBeforeHead.on(submission)), Unknown),
        ("a damaged response", Some(Fault::GarbageBody.on(submission)), Unknown),
    ] {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let path = home.path().join("ledger.jsonl");
        let budget = Budget::usd("1.00");
        let client = builder(&emulator).budget(budget.clone()).ledger(Ledger::file(&path).unwrap()).build().unwrap();
        if let Some(fault) = fault {
            emulator.faults().add(fault);
        }
        let result = client.generate(Request::from(lion()).try_sync(false).label("zoo")).await;

        let counted = if state == Released { Usd::ZERO } else { PRICE };
        assert_eq!(budget.committed(), counted, "{name}: {result:?}");
        let total = client.spent().by_label()[&Some("zoo".to_owned())];
        let expected = match state {
            Spent => (1, counted, Usd::ZERO),
            Unknown => (1, Usd::ZERO, counted),
            _ => (0, Usd::ZERO, Usd::ZERO),
        };
        assert_eq!((total.submissions, total.spent, total.unknown), expected, "{name}");
        assert_eq!(total.reserved, Usd::ZERO, "{name}");
        let entries = Ledger::read(&path).unwrap();
        assert_eq!(entries.len(), 1, "{name}: one entry, however often it was sent");
        assert_eq!((entries[0].state, entries[0].usd), (state, Some(PRICE)), "{name}");
        assert_eq!(entries[0].job.is_some(), state == Spent, "{name}");
        assert_eq!(entries[0].service, emulator.url(), "{name}");
        assert!(accepted(&emulator) <= counted, "{name}: nothing is accepted that is not counted");
    }
}

#[tokio::test]
async fn a_submission_whose_future_is_dropped_is_kept_if_it_was_sent() {
    let emulator = emulator().await;
    let budget = Budget::usd("1.00");
    let client = builder(&emulator).budget(budget.clone()).build().unwrap();
    emulator.faults().add(Fault::StallBeforeHead.on(Operation::CreatePrediction));
    let task = tokio::spawn({
        let client = client.clone();
        async move { client.submit(lion()).await }
    });
    while sends(&emulator, "createPrediction") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.spent().total().reserved, PRICE);
    task.abort();
    task.await.unwrap_err();
    let total = client.spent().total();
    assert_eq!((budget.committed(), total.unknown, total.reserved), (PRICE, PRICE, Usd::ZERO));
}

#[tokio::test]
async fn nothing_is_sent_of_a_request_without_a_known_price_unless_one_is_assumed() {
    let emulator = emulator().await;
    let half = Usd::from_micros(500_000);
    for (budget, sent, committed) in [
        (Budget::usd("5.00"), 0, Usd::ZERO),
        (Budget::usd("5.00").assume(Model::VACE, half), 1, half),
        (Budget::usd("0.40").assume(Model::VACE, half), 0, Usd::ZERO),
    ] {
        emulator.clear_requests();
        let client = builder(&emulator).budget(budget.clone()).build().unwrap();
        let result = client.submit(Vace::new("waves")).await;
        assert_eq!((emulator.requests().len(), result.is_ok()), (sent, sent == 1), "{result:?}");
        assert_eq!(budget.committed(), committed);
        if let Err(error) = result {
            assert!(error.is_budget_exceeded() && !error.is_transient(), "{error}");
        }
    }
}

#[tokio::test]
async fn a_result_and_its_reference_know_what_they_cost() {
    let emulator = emulator().await;
    let client = client(&emulator);
    assert_eq!(client.generate(lion()).await.unwrap().cost(), Some(PRICE));
    let job = client.submit(WanT2v::new("waves")).await.unwrap().job_ref().unwrap();
    let stored: pruna::JobRef = serde_json::from_value(serde_json::to_value(&job).unwrap()).unwrap();
    emulator.advance(Duration::from_secs(3600));
    assert_eq!(client.attach(stored).wait().await.unwrap().cost(), Some(Usd::from_micros(50_000)));
    assert_eq!(client.generate(Request::new("p-future", json!({}))).await.ok().and_then(|result| result.cost()), None);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_prevents_the_submission_unless_it_is_best_effort() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    for (ledger, sent) in [(Ledger::file(full).unwrap(), 0), (Ledger::file(full).unwrap().best_effort(), 1)] {
        let emulator = emulator().await;
        let client = builder(&emulator).budget(Budget::usd("1")).ledger(ledger).build().unwrap();
        let result = client.generate(lion()).await;
        assert_eq!((result.is_ok(), sends(&emulator, "createPrediction")), (sent == 1, sent), "{result:?}");
        if let Err(error) = result {
            assert!(error.is_io() && error.message().contains("not sent, because the ledger"), "{error}");
            assert_eq!(client.spent().total().submissions, 0);
        }
    }
}

fn batch(client: &Client, home: &Path, items: usize) -> Batch {
    let requests = (0..items).map(|item| PImage::new(format!("a lion, variation {item}")));
    client.batch(requests).concurrency(4).journal(home.join("batch.journal")).save_to(home.join("files"))
}

async fn finish(batch: Batch) -> Summary {
    let mut results = batch.run().await.unwrap();
    while results.next().await.is_some() {}
    results.summary()
}

#[tokio::test]
async fn a_batch_over_budget_ends_in_good_order_and_goes_on_with_a_larger_one() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    for (items_paid_for, done_before, done) in [(3, 0, 3), (3, 3, 3), (8, 3, 8), (100, 8, 10)] {
        let budget = Budget::new(PRICE * items_paid_for);
        let summary = finish(batch(&client, home.path(), 10).budget(budget.clone())).await;
        assert_eq!((summary.succeeded, summary.resumed), (done, done_before), "{items_paid_for}: {summary}");
        assert_eq!((summary.over_budget, summary.failed), (10 - done, 0), "{summary}");
        assert_eq!(summary.cost, PRICE * (done - done_before) as u64);
        assert_eq!(budget.committed(), PRICE * done as u64, "earlier runs count");
        assert_eq!(emulator.predictions().len(), done);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_items_of_a_batch_have_the_budget() {
    for round in 0..20 {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let client = client(&emulator);
        finish(batch(&client, home.path(), 3)).await;
        let items = batch(&client, home.path(), 40).concurrency(40);
        let mut results = items.budget(Budget::new(PRICE * 12)).run().await.unwrap();
        let mut begun = Vec::new();
        while let Some((index, result)) = results.next().await {
            begun.extend(result.is_ok().then_some(index));
        }
        begun.sort_unstable();
        assert_eq!(begun, (0..12).collect::<Vec<_>>(), "round {round}");
    }
}

#[tokio::test]
async fn a_budget_of_both_client_and_batch_counts_each_item_once() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let budget = Budget::new(PRICE * 6);
    let client = builder(&emulator).budget(budget.clone()).build().unwrap();
    let summary = finish(batch(&client, home.path(), 4).budget(budget.clone())).await;
    assert_eq!((summary.succeeded, budget.committed()), (4, PRICE * 4));
    let summary = finish(batch(&client, home.path(), 9).budget(budget.clone())).await;
    assert_eq!((summary.succeeded, budget.committed()), (6, PRICE * 6));
}

#[tokio::test]
async fn each_budget_counts_what_it_assumes_itself() {
    let emulator = emulator().await;
    let (large, small) = (Usd::from_micros(900_000), Usd::from_micros(10));
    for (of_client, counted) in [(Some(large), large), (None, small)] {
        let budget = Budget::usd("1.00");
        let budget = of_client.map_or(budget.clone(), |usd| budget.assume(Model::VACE, usd));
        let client = builder(&emulator).budget(budget.clone()).build().unwrap();
        let of_batch = Budget::usd("1.00").assume(Model::VACE, small);
        let mut results = client.batch([Vace::new("waves")]).budget(of_batch.clone()).run().await.unwrap();
        let detach = results.stop_handle();
        let submitted = async {
            while budget.committed() == Usd::ZERO {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            detach.detach();
        };
        tokio::join!(results.next(), submitted);
        assert_eq!((budget.committed(), of_batch.committed()), (counted, small));
    }
}

#[tokio::test]
async fn a_budget_that_serves_two_runs_of_a_journal_counts_them_once() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let (client, budget) = (client(&emulator), Budget::new(PRICE * 8));
    for (items, done) in [(3, 3), (6, 6), (6, 6), (20, 8)] {
        let summary = finish(batch(&client, home.path(), items).budget(budget.clone())).await;
        assert_eq!((summary.succeeded, budget.committed()), (done, PRICE * done as u64), "{summary}");
    }
}

#[tokio::test]
async fn what_was_rejected_does_not_count_in_later_runs_and_what_is_unknown_does() {
    for (status, committed) in [(422, 0), (500, 6)] {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let client = client(&emulator);
        let fault = Fault::Status { status, headers: [].into(), body: None };
        emulator.faults().add(fault.on(Operation::CreatePrediction));
        finish(batch(&client, home.path(), 6)).await;
        let budget = Budget::usd("1.00");
        drop(batch(&client, home.path(), 0).budget(budget.clone()).run().await.unwrap());
        assert_eq!(budget.committed(), PRICE * committed, "{status}");
    }
}

/// A fault of a random kind for some of the submissions.
fn random_fault(random: &mut fastrand::Rng) -> Fault {
    let status = |status| Fault::Status { status, headers: [].into(), body: None };
    match random.u8(..9) {
        0 => status(400),
        1 => status(402),
        2 => status(500),
        3 => status(503),
        4 => Fault::ResetBeforeHead,
        5 => Fault::GarbageBody,
        6 => Fault::RateLimited { retry_after: Some("0.001".into()), reset: None },
        7 => Fault::Fail { error: "out of memory".into() },
        _ => Fault::Refuse,
    }
}

/// Runs a random history: faults of every kind, clones, batches, submissions that are dropped. Returns the budget and what the
/// ledger's file says at the end.
async fn history(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let path = home.path().join("ledger.jsonl");
    let budget = Budget::new(PRICE * random.u64(1..40));
    let first = builder(&emulator).budget(budget.clone()).ledger(Ledger::file(&path).unwrap()).build().unwrap();
    for step in 0..random.usize(2..10) {
        emulator.faults().clear();
        if random.bool() {
            emulator.faults().add(random_fault(&mut random).on(Operation::CreatePrediction).every(random.u64(1..4)));
        }
        let client = first.clone();
        match random.u8(..4) {
            0 => drop(join_all((0..random.usize(1..8)).map(|_| client.generate(lion()))).await),
            1 => drop(join_all((0..random.usize(1..8)).map(|_| client.try_submit(lion()))).await),
            2 => {
                let items = batch(&client, &home.path().join(step.to_string()), random.usize(1..12));
                finish(items.budget(Budget::new(PRICE * random.u64(1..10)))).await;
            }
            _ => {
                let patience = Duration::from_micros(random.u64(..3_000));
                let submissions = join_all((0..random.usize(1..8)).map(|_| client.submit(lion())));
                let _ = tokio::time::timeout(patience, submissions).await;
            }
        }
        let total = first.spent().total();
        assert!(budget.committed() <= budget.limit(), "seed {seed}: overspent");
        assert_eq!(budget.committed(), total.at_most(), "seed {seed}: the ledger and the budget agree");
    }
    // A submission that was dropped may still arrive.
    tokio::time::sleep(Duration::from_millis(2)).await;
    let (total, accepted) = (first.spent().total(), accepted(&emulator));
    assert_eq!(total.reserved, Usd::ZERO, "seed {seed}");
    assert!(total.spent <= accepted && accepted <= total.at_most(), "seed {seed}: {accepted} accepted, {total:?}");
    let noted =
        |state| Ledger::read(&path).unwrap().iter().filter(|e| e.state == state).filter_map(|e| e.usd).sum::<Usd>();
    assert_eq!((noted(LedgerState::Spent), noted(LedgerState::Unknown)), (total.spent, total.unknown), "seed {seed}");
    assert_eq!(noted(LedgerState::Reserved), Usd::ZERO, "seed {seed}");
}

#[tokio::test]
async fn no_history_spends_more_than_the_budget_or_loses_what_was_spent() {
    let seed =
        std::env::var("PRUNA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..1 << 32));
    let histories = std::env::var("PRUNA_HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(20);
    for seed in seed..seed + histories {
        history(seed).await;
    }
}
