//! `try_submit` never waits, and the wait in its error is correct. On a paused clock, without sockets.

use std::time::Duration;

use bytes::Bytes;
use pruna::{
    Client, Error, ErrorKind, Model,
    inputs::PImage,
    limits::Limits,
    test_util::{QueuedResponses, client},
};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::simulated::Service;

fn submissions(service: &Service) -> usize {
    service.received("createPrediction").len()
}

/// Submits without waiting, and checks that no time passes.
async fn try_submit(client: &Client) -> Result<(), Error> {
    let started = Instant::now();
    let result = client.try_submit(PImage::new("a lion")).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
    result.map(drop)
}

fn limited(per_minute: u32) -> (Service, Client) {
    with(Limits::none().submissions(Model::P_IMAGE, per_minute))
}

/// As [`limited`], but with a twentieth at once and an even pace.
fn even(per_minute: u32) -> (Service, Client) {
    with(Limits::none().submissions(Model::P_IMAGE, per_minute).even())
}

fn with(limits: Limits) -> (Service, Client) {
    let service = Service::new();
    let client = service.client_with(Client::builder().limits(limits));
    (service, client)
}

#[tokio::test(start_paused = true)]
async fn within_the_limit_a_request_is_sent_at_once() {
    for per_minute in [1, 7, 60, 500] {
        let (service, client) = limited(per_minute);
        for sent in 1..=per_minute as usize {
            try_submit(&client).await.unwrap();
            assert_eq!(submissions(&service), sent, "{per_minute} per minute");
        }
        let error = try_submit(&client).await.unwrap_err();
        assert!(error.is_rate_limited() && error.model() == Some(&Model::P_IMAGE), "{error}");
        assert_eq!(submissions(&service), per_minute as usize, "{per_minute} per minute: nothing is sent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_succeeds_after_the_named_wait_and_fails_before() {
    for per_minute in [1, 7, 60, 500] {
        let (service, client) = even(per_minute);
        while try_submit(&client).await.is_ok() {}
        for _ in 0..3 {
            let sent = submissions(&service);
            let wait = try_submit(&client).await.unwrap_err().retry_after().unwrap();
            let early = Duration::from_millis(3);
            sleep(wait - early).await;
            let left = try_submit(&client).await.unwrap_err().retry_after().unwrap();
            assert!(left > Duration::ZERO && left <= early, "{per_minute} per minute: {left:?} are left");
            assert_eq!(submissions(&service), sent, "{per_minute} per minute: a failure sends nothing");
            sleep(left).await;
            try_submit(&client).await.unwrap_or_else(|error| panic!("{per_minute} per minute: {error}"));
            assert_eq!(submissions(&service), sent + 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_wait_already_come_first() {
    let (service, client) = even(60);
    let waiting: Vec<_> = (0..8)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.submit(PImage::new(format!("lion {n}"))).await })
        })
        .collect();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(submissions(&service), 3, "the burst");
    let wait = try_submit(&client).await.unwrap_err().retry_after().unwrap();
    assert_eq!(wait, client.expected_wait(&Model::P_IMAGE));
    for job in waiting {
        job.await.unwrap().unwrap();
    }
    assert_eq!(submissions(&service), 8);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_by_the_service_is_returned_after_one_request() {
    for (status, retry_after, kind) in [
        (429, Some("7"), ErrorKind::RateLimited),
        (429, None, ErrorKind::RateLimited),
        (503, Some("7"), ErrorKind::SubmissionUnknown),
        (402, None, ErrorKind::InsufficientCredit),
    ] {
        let mut response = http::Response::new(Bytes::from(json!({"message": "no"}).to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert("retry-after", seconds.parse().unwrap());
        }
        let responses = QueuedResponses::new().response(response);
        let client = client(&responses);
        let error = try_submit(&client).await.unwrap_err();
        assert_eq!((error.kind(), responses.requests().len()), (kind, 1), "{status}: {error}");
        if kind == ErrorKind::RateLimited {
            assert_eq!(error.retry_after(), retry_after.map(|_| Duration::from_secs(7)), "{error}");
            // The client's own limit was updated, even without a stated wait: the next attempt sends nothing.
            let wait = try_submit(&client).await.unwrap_err().retry_after();
            assert_eq!(wait, Some(Duration::from_secs(if retry_after.is_some() { 7 } else { 1 })));
            assert_eq!(responses.requests().len(), 1);
        }
    }
}
