//! What clients can make the emulator keep: no secrets, and limited memory.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::time::Duration;

use pruna_emulator::{Emulator, secret_hash};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use support::{Api, send};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KEY: &str = "pru_canary_key";
const TOKEN: &str = "hf_canary_token";

/// Sends secrets in every part of a request.
async fn send_secrets(api: &Api) {
    let input = json!({"prompt": format!("my key is {KEY}"), "hf_api_token": TOKEN});
    for key in [KEY, "pru_wrong_canary"] {
        let url = api.url(&format!("/v1/predictions?apikey={key}&token={TOKEN}&page=2"));
        let request = api.client.post(url).header("apikey", key).header("authorization", format!("Bearer {key}"));
        let request = request.header("cookie", format!("session={TOKEN}")).header("x-note", format!("key {key}"));
        send(request.header("model", "p-image").json(&json!({"input": input}))).await;
        send(api.client.get(api.url(&format!("/v1/predictions/status/{key}"))).header("apikey", key)).await;
        let text = format!("{}{key}", "x".repeat(65_530));
        let form = Form::new().part("content", Part::text(text).file_name(key.to_owned())).text("apikey", key);
        send(api.client.post(api.url("/v1/files")).header("apikey", key).multipart(form)).await;
    }
}

#[tokio::test]
async fn recorded_requests_and_predictions_hold_no_secrets() {
    let api = Api::with(Emulator::builder().api_key(KEY)).await;
    send_secrets(&api).await;
    let http = |path: &str| send(api.client.get(api.url(path)));
    let shown = [
        format!("{:?}", api.emulator.requests()),
        format!("{:?}", api.emulator.predictions()),
        format!("{:?}", api.emulator),
        format!("{:?}", Emulator::builder().api_key(KEY).additional_api_key(TOKEN)),
        String::from_utf8(http("/_emulator/requests").await.body).unwrap(),
        String::from_utf8(http("/_emulator/predictions").await.body).unwrap(),
        api.emulator.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect(),
    ];
    for text in shown {
        let found = text.find("canary").or_else(|| text.find("pru_c"));
        assert_eq!(found.map(|at| &text[at.saturating_sub(60)..at]), None);
    }
}

#[tokio::test]
async fn the_hashes_of_secrets_can_be_compared() {
    let api = Api::with(Emulator::builder().api_key(KEY)).await;
    send_secrets(&api).await;
    let requests = api.emulator.requests();
    let is_right: Vec<bool> = requests.iter().map(|request| request.has_key(KEY)).collect();
    assert_eq!(is_right, [true, true, true, false, false, false]);
    let hash = secret_hash(KEY);
    assert_eq!(requests[0].header("apikey"), Some(hash.as_str()));
    assert_eq!(requests[0].header("authorization"), Some(secret_hash(format!("Bearer {KEY}")).as_str()));
    assert_eq!(requests[0].header("x-note"), Some(format!("key {hash}").as_str()));
    assert_eq!(requests[0].query, Some(format!("apikey={hash}&token={}&page=2", secret_hash(TOKEN))));
    let input = json!({"prompt": format!("my key is {hash}"), "hf_api_token": secret_hash(TOKEN)});
    assert_eq!(requests[0].json(), Some(json!({"input": input})));
    assert_eq!(api.emulator.predictions()[0].input, input);
    assert_eq!(requests[1].path, format!("/v1/predictions/status/{hash}"));
}

#[tokio::test]
async fn the_response_to_a_submission_repeats_the_input_as_the_service_does() {
    let api = Api::new().await;
    let input = json!({"prompt": "x", "hf_api_token": TOKEN});
    assert_eq!(api.submit("p-image", input.clone()).await.json()["input"], input);
}

/// Posts 3 KB.
async fn post(api: &Api, seed: u32) -> support::Response {
    api.submit("p-image", json!({"prompt": "x".repeat(3000), "seed": seed})).await
}

#[tokio::test]
async fn the_oldest_requests_are_dropped_and_counted() {
    let api = Api::with(Emulator::builder().request_memory(40_000)).await;
    for seed in 0..50 {
        post(&api, seed).await;
    }
    let kept = api.emulator.requests();
    assert_eq!(kept.len() as u64 + api.emulator.dropped_requests(), 50);
    assert!((5..=10).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.last().unwrap().json().unwrap()["input"]["seed"], 49);
    let listed = send(api.client.get(api.url("/_emulator/requests"))).await;
    assert_eq!(listed.json().as_array().unwrap().len(), kept.len());
    assert_eq!(listed.header("x-emulator-dropped"), api.emulator.dropped_requests().to_string());
    api.emulator.clear_requests();
    assert_eq!(api.emulator.dropped_requests(), 0);
}

#[tokio::test]
async fn a_dropped_prediction_has_expired_for_the_client() {
    let api = Api::with(Emulator::builder().prediction_memory(40_000)).await;
    let first = post(&api, 0).await;
    let file = send(api.get(&first.text("/get_url"))).await.text("/generation_url");
    for seed in 1..50 {
        post(&api, seed).await;
    }
    assert!(api.emulator.predictions().len() < 10);
    assert_eq!(send(api.get(&first.text("/get_url"))).await.status, 404);
    let gone = send(api.get(&file)).await;
    assert_eq!((gone.status.as_u16(), gone.text("/error/code")), (410, "CONTENT_EXPIRED".to_owned()));
    let invented = file.replace("xezq/", "xezq/x");
    assert_eq!(send(api.get(&invented)).await.status, 404);
    let listed = send(api.client.get(api.url("/_emulator/predictions"))).await;
    let (kept, dropped) = (listed.json().as_array().unwrap().len(), listed.header("x-emulator-dropped").to_owned());
    assert_eq!(dropped, (50 - kept).to_string());
}

#[tokio::test]
async fn unfinished_predictions_are_never_dropped() {
    let api = Api::with(Emulator::builder().speed(1.0).prediction_memory(40_000)).await;
    let mut accepted = Vec::new();
    let rejected = loop {
        let response = post(&api, 0).await;
        if response.status != 201 {
            break response;
        }
        accepted.push(response.text("/get_url"));
        assert!(accepted.len() < 50, "no limit");
    };
    assert_eq!(rejected.status, 503);
    assert!(rejected.text("/message").contains("prediction_memory"), "{rejected:?}");
    for url in &accepted {
        assert_eq!(send(api.get(url)).await.status, 200);
    }
    api.emulator.advance(Duration::from_secs(600));
    assert_eq!(post(&api, 0).await.status, 201);
}

#[tokio::test]
async fn the_least_recently_used_uploads_are_dropped() {
    let api = Api::with(Emulator::builder().upload_memory(40_000)).await;
    let mut urls = Vec::new();
    for side in 60..64 {
        let mut file = support::png(side, side);
        file.resize(15_000, 0);
        urls.push(api.upload("a.png", file, "image/png").await.text("/urls/get"));
    }
    let edit = |url: &String| api.run("p-image-edit", json!({"prompt": "x", "images": [url]}));
    assert_eq!(edit(&urls[0]).await.text("/status"), "failed");
    let recent = edit(&urls[3]).await;
    assert_eq!(recent.text("/status"), "succeeded");
    // Its picture can be drawn although the upload is gone.
    for _ in 0..3 {
        api.upload("b.bin", vec![0; 15_000], "image/png").await;
    }
    assert_eq!(edit(&urls[3]).await.text("/status"), "failed");
    assert_eq!(send(api.get(&recent.text("/generation_url"))).await.status, 200);
}

#[tokio::test]
async fn an_upload_without_space_is_503() {
    let api = Api::with(Emulator::builder().upload_disk(2_000_000)).await;
    assert_eq!(api.upload("a.bin", vec![0; 3_000_000], "image/png").await.status, 503);
    assert_eq!(api.upload("a.bin", vec![0; 1_900_000], "image/png").await.status, 201);
}

#[tokio::test]
async fn bodies_beyond_their_maximum_are_413() {
    let api = Api::new().await;
    let submission = api.post("/v1/predictions").header("model", "p-image").header("content-type", "application/json");
    let rejected = send(submission.body(vec![b' '; 9_000_000])).await;
    assert_eq!((rejected.status.as_u16(), rejected.text("/message")), (413, "Request size limit exceeded".to_owned()));
    for path in ["/_emulator/clock", "/_emulator/faults", "/_emulator/nothing"] {
        let request = api.client.post(api.url(path)).header("content-type", "application/json");
        let rejected = send(request.body(vec![b' '; 3_000_000])).await;
        assert_eq!((rejected.status.as_u16(), rejected.text("/error")), (413, "the body exceeds 1 MiB".to_owned()));
    }
}

#[tokio::test]
async fn the_fault_rules_are_limited_in_total() {
    let api = Api::new().await;
    let fault = json!({"kind": "status", "status": 500, "body": "x".repeat(500_000)});
    let add = || {
        let rule = json!({"operation": "uploadFile", "model": "none", "fault": fault});
        send(api.client.post(api.url("/_emulator/faults")).json(&rule))
    };
    let mut added = 0;
    let rejected = loop {
        let response = add().await;
        if response.status != 201 {
            break response;
        }
        added += 1;
        assert!(added < 20, "no limit");
    };
    assert_eq!((rejected.status.as_u16(), added), (413, 8));
    assert_eq!(send(api.client.delete(api.url("/_emulator/faults"))).await.status, 204);
    assert_eq!(add().await.status, 201);
}

#[tokio::test]
async fn a_head_beyond_64_kib_is_rejected() {
    let api = Api::new().await;
    let mut stream = TcpStream::connect(api.emulator.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: ").await.unwrap();
    // The emulator may close the connection before all is written.
    let _ = stream.write_all(&vec![b'x'; 200_000]).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    assert!(response.is_empty() || response.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&response));
    assert_eq!(send(api.get("/v1/models")).await.status, 404, "it continues");
}

#[tokio::test]
async fn pictures_of_pictures_are_drawn_in_bounded_time_and_memory() {
    let api = Api::new().await;
    let mut url = api.run("p-image", json!({"prompt": "x"})).await.text("/generation_url");
    // Each is made from the one before, twice: drawing all would need 2^40 pictures.
    for _ in 0..40 {
        let edit = api.run("p-image-edit", json!({"prompt": "x", "images": [url, url]})).await;
        url = edit.text("/generation_url");
    }
    assert_eq!(send(api.get(&url)).await.status, 200);
}

#[tokio::test]
async fn idle_connections_do_not_keep_others_out() {
    let api = Api::with(Emulator::builder().max_connections(40)).await;
    let address = api.emulator.url().trim_start_matches("http://").to_owned();
    let request = format!("GET /_emulator/health HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut open = Vec::new();
    let mut closed = 0;
    // Clients that keep their connections as long as the emulator lets them.
    for _ in 0..100 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = vec![0; 1024];
        let length = stream.read(&mut response).await.unwrap();
        let response = String::from_utf8_lossy(&response[..length]).to_lowercase();
        assert!(response.starts_with("http/1.1 200"), "{response}");
        if response.contains("connection: close") {
            closed += 1;
        } else {
            open.push(stream);
        }
    }
    assert!((28..=30).contains(&open.len()) && open.len() + closed == 100, "{} open, {closed} closed", open.len());
    let health: Value = send(api.client.get(api.url("/_emulator/health"))).await.json();
    assert_eq!(health["status"], "ok");
}
