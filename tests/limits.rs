//! The client keeps the service's rate limits, learns them, and shares them among clones and jobs. On a paused clock,
//! against a service without sockets.

use std::time::Duration;

use pruna::{Client, Model, Request, inputs::PImage, limits::Limits, poll::FixedInterval};
use tokio::time::Instant;

use crate::{
    simulated::{Received, Service},
    workloads::web_service,
};

/// The period of the limits.
const MINUTE: Duration = Duration::from_secs(60);

/// A configuration with limits and a fast poll policy.
fn builder(limits: Limits) -> pruna::ClientBuilder {
    Client::builder().limits(limits).poll_policy(FixedInterval::new(Duration::from_millis(2)))
}

/// Submits a number of images at once, and returns how long that took.
async fn submit(client: &Client, count: usize) -> Duration {
    let started = Instant::now();
    let requests = (0..count).map(|n| Request::from(PImage::new(format!("lion {n}"))).try_sync(false));
    let mut results = client.batch(requests).concurrency(count).run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        result.unwrap_or_else(|error| panic!("{index}: {error}"));
    }
    started.elapsed()
}

/// Asserts that no period of a minute has more requests than the limit.
pub(crate) fn assert_within_limit(requests: &[Received], limit: usize) {
    for (index, Received { time: start, .. }) in requests.iter().enumerate() {
        let within = requests[index..].iter().take_while(|request| request.time < *start + MINUTE).count();
        assert!(within <= limit, "{within} in the minute from {start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn documented_limits_are_kept_in_every_minute() {
    let service = Service::new().with_limits();
    let took = submit(&service.client(), 1500).await;
    assert_eq!(service.rejections(), 0);
    // 500 a minute, each of them at once.
    assert!((119..122).contains(&took.as_secs()), "{took:?}");
    assert_within_limit(&service.received("createPrediction"), 500);
}

#[tokio::test(start_paused = true)]
async fn a_few_requests_do_not_wait() {
    let service = Service::new().with_limits();
    let took = submit(&service.client(), 20).await;
    assert!(took < Duration::from_millis(100), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reported_limit_corrects_the_configured_one() {
    let service = Service::new().with_limits();
    // The service allows 500. A client that was configured for 5,000 learns that from headers and rejections.
    let limits = Limits::documented().submissions(Model::P_IMAGE, 5000);
    let client = service.client_with(builder(limits));
    let took = submit(&client, 1500).await;
    let rejections = service.rejections();
    assert!(rejections <= 128, "{rejections} rejections");
    assert!((120..240).contains(&took.as_secs()), "{took:?}");
    // A clone knows it as well.
    submit(&client.clone(), 500).await;
    assert_eq!(service.rejections(), rejections);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_delays_all_clones() {
    let service = Service::new().rejecting_first(Duration::from_secs(30));
    let client = service.client();
    let (other, started) = (client.clone(), Instant::now());
    let second = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.generate(PImage::new("a tiger")).await
    };
    let (first, second) = tokio::join!(client.generate(PImage::new("a lion")), second);
    first.unwrap();
    second.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(30));
    let times: Vec<u64> = service.received("createPrediction").iter().map(|request| request.time.as_secs()).collect();
    assert_eq!(times, [0, 30, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_allows_nothing_before_the_deadline_is_an_error_and_nothing_is_sent() {
    let service = Service::new();
    let limits = Limits::documented().submissions(Model::P_IMAGE, 1);
    let client = service.client_with(builder(limits).deadline(Duration::from_secs(5)));
    client.generate(PImage::new("the first")).await.unwrap();
    let error = client.generate(PImage::new("the second")).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert!(error.retry_after() > Some(Duration::from_secs(5)), "{error}");
    assert_eq!(service.received("createPrediction").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_expected_wait_is_the_wait_that_follows() {
    for (limits, submitted) in [
        (Limits::none(), 50),
        (Limits::documented(), 0),
        (Limits::documented(), 24),
        (Limits::documented(), 60),
        (Limits::none().submissions(Model::P_IMAGE, 7), 1),
        (Limits::none().submissions(Model::P_IMAGE, 7), 4),
        (Limits::none().submissions(Model::P_IMAGE, 60), 5),
    ] {
        let service = Service::new();
        let client = service.client_with(builder(limits.clone()));
        for n in 0..submitted {
            client.submit(PImage::new(format!("lion {n}"))).await.unwrap();
        }
        for n in 0..3 {
            let (expected, started) = (client.expected_wait(&Model::P_IMAGE), Instant::now());
            client.submit(PImage::new(format!("tiger {n}"))).await.unwrap();
            let error = started.elapsed().as_secs_f64() - expected.as_secs_f64();
            // Timers have a resolution of a millisecond.
            assert!(error.abs() < 0.005, "{limits:?} after {submitted}: {expected:?} differs by {error}");
        }
        assert_eq!(client.expected_wait(&Model::VACE), Duration::ZERO, "another model has a limit of its own");
    }
}

#[tokio::test(start_paused = true)]
async fn the_expected_wait_counts_the_requests_that_wait_already() {
    let service = Service::new();
    let client = service.client_with(builder(Limits::none().submissions(Model::P_IMAGE, 60).even()));
    let submissions = (0..12).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { client.submit(PImage::new(format!("lion {n}"))).await })
    });
    let submissions: Vec<_> = submissions.collect();
    // All but the burst wait by now.
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (expected, started) = (client.expected_wait(&Model::P_IMAGE), Instant::now());
    client.submit(PImage::new("the last")).await.unwrap();
    let waited = started.elapsed();
    assert!(waited > Duration::from_secs(5), "{waited:?}");
    assert!(waited.abs_diff(expected) < Duration::from_millis(50), "expected {expected:?}, waited {waited:?}");
    for submission in submissions {
        submission.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_web_service_uses_the_whole_limit_at_once_and_then_says_how_long_to_wait() {
    let service = Service::new().with_limits();
    let waits = web_service(&service.client(), 600).await;
    let (mut served, refused): (Vec<_>, Vec<_>) = waits.into_iter().partition(Result::is_ok);
    served.sort_unstable();
    let late = served[served.len() * 99 / 100].unwrap();
    assert_eq!((served.len(), service.rejections()), (500, 0));
    assert!(late < Duration::from_millis(50), "{late:?}");
    for wait in refused {
        let wait = wait.unwrap_err().unwrap();
        assert!((56..=60).contains(&wait.as_secs()), "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_thousands_does_not_starve_a_web_service() {
    let service = Service::new().with_limits();
    let client = service.client();
    let lions = (0..5000).map(|n| Request::from(PImage::new(format!("lion {n}"))).try_sync(false));
    let mut results = client.batch(lions).run().await.unwrap();
    let (first, started) = (client.clone(), Instant::now());
    let visitor = async {
        // The first one comes when the batch has used up the minute. From then on, something is left for the others.
        tokio::time::sleep(Duration::from_secs(20)).await;
        first.submit(Request::from(PImage::new("a visitor")).try_sync(false)).await.unwrap();
        let mut waits = Vec::new();
        for n in 0..60 {
            tokio::time::sleep(Duration::from_secs(4)).await;
            let begun = Instant::now();
            first.submit(Request::from(PImage::new(format!("visitor {n}"))).try_sync(false)).await.unwrap();
            waits.push(begun.elapsed());
        }
        waits
    };
    let batch = async { while results.next().await.is_some() {} };
    let (mut waits, ()) = tokio::join!(visitor, batch);
    waits.sort_unstable();
    assert!(waits[57] < Duration::from_millis(50), "{waits:?}");
    // The batch takes hardly longer than without visitors.
    assert!(started.elapsed() < Duration::from_secs(620), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_waits_for_the_limit() {
    let service = Service::new();
    let client = service.client_with(builder(Limits::none().submissions(Model::P_IMAGE, 60).even()));
    let lions = (0..100).map(|n| Request::from(PImage::new(format!("lion {n}"))).try_sync(false));
    let mut results = client.batch(lions).run().await.unwrap();
    results.next().await.unwrap().1.unwrap();
    let (stopped, sent) = (Instant::now(), service.received("createPrediction").len());
    results.stop();
    while results.next().await.is_some() {}
    assert!(stopped.elapsed() < Duration::from_millis(100), "{:?}", stopped.elapsed());
    assert_eq!(service.received("createPrediction").len(), sent, "nothing is sent after the stop");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_not_held_up_by_what_a_batch_waits_for() {
    let service = Service::new();
    let client = service.client_with(builder(Limits::documented()));
    client.submit(Request::from(PImage::new("a visitor")).try_sync(false)).await.unwrap();
    let lions = (0..600).map(|n| Request::from(PImage::new(format!("lion {n}"))).try_sync(false));
    let mut results = client.batch(lions).concurrency(600).run().await.unwrap();
    let visitor = async {
        // By now the batch waits for the next minute, and something is left for others.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let begun = Instant::now();
        client.submit(Request::from(PImage::new("another visitor")).try_sync(false)).await.unwrap();
        begun.elapsed()
    };
    let batch = async { while results.next().await.is_some() {} };
    let (waited, ()) = tokio::join!(visitor, batch);
    assert!(waited < Duration::from_millis(50), "{waited:?}");
}
