//! States, expiry and limits on the emulator's clock, which is moved, never waited for.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::time::Duration;

use pruna_emulator::{Emulator, SyncTimeout};
use serde_json::{Value, json};
use support::{Api, send};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_run_starts_proceeds_and_succeeds() {
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
    while api.emulator.predictions().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    api.emulator.advance(Duration::from_secs(45));
    let answer = waiting.await.unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(answer.text("/status"), "succeeded");
    assert_eq!(answer.json().get("id"), None, "a result that was waited for has no id");
}

#[tokio::test]
async fn a_run_longer_than_the_sync_window_ends_in_the_handle_or_in_504() {
    let cases = [(SyncTimeout::Handle, 201, "application/json"), (SyncTimeout::GatewayTimeout, 504, "text/html")];
    for (answer, status, media_type) in cases {
        let builder = Emulator::builder().speed(1.0).sync_window(Duration::ZERO).sync_timeout_answer(answer);
        let api = Api::with(builder).await;
        let answer = api.run("wan-t2v", json!({"prompt": "waves"})).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, media_type));
        assert_eq!(api.emulator.predictions().len(), 1, "the job runs, whatever the answer");
        if status == 201 {
            assert!(!answer.text("/get_url").is_empty());
        }
    }
}

#[tokio::test]
async fn results_are_gone_after_a_day() {
    let api = Api::new().await;
    let handle = api.submit("p-image", json!({"prompt": "x"})).await;
    let done = send(api.get(&handle.text("/get_url"))).await;
    let file = done.text("/generation_url");
    api.emulator.advance(24 * 60 * MINUTE - Duration::from_secs(5));
    assert_eq!(send(api.get(&file)).await.status, 200);
    api.emulator.advance(Duration::from_secs(5));
    let gone = send(api.get(&file)).await;
    assert_eq!((gone.status.as_u16(), gone.text("/error/code")), (410, "CONTENT_EXPIRED".to_owned()));
    let document = support::document();
    let schema =
        &support::declared(&document, "downloadContent", 410).unwrap()["content"]["application/json"]["schema"];
    assert_eq!(support::violations(&document, schema, &gone.json()), [""; 0]);
    assert_eq!(send(api.get(&handle.text("/get_url"))).await.status, 404);
}

#[tokio::test]
async fn uploads_are_gone_after_half_an_hour_and_what_refers_to_them_fails() {
    let api = Api::new().await;
    let upload = api.upload("a.png", support::png(64, 64), "image/png").await;
    let edit = || json!({"prompt": "x", "images": [upload.text("/urls/get")]});
    api.emulator.advance(30 * MINUTE - Duration::from_secs(5));
    assert_eq!(api.run("p-image-edit", edit()).await.text("/status"), "succeeded");
    api.emulator.advance(Duration::from_secs(5));
    let answer = api.submit("p-image-edit", edit()).await;
    assert_eq!(answer.status, 201, "a dead link passes the checks");
    let state = send(api.get(&answer.text("/get_url"))).await;
    assert_eq!((state.text("/status"), state.text("/message")), ("failed".to_owned(), "Prediction failed".to_owned()));
    assert!(state.text("/error").starts_with("404 Client Error: Not Found for url: http://127.0.0.1"));
}

#[tokio::test]
async fn media_that_no_cloud_can_reach_fail_the_job() {
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
        let answer = api.run("wan-i2v", json!({"prompt": "x", "image": url})).await;
        assert_eq!(answer.text("/status"), "failed", "{url}");
        assert!(answer.text("/error").starts_with(expected), "{url}: {answer:?}");
    }
    let fine = api.run("wan-i2v", json!({"prompt": "x", "image": "https://example.com/a.jpg"})).await;
    assert_eq!(fine.text("/status"), "succeeded", "foreign media count as readable; nothing is fetched");
}

#[tokio::test]
async fn a_model_has_its_own_limit_which_refills_every_minute() {
    let api = Api::with(Emulator::builder().limits(true)).await;
    let submit = || api.submit("p-image-trainer", json!({"image_data": "https://example.com/data.zip"}));
    for left in ["4", "3", "2", "1", "0"] {
        let answer = submit().await;
        assert_eq!(answer.status, 201);
        let names =
            ["ratelimit-limit", "ratelimit-remaining", "x-ratelimit-limit-minute", "x-ratelimit-remaining-minute"];
        assert_eq!(names.map(|name| answer.header(name)), ["5", left, "5", left]);
    }
    let refused = submit().await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["message"], "API rate limit exceeded");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(refused.header("ratelimit-reset"), refused.header("retry-after"));
    assert!((1..=60).contains(&wait));
    assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201, "another model, another budget");
    assert_eq!(api.emulator.predictions().len(), 6, "what is refused makes no job");
    api.emulator.advance(Duration::from_secs(wait));
    assert_eq!(submit().await.status, 201);
}

#[tokio::test]
async fn the_other_operations_have_the_limits_of_their_descriptions() {
    let api = Api::with(Emulator::builder().limits(true)).await;
    let answers = [
        (send(api.get("/v1/predictions/status/x")).await, "30000"),
        (send(api.get("/v1/predictions/delivery/x")).await, "10000"),
        (api.upload("a.png", support::png(8, 8), "image/png").await, "10000"),
    ];
    for (answer, limit) in answers {
        assert_eq!(answer.header("ratelimit-limit"), limit);
    }
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_as_declared() {
    let mut document = support::document();
    let text = &mut document["paths"]["/v1/files"]["post"]["description"];
    *text = Value::from("Rate limit: 1 request per minute.");
    let api = Api::with(Emulator::builder().limits(true).document(document.clone())).await;
    api.upload("a.png", support::png(8, 8), "image/png").await;
    let refused = api.upload("a.png", support::png(8, 8), "image/png").await;
    assert_eq!((refused.status.as_u16(), refused.text("/error/code")), (429, "RATE_LIMIT_EXCEEDED".to_owned()));
    let declared = support::declared(&document, "uploadFile", 429).unwrap();
    let schema = &declared["content"]["application/json"]["schema"];
    assert_eq!(support::violations(&document, schema, &refused.json()), [""; 0]);
    for name in declared["headers"].as_object().unwrap().keys() {
        refused.header(name);
    }
}

#[tokio::test]
async fn without_limits_nothing_is_counted() {
    let api = Api::new().await;
    for _ in 0..20 {
        let answer = api.submit("p-image-trainer", json!({"image_data": "https://example.com/data.zip"})).await;
        assert_eq!((answer.status.as_u16(), answer.headers.get("ratelimit-limit")), (201, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_serves_as_well() {
    let api = Api::with(Emulator::builder().speed(1.0)).await;
    let handle = api.submit("vace", json!({"prompt": "waves"})).await;
    let start = tokio::time::Instant::now();
    let mut polls = 0;
    while send(api.get(&handle.text("/get_url"))).await.text("/status") != "succeeded" {
        tokio::time::sleep(10 * MINUTE / 60).await;
        polls += 1;
    }
    assert!(polls > 20, "{polls}");
    assert!(start.elapsed() > 5 * MINUTE, "vace takes its minutes, which pass at once");
}
