//! The client keeps the service's limits, learns them, and shares them out.

use std::time::Duration;

use pruna::{
    Model, Request,
    inputs::{PImage, WanT2v},
    limits::Limits,
};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{builder, emulator, sends};

/// How many requests of an operation were refused for their number.
fn refusals(emulator: &Emulator) -> usize {
    emulator.requests().iter().filter(|request| request.status == Some(429)).count()
}

/// Submits a number of pictures at once, and tells how long that took by tokio's clock.
async fn submit(client: &pruna::Client, count: usize) -> Duration {
    let started = Instant::now();
    let requests = (0..count).map(|n| pruna::Request::from(PImage::new(format!("lion {n}"))).try_sync(false));
    let mut results = client.batch(requests).concurrency(count).run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        result.unwrap_or_else(|error| panic!("{index}: {error}"));
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn documented_limits_are_kept_in_every_minute() {
    let emulator = Emulator::builder().limits(true).start().await.unwrap();
    let client = builder(&emulator).build().unwrap();
    let took = submit(&client, 1500).await;
    assert_eq!(refusals(&emulator), 0);
    // 500 a minute: three minutes less what may be sent at once, and at most a tenth more.
    assert!((170..198).contains(&took.as_secs()), "{took:?}");
    let times: Vec<Duration> = emulator.requests().iter().filter(|r| r.model.is_some()).map(|r| r.time).collect();
    for (index, start) in times.iter().enumerate() {
        let within = times[index..].iter().take_while(|time| **time < *start + Duration::from_secs(60)).count();
        assert!(within <= 500, "{within} in the minute from {start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_few_requests_need_not_wait() {
    let emulator = Emulator::builder().limits(true).start().await.unwrap();
    let took = submit(&builder(&emulator).build().unwrap(), 20).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_says_of_its_limit_corrects_ours() {
    let emulator = Emulator::builder().limits(true).start().await.unwrap();
    // The document says 500. Told 5,000, a client runs into a refusal or is warned by what is left, and learns.
    let limits = Limits::documented().submissions(Model::P_IMAGE, 5000);
    let client = builder(&emulator).limits(limits).build().unwrap();
    let took = submit(&client, 1500).await;
    assert!(refusals(&emulator) <= 64, "{} refusals", refusals(&emulator));
    assert!((120..240).contains(&took.as_secs()), "{took:?}");
    // A clone knows it as well.
    emulator.clear_requests();
    submit(&client.clone(), 500).await;
    assert_eq!(refusals(&emulator), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_holds_up_all_clones() {
    let emulator = emulator().await;
    emulator.faults().add(
        Fault::RateLimited { retry_after: Some("30".into()), reset: None }.on(Operation::CreatePrediction).first(1),
    );
    let client = builder(&emulator).build().unwrap();
    let first = client.generate(PImage::new("a lion"));
    let (other, started) = (client.clone(), Instant::now());
    let second = async {
        while sends(&emulator, "createPrediction") == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.generate(PImage::new("a tiger")).await
    };
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    second.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(30));
    assert_eq!(sends(&emulator, "createPrediction"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_leaves_no_room_before_the_deadline_is_an_error_and_nothing_is_sent() {
    let emulator = emulator().await;
    let limits = Limits::documented().submissions(Model::P_IMAGE, 1);
    let client = builder(&emulator).limits(limits).deadline(Duration::from_secs(5)).build().unwrap();
    client.generate(PImage::new("the first")).await.unwrap();
    let error = client.generate(PImage::new("the second")).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert!(error.retry_after() > Some(Duration::from_secs(5)), "{error}");
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test(start_paused = true)]
async fn jobs_share_the_status_budget() {
    let emulator = Emulator::builder().speed(1.0).start().await.unwrap();
    let limits = Limits::none().status(600);
    let client = builder(&emulator).limits(limits).poll_policy(pruna::poll::Proportional).build().unwrap();
    let videos = (0..400).map(|n| WanT2v::new(format!("waves {n}")));
    let mut results = client.batch(videos).concurrency(400).run().await.unwrap();
    while let Some((_, result)) = results.next().await {
        result.unwrap();
    }
    let times: Vec<Duration> = emulator
        .requests()
        .iter()
        .filter(|request| request.operation.as_deref() == Some("getPredictionStatus"))
        .map(|request| request.time)
        .collect();
    for (index, start) in times.iter().enumerate() {
        let within = times[index..].iter().take_while(|time| **time < *start + Duration::from_secs(60)).count();
        assert!(within <= 600, "{within} in the minute from {start:?}");
    }
    // Each is asked once at least, and none starves: the budget allows the last answer after 40 s of calls.
    assert!(results.summary().elapsed < Duration::from_secs(140), "{:?}", results.summary());
}

#[tokio::test(start_paused = true)]
async fn where_status_calls_are_scarce_a_short_job_goes_before_long_ones() {
    let emulator = Emulator::builder().speed(10.0).start().await.unwrap();
    // Six jobs that would be asked for every ten seconds; there is a call every five and a half.
    let client = builder(&emulator).limits(Limits::none().status(12)).poll_policy(pruna::poll::Proportional);
    let client = client.deadline(Duration::from_secs(24 * 3600)).build().unwrap();
    let long = (0..6).map(|n| Request::new("vace", json!({"prompt": format!("waves {n}")})));
    let mut long = client.batch(long).run().await.unwrap();
    let short = async {
        for n in 0..5 {
            // By then all long ones wait for their turn at any time.
            tokio::time::sleep(Duration::from_secs(700)).await;
            let request = Request::new("qwen-image", json!({"prompt": format!("lion {n}")})).try_sync(false);
            let started = Instant::now();
            client.generate(request).await.unwrap();
            let late = started.elapsed().as_secs_f64() - 40.0;
            // In the order of arrival it would be up to 35 seconds.
            assert!(late < 12.0, "picture {n} was noticed {late:.1} s late");
        }
    };
    let first_long = async { long.next().await.unwrap().1.map(drop) };
    tokio::select! {
        () = short => {}
        ended = first_long => panic!("a long job ended before the short ones: {ended:?}"),
    }
    // The long ones were asked for meanwhile.
    let mut asked = std::collections::HashMap::new();
    for request in emulator.requests().iter().filter(|r| r.operation.as_deref() == Some("getPredictionStatus")) {
        *asked.entry(request.path.clone()).or_insert(0) += 1;
    }
    let often = asked.values().filter(|count| **count >= 2).count();
    assert!(often >= 11, "{asked:?}");
}
