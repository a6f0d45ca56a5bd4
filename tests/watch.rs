//! Waiting for a job: events from the first moment, and deadlines. On a paused clock, without sockets.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, SystemTime},
};

use pruna::{
    Client, Event, Generation, JobRef, Model, Prediction, Result,
    inputs::WanT2v,
    poll::Budgeted,
    test_util::{QueuedResponses, client},
};
use serde_json::json;
use tokio::time::Instant;

use crate::simulated::Service;

/// A service whose jobs take their typical time, and a submitted video.
async fn running_video() -> (Service, Client, Prediction) {
    let service = Service::new().with_speed(1.0);
    let client = service.client_with(Client::builder().poll_policy(Budgeted));
    let job = client.submit(WanT2v::new("waves")).await.unwrap();
    (service, client, job)
}

fn polls(service: &Service) -> usize {
    service.received("getPredictionStatus").len()
}

#[tokio::test(start_paused = true)]
async fn the_first_event_comes_before_any_request() {
    let (service, _, job) = running_video().await;
    tokio::time::advance(Duration::from_secs(3)).await;
    let started = Instant::now();
    let first = job.watch().next().await.unwrap().unwrap();
    assert!(matches!(first, Event::Started { .. }), "{first:?}");
    assert_eq!((started.elapsed(), polls(&service)), (Duration::ZERO, 0));
    assert_eq!(first.elapsed(), Some(Duration::from_secs(3)));
    let expected = Duration::from_secs_f64(Model::WAN_T2V.info().typical_seconds);
    assert_eq!(first.expected(), Some(expected));
}

#[tokio::test(start_paused = true)]
async fn every_poll_is_an_event_and_the_result_is_the_last() {
    let (service, _, job) = running_video().await;
    let started = Instant::now();
    let mut events = job.watch();
    let mut names = Vec::new();
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        names.push(match event {
            Event::Started { .. } => "started",
            Event::Polled { .. } => "polled",
            Event::Finished(_) => "finished",
            _ => "another",
        });
        match event.elapsed() {
            Some(elapsed) => assert_eq!(elapsed, started.elapsed()),
            None => assert_eq!(names.last(), Some(&"finished")),
        }
        assert_eq!(polls(&service), names.len() - 1, "{names:?}");
    }
    assert!(names.len() > 3, "{names:?}");
    assert!(events.next().await.is_none(), "nothing comes after the end");
    let polled = names.len() - 2;
    assert_eq!((names[0], names[polled + 1]), ("started", "finished"));
    assert!(names[1..=polled].iter().all(|name| *name == "polled"), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_poll_is_an_event_and_not_the_end() {
    let responses = QueuedResponses::new()
        .json(201, json!({"id": "a"}))
        .json(503, json!({"message": "down"}))
        .json(500, json!({"message": "down"}))
        .json(200, json!({"status": "processing"}))
        .json(200, json!({"status": "succeeded", "generation_url": "/x.mp4"}));
    let job = client(&responses).submit(WanT2v::new("waves")).await.unwrap();
    let mut events = job.watch();
    let mut failures = Vec::new();
    while let Some(event) = events.next().await {
        if let Event::PollFailed { failures: in_a_row, reason, .. } = event.unwrap() {
            assert!(reason.contains("down"), "{reason}");
            failures.push(in_a_row);
        }
    }
    assert_eq!((failures, responses.remaining()), (vec![1, 2], 0));
}

#[tokio::test(start_paused = true)]
async fn the_age_of_an_attached_job_is_that_of_its_submission() {
    let service = Service::new();
    let client = service.client();
    let aged = |submitted_at: SystemTime| {
        let text = humantime::format_rfc3339_millis(submitted_at).to_string();
        serde_json::from_value::<JobRef>(json!({"id": "0", "model": "wan-t2v", "submitted_at": text})).unwrap()
    };
    let (now, age) = (SystemTime::now(), Duration::from_secs(20));
    for (name, job, expected) in [
        ("submitted 20 s ago", aged(now - age), 20.0),
        ("submitted in the future, by a clock that was wrong", aged(now + age), 0.0),
        ("no time of submission", JobRef::new("0", "wan-t2v"), 0.0),
    ] {
        let job = client.attach(job);
        let first = job.watch().next().await.unwrap().unwrap();
        for elapsed in [first.elapsed().unwrap(), job.elapsed()] {
            // The wall clock is not paused.
            let difference = elapsed.as_secs_f64() - expected;
            assert!((-0.01..5.0).contains(&difference), "{name}: {elapsed:?}");
        }
    }
}

/// A wait that ends after about as many seconds.
type Wait = fn(Prediction, u64) -> Pin<Box<dyn Future<Output = Result<Generation>>>>;

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_result_or_at_its_deadline() {
    let waits: [(&str, Wait); 3] = [
        ("wait_timeout", |job, seconds| Box::pin(async move { job.wait_timeout(Duration::from_secs(seconds)).await })),
        ("wait_until, tokio", |job, seconds| {
            Box::pin(async move { job.wait_until(Instant::now() + Duration::from_secs(seconds)).await })
        }),
        ("wait_until, std", |job, seconds| {
            // The clock of tokio is paused and has been moved; both start from the same instant.
            let deadline = Instant::now().into_std() + Duration::from_secs(seconds);
            Box::pin(async move { job.wait_until(deadline).await })
        }),
    ];
    for (name, wait) in waits {
        let (service, _, job) = running_video().await;
        let started = Instant::now();
        let error = wait(job.clone(), 10).await.unwrap_err();
        assert!(error.is_timeout() && error.job() == job.job_ref().as_ref(), "{name}: {error}");
        // The last poll comes shortly before the deadline.
        let elapsed = started.elapsed().as_secs_f64();
        assert!((9.0..=10.0).contains(&elapsed), "{name}: {elapsed}");

        let sent = polls(&service);
        assert!(wait(job.clone(), 0).await.unwrap_err().is_timeout());
        assert_eq!(polls(&service), sent + 1, "{name}: a deadline that has passed means one poll");

        let video = wait(job.clone(), 600).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(video.id(), job.id());
        assert!(started.elapsed() < Duration::from_secs(60), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_wait_for_an_old_job_lasts_as_long_as_the_caller_says() {
    let service = Service::new().with_speed(100.0);
    let job = service.client_with(Client::builder().poll_policy(Budgeted)).submit(WanT2v::new("waves")).await.unwrap();
    tokio::time::advance(Duration::from_secs(600)).await;
    for _ in 0..3 {
        let (started, sent) = (Instant::now(), polls(&service));
        assert!(job.wait_timeout(Duration::from_secs(1)).await.unwrap_err().is_timeout());
        let elapsed = started.elapsed().as_secs_f64();
        assert!((0.89..=1.0).contains(&elapsed), "{elapsed}");
        assert_eq!(polls(&service), sent + 1);
    }
}
