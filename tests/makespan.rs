//! A batch takes hardly longer than the service's limit makes it, however the service counts.

use std::time::Duration;

use pruna::{Model, limits::Limits};

use crate::{
    simulated::{Counting, Service},
    workloads::{PICTURES, VIDEOS, bound, run},
};

/// Runs all sizes of batches of pictures and videos, and checks their time against a multiple of the bound.
async fn check(counting: Counting, has_headers: bool, phase: u64, factor: f64, max_rejected: impl Fn(usize) -> f64) {
    let phase = Duration::from_secs(phase);
    for (model, limit, counts, seconds) in
        [(Model::P_IMAGE, 500, &PICTURES[..], 0.3), (Model::WAN_T2V, 30, &VIDEOS[..], 5.0)]
    {
        for count in counts {
            let speed = seconds / model.info().typical_seconds;
            let service = Service::new().with_speed(speed).counting(counting, has_headers, phase);
            let (took, rejected) = run(&service, Limits::documented(), &model, *count, seconds).await;
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
