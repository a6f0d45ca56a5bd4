//! A batch takes hardly longer than the service's limit makes it, however the service counts.

use std::time::Duration;

use pruna::{Client, Model, Request, poll::FixedInterval};
use serde_json::json;
use tokio::time::Instant;

use crate::simulated::{Counting, Service};

/// Runs a batch of jobs that take some seconds and returns the time from start to end in seconds, and the share of submissions that were rejected.
async fn run(service: &Service, model: &Model, count: usize, seconds: f64) -> (f64, f64) {
    // Polls do not count here: each comes when its job ends.
    let poll = FixedInterval::new(Duration::from_secs_f64(seconds));
    let client = service.client_with(Client::builder().poll_policy(poll));
    let requests = (0..count).map(|n| Request::new(model, json!({"prompt": format!("lion {n}")})).try_sync(false));
    let requests: Vec<Request> = requests.collect();
    let started = Instant::now();
    let mut results = client.batch(requests).concurrency(1000).run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        result.unwrap_or_else(|error| panic!("{index}: {error}"));
    }
    (started.elapsed().as_secs_f64(), service.rejections() as f64 / count as f64)
}

/// Returns when the last of `count` requests can be accepted, in seconds.
fn bound(counting: Counting, limit: usize, count: usize, phase: Duration) -> f64 {
    let further_windows = (count.div_ceil(limit) - 1) as f64;
    match counting {
        Counting::Sliding => 60.0 * further_windows,
        Counting::Fixed if count <= limit => 0.0,
        Counting::Fixed => 60.0 * further_windows - phase.as_secs_f64(),
        Counting::Bucket => 60.0 * count.saturating_sub((limit / 10).max(1)) as f64 / limit as f64,
    }
}

const PICTURES: [usize; 8] = [1, 10, 30, 100, 500, 600, 1000, 5000];
const VIDEOS: [usize; 6] = [1, 5, 10, 30, 40, 100];

/// Runs all sizes of batches of pictures and videos, and checks their time against a multiple of the bound.
async fn check(counting: Counting, has_headers: bool, phase: u64, factor: f64, max_rejected: impl Fn(usize) -> f64) {
    let phase = Duration::from_secs(phase);
    for (model, limit, counts, seconds) in
        [(Model::P_IMAGE, 500, &PICTURES[..], 0.3), (Model::WAN_T2V, 30, &VIDEOS[..], 5.0)]
    {
        for count in counts {
            let speed = seconds / model.info().typical_seconds;
            let service = Service::new().with_speed(speed).counting(counting, has_headers, phase);
            let (took, rejected) = run(&service, &model, *count, seconds).await;
            let bound = bound(counting, limit, *count, phase) + seconds;
            let what = format!("{count} of {model}, {counting:?}, headers {has_headers}, phase {phase:?}");
            // The opening takes 40 ms at most.
            assert!(took <= bound * factor + 0.06, "{what}: {took:.2} s, bound {bound:.2} s");
            assert!(rejected <= max_rejected(*count), "{what}: {:.1} % rejected", rejected * 100.0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fixed_windows_are_used_whole_and_at_once() {
    for phase in [0, 15, 45] {
        check(Counting::Fixed, true, phase, 1.05, |_| 0.01).await;
    }
    check(Counting::Fixed, false, 0, 1.05, |_| 0.01).await;
}

#[tokio::test(start_paused = true)]
async fn sliding_windows_are_used_whole_and_at_once() {
    check(Counting::Sliding, true, 0, 1.05, |_| 0.01).await;
    check(Counting::Sliding, false, 0, 1.05, |_| 0.01).await;
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_followed_at_its_pace() {
    check(Counting::Bucket, true, 0, 1.25, |count| 0.01_f64.max(2.0 / count as f64)).await;
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_reports_nothing_is_learned_from_its_rejections() {
    // At most the requests that were on their way when the first was rejected.
    check(Counting::Bucket, false, 0, 2.0, |count| 64.0 / count as f64).await;
}
