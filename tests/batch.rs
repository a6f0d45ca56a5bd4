//! Batches: results, files, order, stop and detach.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{FutureExt as _, StreamExt as _};
use pruna::{
    Client, Request,
    batch::Results,
    inputs::{PImage, WanT2v},
};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};

use crate::support::{builder, client, emulator, sends};

fn pictures(count: usize) -> impl Iterator<Item = Request> + Send + 'static {
    (0..count).map(|n| PImage::new(format!("lion number {n}")).into())
}

/// Reads everything; the index and whether it succeeded.
async fn outcomes(results: &mut Results) -> Vec<(usize, bool)> {
    results.map(|(index, result)| (index, result.is_ok())).collect().await
}

#[tokio::test]
async fn every_request_has_its_result_and_its_file() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/for/it");
    let mut results = client(&emulator).batch(pictures(40)).concurrency(8).save_to(&path).run().await.unwrap();
    let mut indices = Vec::new();
    while let Some((index, result)) = results.next().await {
        let output = result.unwrap();
        assert_eq!(output.files[0].bytes, std::fs::metadata(&output.files[0].path).unwrap().len());
        assert!(output.files[0].path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{index:06}-")));
        indices.push(index);
    }
    let summary = results.summary();
    drop(results);
    indices.sort_unstable();
    assert_eq!(indices, (0..40).collect::<Vec<_>>());
    assert_eq!((summary.items(), summary.succeeded, summary.files), (40, 40, 40));
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 40, "nothing unfinished is left");
    assert_eq!(sends(&emulator, "createPrediction"), 40);
}

#[tokio::test]
async fn ordered_results_come_in_the_order_of_the_requests() {
    let emulator = emulator().await;
    let mut results = client(&emulator).batch(pictures(60)).concurrency(16).ordered(true).run().await.unwrap();
    let indices: Vec<usize> = outcomes(&mut results).await.into_iter().map(|(index, _)| index).collect();
    assert_eq!(indices, (0..60).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_item_has_its_own_error() {
    let emulator = emulator().await;
    emulator.faults().add(Fault::status(503).on(Operation::CreatePrediction).first(1));
    let requests = (0..9).map(|n| match n % 3 {
        0 => Request::new("p-image", serde_json::json!({"prompt": "fine"})),
        1 => Request::new("p-image", serde_json::json!({"size": "no such parameter"})),
        _ => Request::new("p-image", "no object"),
    });
    let mut results = client(&emulator).batch(requests).concurrency(1).run().await.unwrap();
    let succeeded: Vec<bool> = outcomes(&mut results).await.into_iter().map(|(_, ok)| ok).collect();
    assert_eq!(succeeded, [false, false, false, true, false, false, true, false, false]);
    let summary = results.summary();
    assert_eq!((summary.succeeded, summary.failed, summary.unknown), (2, 6, 1));
    assert_eq!(summary.to_string().split(';').next(), Some("2 of 9 succeeded, 6 failed, 1 unknown"));
    assert_eq!(sends(&emulator, "createPrediction"), 6, "what is unknown is not sent again");
}

#[tokio::test]
async fn requests_are_taken_only_as_results_are_read() {
    let emulator = emulator().await;
    for ordered in [false, true] {
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let million = pictures(1_000_000).inspect(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
        let batch = client(&emulator).batch(million).concurrency(5).ordered(ordered);
        let mut results = batch.run().await.unwrap();
        assert_eq!(taken.load(Ordering::Relaxed), 0);
        for read in 1..=20 {
            results.next().await.unwrap().1.unwrap();
            assert!(taken.load(Ordering::Relaxed) <= read + 5, "{taken:?} after {read}");
        }
    }
}

#[tokio::test]
async fn requests_may_arrive_over_time() {
    let emulator = emulator().await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Request>(1);
    let stream =
        futures_util::stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
    let mut results = client(&emulator).batch_stream(stream).run().await.unwrap();
    for (turn, request) in pictures(3).enumerate() {
        sender.send(request).await.unwrap();
        assert_eq!(results.next().await.unwrap().0, turn);
    }
    drop(sender);
    assert!(results.next().await.is_none());
}

/// A batch of videos of which some are submitted and none is finished.
async fn running_videos() -> (Emulator, Client, Results) {
    let emulator = Emulator::builder().speed(1.0).start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    let videos = (0..100).map(|n| WanT2v::new(format!("waves {n}")));
    let mut results = client.batch(videos).concurrency(4).run().await.unwrap();
    while emulator.predictions().len() < 4 {
        assert!(results.next().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    (emulator, client, results)
}

#[tokio::test]
async fn a_stopped_batch_finishes_the_items_in_progress() {
    let (emulator, _, mut results) = running_videos().await;
    results.stop_handle().stop();
    emulator.advance(std::time::Duration::from_secs(60));
    assert_eq!(outcomes(&mut results).await.len(), 4);
    assert_eq!(results.summary().succeeded, 4);
    assert_eq!(sends(&emulator, "createPrediction"), 4);
}

#[tokio::test]
async fn a_detached_batch_returns_the_running_jobs() {
    let (emulator, client, mut results) = running_videos().await;
    results.detach();
    let mut jobs = Vec::new();
    while let Some((_, result)) = results.next().await {
        let error = result.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        jobs.push(error.job().unwrap().clone());
    }
    assert_eq!((jobs.len(), results.summary().unfinished), (4, 4));
    emulator.advance(std::time::Duration::from_secs(60));
    for job in jobs {
        client.attach(job).wait().await.unwrap();
    }
}

#[tokio::test]
async fn a_stop_ends_a_batch_that_waits_for_requests() {
    let emulator = emulator().await;
    let stream = futures_util::stream::pending::<Request>();
    let mut results = client(&emulator).batch_stream(stream).run().await.unwrap();
    let stop_handle = results.stop_handle();
    let (next, ()) = tokio::join!(results.next(), async { stop_handle.stop() });
    assert!(next.is_none());
}

#[tokio::test]
async fn files_are_named_after_their_request() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let names = ["at dusk", "../../etc/pass\0wd", "...", "Löwe_2.b-c"];
    let requests = names.map(|name| Request::from(PImage::new("a lion")).name(name));
    let mut results = client(&emulator).batch(requests).ordered(true).save_to(folder.path()).run().await.unwrap();
    let mut saved = Vec::new();
    while let Some((_, result)) = results.next().await {
        let output = result.unwrap();
        assert!(output.elapsed.is_some());
        assert_eq!(output.files[0].path.parent(), Some(folder.path()));
        saved.push(output.files[0].path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    assert_eq!((saved[0].as_str(), saved[1].as_str()), ("at dusk.jpg", "etcpasswd.jpg"));
    assert!(saved[2].starts_with("000002-"), "a name of which nothing is left: {}", saved[2]);
    assert_eq!(saved[3], "Löwe_2.b-c.jpg");
}
