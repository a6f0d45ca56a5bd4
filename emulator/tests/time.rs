//! Status, expiry and rate limits on the emulator's clock, which the tests advance.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::time::Duration;

use pruna_emulator::{Emulator, LimitWindow, SyncTimeout};
use serde_json::{Value, json};
use support::{Api, send, wait_until};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_prediction_is_starting_then_processing_then_succeeded() {
    let api = Api::with(Emulator::builder().speed(1.0)).await;
    let handle = api.submit("wan-t2v", json!({"prompt": "waves"})).await;
    let poll = || async { send(api.get(&handle.text("/get_url"))).await.json() };
    // wan-t2v takes 45 seconds, a fifth of them in the queue.
    assert_eq!(poll().await, json!({"status": "starting", "message": "Generation in progress"}));
    api.emulator.advance(Duration::from_secs(20));
    assert_eq!(poll().await, json!({"status": "processing", "message": "Generation in progress"}));
    api.emulator.advance(Duration::from_secs(25));
    let done = poll().await;
    assert_eq!(done["status"], "succeeded");
    assert!(done["generation_url"].as_str().unwrap().starts_with(api.emulator.url()));
}

#[tokio::test]
async fn a_result_is_not_delivered_before_it_is_ready() {
    let api = Api::with(Emulator::builder().speed(1.0)).await;
    api.submit("wan-t2v", json!({"prompt": "waves"})).await;
    let path = format!("/v1/predictions/delivery/{}", api.emulator.predictions()[0].files[0]);
    assert_eq!(send(api.get(&path)).await.status, 404);
    api.emulator.advance(MINUTE);
    assert_eq!(send(api.get(&path)).await.status, 200);
}

#[tokio::test]
async fn try_sync_waits_for_the_result() {
    let api = Api::with(Emulator::builder().speed(1.0)).await;
    let waiting = tokio::spawn({
        let api = api.clone();
        async move { api.run("wan-t2v", json!({"prompt": "waves"})).await }
    });
    wait_until(|| !api.emulator.predictions().is_empty()).await;
    assert!(!waiting.is_finished());
    api.emulator.advance(Duration::from_secs(45));
    let response = waiting.await.unwrap();
    assert_eq!(response.status, 201);
    assert_eq!(response.text("/status"), "succeeded");
    assert_eq!(response.json().get("id"), None, "a synchronous result has no id");
}

#[tokio::test]
async fn a_prediction_longer_than_the_sync_window_returns_the_id_or_504() {
    let cases = [(SyncTimeout::Handle, 201, "application/json"), (SyncTimeout::GatewayTimeout, 504, "text/html")];
    for (timeout, status, media_type) in cases {
        let builder = Emulator::builder().speed(1.0).sync_window(Duration::ZERO).sync_timeout(timeout);
        let api = Api::with(builder).await;
        let response = api.run("wan-t2v", json!({"prompt": "waves"})).await;
        assert_eq!((response.status.as_u16(), response.header("content-type")), (status, media_type));
        assert_eq!(api.emulator.predictions().len(), 1, "the prediction continues in both cases");
        if status == 201 {
            assert!(!response.text("/get_url").is_empty());
        }
    }
}

#[tokio::test]
async fn results_expire_after_a_day() {
    let api = Api::new().await;
    let handle = api.submit("p-image", json!({"prompt": "x"})).await;
    let done = send(api.get(&handle.text("/get_url"))).await;
    let file = done.text("/generation_url");
    api.emulator.advance(24 * 60 * MINUTE - Duration::from_secs(5));
    assert_eq!(send(api.get(&file)).await.status, 200);
    api.emulator.advance(Duration::from_secs(5));
    let expired = send(api.get(&file)).await;
    assert_eq!((expired.status.as_u16(), expired.text("/error/code")), (410, "CONTENT_EXPIRED".to_owned()));
    let document = support::document();
    let schema =
        &support::declared(&document, "downloadContent", 410).unwrap()["content"]["application/json"]["schema"];
    assert_eq!(support::violations(&document, schema, &expired.json()), [""; 0]);
    assert_eq!(send(api.get(&handle.text("/get_url"))).await.status, 404);
}

#[tokio::test]
async fn predictions_with_an_expired_upload_fail() {
    let api = Api::new().await;
    let upload = api.upload("a.png", support::png(64, 64), "image/png").await;
    let edit = || json!({"prompt": "x", "images": [upload.text("/urls/get")]});
    api.emulator.advance(30 * MINUTE - Duration::from_secs(5));
    assert_eq!(api.run("p-image-edit", edit()).await.text("/status"), "succeeded");
    api.emulator.advance(Duration::from_secs(5));
    let response = api.submit("p-image-edit", edit()).await;
    assert_eq!(response.status, 201, "the URL is not read before the prediction starts");
    let state = send(api.get(&response.text("/get_url"))).await;
    assert_eq!((state.text("/status"), state.text("/message")), ("failed".to_owned(), "Prediction failed".to_owned()));
    assert!(state.text("/error").starts_with("404 Client Error: Not Found for url: http://127.0.0.1"));
}

#[tokio::test]
async fn media_that_the_service_cannot_reach_fail_the_prediction() {
    let api = Api::new().await;
    let cases = [
        ("https://media.invalid/a.jpg", "HTTPSConnectionPool(host='media.invalid', port=443)"),
        ("http://localhost:3000/a.jpg", "HTTPConnectionPool(host='localhost', port=3000)"),
        ("http://192.168.0.10/a.jpg", "HTTPConnectionPool(host='192.168.0.10', port=80)"),
        ("file:///tmp/a.jpg", "No connection adapters were found for 'file:///tmp/a.jpg'"),
        ("data:image/png;base64,AAAA", "No connection adapters were found for 'data:"),
        ("a.jpg", "Invalid URL 'a.jpg': No scheme supplied"),
    ];
    for (url, expected) in cases {
        let response = api.run("wan-i2v", json!({"prompt": "x", "image": url})).await;
        assert_eq!(response.text("/status"), "failed", "{url}");
        assert!(response.text("/error").starts_with(expected), "{url}: {response:?}");
    }
    let external = api.run("wan-i2v", json!({"prompt": "x", "image": "https://example.com/a.jpg"})).await;
    assert_eq!(external.text("/status"), "succeeded", "external media are assumed to be readable");
}

#[tokio::test]
async fn each_model_has_its_own_limit_which_resets_every_minute() {
    let api = Api::with(Emulator::builder().limits(true)).await;
    let submit = || api.submit("p-image-trainer", json!({"image_data": "https://example.com/data.zip"}));
    for left in ["4", "3", "2", "1", "0"] {
        let response = submit().await;
        assert_eq!(response.status, 201);
        let names =
            ["ratelimit-limit", "ratelimit-remaining", "x-ratelimit-limit-minute", "x-ratelimit-remaining-minute"];
        assert_eq!(names.map(|name| response.header(name)), ["5", left, "5", left]);
    }
    let rejected = submit().await;
    assert_eq!(rejected.status, 429);
    assert_eq!(rejected.json()["message"], "API rate limit exceeded");
    let wait: u64 = rejected.header("retry-after").parse().unwrap();
    assert_eq!(rejected.header("ratelimit-reset"), rejected.header("retry-after"));
    assert!((1..=60).contains(&wait));
    assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201, "another model has its own limit");
    assert_eq!(api.emulator.predictions().len(), 6, "a rejected request creates no prediction");
    api.emulator.advance(Duration::from_secs(wait));
    assert_eq!(submit().await.status, 201);
}

#[tokio::test]
async fn every_window_rejects_what_exceeds_the_limit_and_says_when_the_next_request_is_accepted() {
    // A trainer has a limit of 5 per minute.
    for (window, burst) in [(LimitWindow::Fixed, 5), (LimitWindow::Sliding, 5), (LimitWindow::TokenBucket, 1)] {
        for has_headers in [true, false] {
            let builder = Emulator::builder().limits(true).limit_window(window).limit_headers(has_headers);
            let api = Api::with(builder).await;
            let submit = || api.submit("p-image-trainer", json!({"image_data": "https://example.com/data.zip"}));
            for _ in 0..burst {
                assert_eq!(submit().await.status, 201, "{window:?}");
            }
            let rejected = submit().await;
            assert_eq!(rejected.status, 429, "{window:?}");
            let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-limit-minute"];
            assert_eq!(names.map(|name| rejected.headers.contains_key(name)), [has_headers; 4], "{window:?}");
            let wait: u64 = rejected.header("retry-after").parse().unwrap();
            assert!((1..=if burst == 1 { 12 } else { 60 }).contains(&wait), "{window:?}: {wait}");
            api.emulator.advance(Duration::from_secs(wait));
            assert_eq!(submit().await.status, 201, "{window:?}");
        }
    }
}

#[tokio::test]
async fn extreme_durations_neither_panic_nor_end_the_emulator() {
    use pruna_emulator::faults::{Fault, Operation};
    let api = Api::with(Emulator::builder().speed(1e6).limits(true).sync_window(Duration::MAX)).await;
    let handle = api.submit("vace", json!({"prompt": "waves"})).await;
    api.upload("a.png", support::png(8, 8), "image/png").await;
    api.emulator.faults().add(Fault::Delay { seconds: 1e300 }.on(Operation::GetPredictionStatus).first(1));
    let poll = api.get(&handle.text("/get_url"));
    assert!(tokio::time::timeout(Duration::from_millis(50), poll.send()).await.is_err(), "it is delayed");
    for _ in 0..2 {
        api.emulator.advance(Duration::MAX);
        assert_eq!(send(api.get(&handle.text("/get_url"))).await.status, 404, "it has expired");
        assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201);
        api.upload("a.png", support::png(8, 8), "image/png").await.text("/expires_at");
    }
}

#[tokio::test]
async fn the_other_operations_have_the_limits_of_their_descriptions() {
    let api = Api::with(Emulator::builder().limits(true)).await;
    let responses = [
        (send(api.get("/v1/predictions/status/x")).await, "30000"),
        (send(api.get("/v1/predictions/delivery/x")).await, "10000"),
        (api.upload("a.png", support::png(8, 8), "image/png").await, "10000"),
    ];
    for (response, limit) in responses {
        assert_eq!(response.header("ratelimit-limit"), limit);
    }
}

#[tokio::test]
async fn an_upload_over_the_rate_limit_gets_the_declared_response() {
    let mut document = support::document();
    let text = &mut document["paths"]["/v1/files"]["post"]["description"];
    *text = Value::from("Rate limit: 1 request per minute.");
    let api = Api::with(Emulator::builder().limits(true).document(document.clone())).await;
    api.upload("a.png", support::png(8, 8), "image/png").await;
    let rejected = api.upload("a.png", support::png(8, 8), "image/png").await;
    assert_eq!((rejected.status.as_u16(), rejected.text("/error/code")), (429, "RATE_LIMIT_EXCEEDED".to_owned()));
    let declared = support::declared(&document, "uploadFile", 429).unwrap();
    let schema = &declared["content"]["application/json"]["schema"];
    assert_eq!(support::violations(&document, schema, &rejected.json()), [""; 0]);
    for name in declared["headers"].as_object().unwrap().keys() {
        rejected.header(name);
    }
}

#[tokio::test]
async fn rate_limits_are_off_by_default() {
    let api = Api::new().await;
    for _ in 0..20 {
        let response = api.submit("p-image-trainer", json!({"image_data": "https://example.com/data.zip"})).await;
        assert_eq!((response.status.as_u16(), response.headers.get("ratelimit-limit")), (201, None));
    }
}

#[tokio::test]
async fn a_prediction_takes_the_typical_time_of_its_model() {
    let api = Api::with(Emulator::builder().speed(1.0)).await;
    let handle = api.submit("vace", json!({"prompt": "waves"})).await;
    let step = Duration::from_secs(10);
    let mut elapsed = Duration::ZERO;
    while send(api.get(&handle.text("/get_url"))).await.text("/status") != "succeeded" {
        assert!(elapsed < 60 * MINUTE, "not finished after {elapsed:?}");
        api.emulator.advance(step);
        elapsed += step;
    }
    assert!(elapsed > 5 * MINUTE, "{elapsed:?}");
}
