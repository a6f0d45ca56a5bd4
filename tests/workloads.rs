//! What programs do with the simulated service: batches as fast as it allows, and a web service. Shared with
//! `benches/makespan.rs`.

use std::time::Duration;

use pruna::{Client, Model, Request, inputs::PImage, limits::Limits, poll::FixedInterval};
use serde_json::json;
use tokio::time::Instant;

use crate::simulated::{Counting, Service};

/// Runs a batch of jobs that take some seconds. Returns the time from start to end in seconds, and the share of submissions that
/// were rejected.
pub(crate) async fn run(service: &Service, limits: Limits, model: &Model, count: usize, seconds: f64) -> (f64, f64) {
    // Polls do not count here: each comes when its job ends.
    let poll = FixedInterval::new(Duration::from_secs_f64(seconds));
    let client = service.client_with(Client::builder().limits(limits).poll_policy(poll));
    let requests = (0..count).map(|n| Request::new(model, json!({"prompt": format!("lion {n}")})).try_sync(false));
    let requests: Vec<Request> = requests.collect();
    let started = Instant::now();
    let mut results = client.batch(requests).concurrency(1000).run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        result.unwrap_or_else(|error| panic!("{index}: {error}"));
    }
    (started.elapsed().as_secs_f64(), service.rejections() as f64 / count as f64)
}

/// Returns when the last of `count` requests can be accepted, in seconds. `phase` is the time of the service's minute at the start.
pub(crate) fn bound(counting: Counting, limit: usize, count: usize, phase: Duration) -> f64 {
    let further_windows = (count.div_ceil(limit) - 1) as f64;
    match counting {
        Counting::Sliding => 60.0 * further_windows,
        Counting::Fixed if count <= limit => 0.0,
        Counting::Fixed => 60.0 * further_windows - phase.as_secs_f64(),
        Counting::Bucket => 60.0 * count.saturating_sub((limit / 10).max(1)) as f64 / limit as f64,
    }
}

/// Numbers of items in a batch.
pub(crate) const PICTURES: [usize; 8] = [1, 10, 30, 100, 500, 600, 1000, 5000];
pub(crate) const VIDEOS: [usize; 6] = [1, 5, 10, 30, 40, 100];

/// Sends a request every five milliseconds, as a web service does, and returns how long each waited for the client, or the wait that
/// an error named, if any.
pub(crate) async fn web_service(client: &Client, count: usize) -> Vec<Result<Duration, Option<Duration>>> {
    let mut requests = Vec::new();
    for n in 0..count {
        let client = client.clone();
        requests.push(tokio::spawn(async move {
            let started = Instant::now();
            let request = Request::from(PImage::new(format!("lion {n}"))).try_sync(false);
            let submitted = client.submit(request.deadline(Duration::from_secs(5))).await;
            submitted.map(|_| started.elapsed()).map_err(|error| error.retry_after())
        }));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut waits = Vec::new();
    for request in requests {
        waits.push(request.await.unwrap());
    }
    waits
}
