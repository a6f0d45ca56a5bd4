//! A batch with a journal continues where an earlier run ended.

use std::{path::Path, time::Duration};

use futures_util::StreamExt as _;
use pruna::{
    Error,
    batch::{Batch, Output, Summary},
    inputs::{PImage, WanT2v},
};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};

use crate::support::{builder, client, emulator, sends};

/// Prepares a batch of a number of images, with a journal and a folder of results in `home`.
fn batch(emulator: &Emulator, home: &Path, count: usize) -> Batch {
    let requests = (0..count).map(|n| PImage::new(format!("lion {n}")));
    client(emulator).batch(requests).journal(home.join("lions.journal")).save_to(home.join("lions"))
}

async fn finish(batch: Batch) -> (Vec<(usize, Result<Output, Error>)>, Summary) {
    let mut results = batch.ordered(true).run().await.unwrap();
    let all = results.by_ref().collect().await;
    (all, results.summary())
}

fn files(home: &Path) -> usize {
    std::fs::read_dir(home.join("lions")).unwrap().count()
}

#[tokio::test]
async fn finished_items_are_not_repeated() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let (_, summary) = finish(batch(&emulator, home.path(), 4)).await;
    assert_eq!((summary.succeeded, summary.resumed), (4, 0));
    // Six requests, of which four are known.
    let (results, summary) = finish(batch(&emulator, home.path(), 6)).await;
    assert_eq!((summary.succeeded, summary.resumed, summary.files), (6, 4, 6));
    let resumed: Vec<bool> = results.iter().map(|(_, result)| result.as_ref().unwrap().resumed).collect();
    assert_eq!(resumed, [true, true, true, true, false, false]);
    assert_eq!((sends(&emulator, "createPrediction"), files(home.path())), (6, 6));
    assert_eq!(
        emulator.requests()[0].header("try-sync"),
        None,
        "an asynchronous job has an id by which it can be found"
    );
}

#[tokio::test]
async fn a_missing_file_is_downloaded_again() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let (results, _) = finish(batch(&emulator, home.path(), 3)).await;
    std::fs::remove_file(&results[1].1.as_ref().unwrap().files[0].path).unwrap();
    let (_, summary) = finish(batch(&emulator, home.path(), 3)).await;
    assert_eq!((summary.succeeded, summary.resumed), (3, 2));
    assert_eq!(
        (sends(&emulator, "createPrediction"), sends(&emulator, "downloadContent"), files(home.path())),
        (3, 4, 3)
    );
}

#[tokio::test]
async fn running_jobs_are_attached() {
    let (emulator, home) = (Emulator::builder().speed(1.0).start().await.unwrap(), tempfile::tempdir().unwrap());
    let videos = || {
        let requests = (0..5).map(|n| WanT2v::new(format!("waves {n}")));
        client(&emulator).batch(requests).journal(home.path().join("waves.journal"))
    };
    let mut results = videos().run().await.unwrap();
    let stop_handle = results.stop_handle();
    let detach = async {
        // Nothing is submitted after the batch is detached.
        while sends(&emulator, "createPrediction") < 5 || sends(&emulator, "getPredictionStatus") < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop_handle.detach();
    };
    let (detached, ()) = tokio::join!(results.by_ref().collect::<Vec<_>>(), detach);
    assert!(detached.iter().all(|(_, result)| result.as_ref().unwrap_err().job().is_some()));
    drop(results);
    emulator.advance(Duration::from_secs(60));
    let (_, summary) = finish(videos()).await;
    assert_eq!((summary.succeeded, summary.resumed), (5, 0));
    assert_eq!(sends(&emulator, "createPrediction"), 5);
}

#[tokio::test]
async fn an_unknown_submission_is_repeated_only_if_the_caller_asks_for_it() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    emulator.faults().add(Fault::ResetBeforeHead.on(Operation::CreatePrediction).nth(2));
    for run in 1..=2 {
        let (results, summary) = finish(batch(&emulator, home.path(), 3).concurrency(1)).await;
        assert_eq!((summary.succeeded, summary.unknown), (2, 1), "run {run}");
        assert!(results[1].1.as_ref().unwrap_err().is_submission_unknown());
        assert_eq!(sends(&emulator, "createPrediction"), 3);
    }
    let (_, summary) = finish(batch(&emulator, home.path(), 3).resubmit_unknown(true)).await;
    assert_eq!((summary.succeeded, summary.resumed), (3, 2));
    assert_eq!(sends(&emulator, "createPrediction"), 4);
    let (_, summary) = finish(batch(&emulator, home.path(), 3).resubmit_unknown(true)).await;
    assert_eq!((summary.resumed, sends(&emulator, "createPrediction")), (3, 4));
}

#[tokio::test]
async fn an_unknown_submission_stays_unknown_when_its_repetition_is_rejected() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    emulator.faults().add(Fault::ResetBeforeHead.on(Operation::CreatePrediction).first(1));
    let (_, summary) = finish(batch(&emulator, home.path(), 1)).await;
    assert_eq!(summary.unknown, 1);
    emulator.faults().clear();
    emulator.faults().add(Fault::status(403).on(Operation::CreatePrediction).first(1));
    let (_, summary) = finish(batch(&emulator, home.path(), 1).resubmit_unknown(true)).await;
    assert_eq!((summary.failed, sends(&emulator, "createPrediction")), (1, 2));
    let (results, summary) = finish(batch(&emulator, home.path(), 1)).await;
    assert_eq!((summary.unknown, sends(&emulator, "createPrediction")), (1, 2), "{:?}", results[0].1);
    let (_, summary) = finish(batch(&emulator, home.path(), 1).resubmit_unknown(true)).await;
    assert_eq!((summary.succeeded, sends(&emulator, "createPrediction")), (1, 3));
}

#[tokio::test]
async fn a_rejected_submission_is_sent_again() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    emulator.faults().add(Fault::status(403).on(Operation::CreatePrediction).first(2));
    let (_, summary) = finish(batch(&emulator, home.path(), 2).concurrency(1)).await;
    assert_eq!(summary.failed, 2);
    let (_, summary) = finish(batch(&emulator, home.path(), 2)).await;
    assert_eq!((summary.succeeded, summary.resumed), (2, 0));
}

#[tokio::test]
async fn a_failed_job_is_not_submitted_again() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    emulator.faults().add(Fault::Fail { error: "out of memory".into() }.on(Operation::CreatePrediction).first(1));
    for _ in 0..2 {
        let (results, summary) = finish(batch(&emulator, home.path(), 2).concurrency(1)).await;
        assert_eq!((summary.succeeded, summary.failed), (1, 1));
        let error = results[0].1.as_ref().unwrap_err();
        assert!(error.is_prediction_failed() && error.message().contains("out of memory"), "{error}");
        assert!(error.job().is_some());
    }
    assert_eq!(sends(&emulator, "createPrediction"), 2);
}

#[tokio::test]
async fn a_journal_belongs_to_one_batch_at_a_time() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let first = batch(&emulator, home.path(), 1).run().await.unwrap();
    let error = batch(&emulator, home.path(), 1).run().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("in use"), "{error}");
    drop(first);
    finish(batch(&emulator, home.path(), 1)).await;
}

#[tokio::test]
async fn a_file_that_is_not_a_journal_is_not_changed() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let path = home.path().join("lions.journal");
    std::fs::write(&path, "a poem about lions, long enough to be read as a header of something else").unwrap();
    let error = batch(&emulator, home.path(), 1).run().await.unwrap_err();
    assert!(error.is_io() && error.message().contains("move it away"), "{error}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"a poem"));
    let client = builder(&emulator).build().unwrap();
    let nowhere = client.batch([PImage::new("x")]).journal(path.join("below/a/file"));
    assert!(nowhere.run().await.unwrap_err().is_io());
}
