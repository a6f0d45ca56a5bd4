//! The effect of every fault, on a socket and with an HTTP client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::io::ErrorKind;
use std::time::Duration;

use pruna_emulator::Emulator;
use pruna_emulator::faults::{Fault, Operation, Rule, UrlForm};
use serde_json::{Value, json};
use support::{Api, send, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a socket received, and how it ended.
#[derive(Debug)]
struct Received {
    bytes: Vec<u8>,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    Closed,
    Reset,
    /// Still open, but no more data.
    Silent,
}

impl Received {
    fn head(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
    }

    fn body(&self) -> &[u8] {
        let start = self.bytes.windows(4).position(|window| window == b"\r\n\r\n");
        start.map_or(&[], |start| &self.bytes[start + 4..])
    }

    fn content_length(&self) -> Option<u64> {
        let head = self.head().to_ascii_lowercase();
        let line = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        line.parse().ok()
    }
}

/// Maximum number of bytes to read.
const MAX_BYTES: usize = 10_000_000;

/// Submits on a socket and reads the response. After `enough` bytes of the body, a short silence ends it.
async fn raw(emulator: &Emulator, enough: usize) -> Received {
    let body = r#"{"input":{"prompt":"x"}}"#;
    let mut stream = TcpStream::connect(emulator.url().trim_start_matches("http://")).await.unwrap();
    let request = format!(
        "POST /v1/predictions HTTP/1.1\r\nhost: {}\r\napikey: {}\r\nmodel: p-image\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        emulator.url().trim_start_matches("http://"),
        emulator.api_key(),
        body.len(),
    );
    let mut received = Received { bytes: Vec::new(), end: End::Silent };
    if stream.write_all(request.as_bytes()).await.is_err() {
        received.end = End::Reset;
        return received;
    }
    let mut buffer = vec![0; 64 * 1024];
    while received.bytes.len() < MAX_BYTES {
        let timeout = Duration::from_millis(if received.body().len() >= enough { 200 } else { 20_000 });
        match tokio::time::timeout(timeout, stream.read(&mut buffer)).await {
            Err(_) => return received,
            Ok(Ok(0)) => {
                received.end = End::Closed;
                return received;
            }
            Ok(Ok(length)) => received.bytes.extend_from_slice(&buffer[..length]),
            Ok(Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                received.end = End::Reset;
                return received;
            }
        }
    }
    received
}

/// Submits on a socket with `fault`.
async fn submit_with(fault: Fault) -> (Api, Received) {
    let enough = match fault {
        Fault::StallBeforeHead => 0,
        Fault::StallInBody { after } => after as usize,
        _ => usize::MAX,
    };
    let api = Api::new().await;
    api.emulator.faults().add(fault.on(Operation::CreatePrediction));
    let received = raw(&api.emulator, enough).await;
    (api, received)
}

#[tokio::test]
async fn faults_of_the_connection_send_the_expected_bytes() {
    // Fault; predictions; whether there are headers; body length; `Content-Length` less body length; end.
    let long = 3_000_000;
    let cases = [
        (Fault::Refuse, 0, false, Some(0), None, End::Reset),
        (Fault::ResetInRequest { after: 10 }, 0, false, Some(0), None, End::Reset),
        (Fault::HangUp, 1, true, None, Some(0), End::Closed),
        (Fault::ResetBeforeHead, 1, false, Some(0), None, End::Reset),
        (Fault::ResetInBody { after: 7 }, 1, true, Some(7), None, End::Reset),
        (Fault::StallBeforeHead, 1, false, Some(0), None, End::Silent),
        (Fault::StallInBody { after: 7 }, 1, true, Some(7), None, End::Silent),
        (Fault::Truncate { after: 7 }, 1, true, Some(7), None, End::Closed),
        (Fault::Truncate { after: u64::MAX }, 1, true, None, Some(1), End::Closed),
        (Fault::WrongLength { difference: 5 }, 1, true, None, Some(5), End::Closed),
        (Fault::WrongLength { difference: -5 }, 1, true, None, Some(-5), End::Closed),
        (Fault::Flood { length: Some(long) }, 1, true, Some(long as usize), Some(0), End::Closed),
        (Fault::GarbageHead, 1, false, Some(0), None, End::Closed),
    ];
    for (fault, predictions, head, body, missing, end) in cases {
        let (api, received) = submit_with(fault.clone()).await;
        assert_eq!(api.emulator.predictions().len(), predictions, "{fault:?}");
        assert_eq!(received.head().starts_with("HTTP/1.1 201 Created"), head, "{fault:?}: {:?}", received.head());
        assert_eq!(received.end, end, "{fault:?}");
        if let Some(body) = body {
            assert_eq!(received.body().len(), body, "{fault:?}");
        }
        if let Some(missing) = missing {
            assert_eq!(received.content_length().unwrap() as i64 - received.body().len() as i64, missing, "{fault:?}");
        }
        let record = &api.emulator.requests()[0];
        assert_eq!((record.fault.as_deref(), record.status), (Some(fault.name()), None));
    }
}

#[tokio::test]
async fn a_flood_without_a_length_does_not_end() {
    let (_api, received) = submit_with(Fault::Flood { length: None }).await;
    assert_eq!(received.content_length(), None);
    assert!(received.bytes.len() >= 10_000_000);
    assert_eq!(received.end, End::Silent);
}

#[tokio::test]
async fn a_flooded_response_is_still_json() {
    let api = Api::new().await;
    api.emulator.faults().add(Fault::Flood { length: Some(1_000_000) }.on(Operation::CreatePrediction));
    let response = api.submit("p-image", json!({"prompt": "x"})).await;
    assert_eq!(response.body.len(), 1_000_000);
    assert_eq!(response.text("/model"), "p-image");
}

#[tokio::test]
async fn a_connection_can_be_reset_before_a_request() {
    let api = Api::new().await;
    api.emulator.faults().add(Fault::Refuse.on(Operation::Connection).first(1));
    let error = api.submission("p-image", json!({"prompt": "x"})).send().await.unwrap_err();
    assert!(error.is_request() || error.is_connect(), "{error:?}");
    assert_eq!(api.emulator.requests().len(), 0);
    assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201);
}

#[tokio::test]
async fn responses_that_replace_the_request_create_no_prediction() {
    let cases = [
        (Fault::status(503), 503, "content-type", "text/html"),
        (Fault::status(504), 504, "content-type", "text/html"),
        (Fault::retry_after(7), 429, "retry-after", "7"),
        (
            Fault::RateLimited { retry_after: Some("soon".into()), reset: Some("12".into()) },
            429,
            "ratelimit-reset",
            "12",
        ),
        (
            Fault::Redirect { status: 307, location: "https://example.com/x".into() },
            307,
            "location",
            "https://example.com/x",
        ),
    ];
    for (fault, status, header, value) in cases {
        let api = Api::new().await;
        api.emulator.faults().add(fault.clone().on(Operation::CreatePrediction).nth(1));
        let response = api.submit("p-image", json!({"prompt": "x"})).await;
        assert_eq!((response.status.as_u16(), response.header(header)), (status, value), "{fault:?}");
        assert_eq!(api.emulator.predictions().len(), 0, "{fault:?}");
        assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201, "{fault:?}");
    }
}

#[tokio::test]
async fn a_status_fault_has_any_headers_and_body() {
    let api = Api::new().await;
    let rule: Rule = serde_json::from_value(json!({
        "operation": "createPrediction",
        "fault": {"kind": "status", "status": 403, "headers": {"content-type": "text/plain"}, "body": "Forbidden: no more credit available"},
    }))
    .unwrap();
    api.emulator.faults().add(rule);
    let response = api.submit("p-image", json!({"prompt": "x"})).await;
    assert_eq!((response.status.as_u16(), response.header("content-type")), (403, "text/plain"));
    assert_eq!(response.body, b"Forbidden: no more credit available");
}

#[tokio::test]
async fn faults_change_status_responses() {
    let text = |text: &str| Value::from(text);
    let fields = serde_json::from_value(json!({"queue_position": 3})).unwrap();
    let other = UrlForm::Other("https://cdn.example.com/a.jpg".into());
    let cases: [(Fault, &str, Value); 7] = [
        (Fault::UnknownStatus { status: "defrosting".into() }, "/status", text("defrosting")),
        (Fault::UnknownFields { fields }, "/queue_position", json!(3)),
        (Fault::ErrorObject, "/error/code", text("INTERNAL_ERROR")),
        (Fault::Url { form: other }, "/generation_url", text("https://cdn.example.com/a.jpg")),
        (Fault::Fail { error: "out of memory".into() }, "/error", text("out of memory")),
        (Fault::Cancel, "/status", text("canceled")),
        (Fault::Expired, "/error/code", text("NOT_FOUND")),
    ];
    for (fault, pointer, expected) in cases {
        let api = Api::new().await;
        let url = api.submit("p-image", json!({"prompt": "x"})).await.text("/get_url");
        api.emulator.faults().add(fault.clone().on(Operation::GetPredictionStatus).first(1));
        assert_eq!(send(api.get(&url)).await.json().pointer(pointer), Some(&expected), "{fault:?}");
        assert_eq!(send(api.get(&url)).await.text("/status"), "succeeded", "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_changes_the_form_of_urls() {
    let form = async |model: &str, form: UrlForm| {
        let api = Api::new().await;
        api.emulator.faults().add(Fault::Url { form }.on(Operation::CreatePrediction));
        api.run(model, json!({"prompt": "x"})).await.json()["generation_url"].clone()
    };
    assert!(form("p-image", UrlForm::Array).await[0].as_str().unwrap().starts_with("http://127.0.0.1"));
    assert!(form("p-image", UrlForm::Relative).await.as_str().unwrap().starts_with("/v1/predictions/delivery/"));
    assert!(form("flux-2-klein-4b", UrlForm::Text).await.as_str().unwrap().starts_with("/v1/predictions/delivery/"));
    let api = Api::new().await;
    api.emulator.faults().add(Fault::Url { form: UrlForm::Relative }.on(Operation::CreatePrediction));
    let handle = api.submit("p-image", json!({"prompt": "x"})).await;
    assert!(handle.text("/get_url").starts_with("/v1/predictions/status/"));
}

#[tokio::test]
async fn a_garbage_body_keeps_the_headers() {
    let api = Api::new().await;
    let url = api.run("z-image-turbo", json!({"prompt": "x", "width": 64, "height": 64})).await.text("/generation_url");
    api.emulator.faults().add(Fault::GarbageBody.on(Operation::DownloadContent).nth(1));
    let garbage = send(api.get(&url)).await;
    let intact = send(api.get(&url)).await;
    assert_eq!(garbage.header("content-type"), "image/jpeg");
    assert_eq!(garbage.body.len(), intact.body.len());
    assert!(garbage.body.iter().all(|byte| *byte >= 128));
}

#[tokio::test]
async fn predictions_fail_or_are_canceled_by_a_fault() {
    let cases = [
        (Fault::Fail { error: "CUDA out of memory".into() }, "failed"),
        (Fault::Cancel, "canceled"),
        (Fault::Expired, "failed"),
    ];
    for (fault, status) in cases {
        let api = Api::with(Emulator::builder().speed(1.0)).await;
        api.emulator.faults().add(fault.on(Operation::CreatePrediction).model("p-image"));
        let handle = api.submit("p-image", json!({"prompt": "x"})).await;
        let poll = || async { send(api.get(&handle.text("/get_url"))).await.text("/status") };
        assert_eq!(poll().await, "starting", "the fault is not visible at first");
        api.emulator.advance(Duration::from_secs(5));
        assert_eq!(poll().await, status);
        let other = api.submit("p-image-lora", json!({"prompt": "x"})).await;
        api.emulator.advance(Duration::from_secs(5));
        assert_eq!(
            send(api.get(&other.text("/get_url"))).await.text("/status"),
            "succeeded",
            "the rule is for one model"
        );
    }
}

#[tokio::test]
async fn downloads_and_uploads_expire_by_a_fault() {
    let api = Api::new().await;
    api.emulator.faults().add(Fault::Expired.on(Operation::DownloadContent).nth(1));
    api.emulator.faults().add(Fault::Expired.on(Operation::UploadFile).nth(1));
    let url = api.run("p-image", json!({"prompt": "x"})).await.text("/generation_url");
    assert_eq!(send(api.get(&url)).await.status, 410);
    let upload = api.upload("a.png", support::png(8, 8), "image/png").await;
    assert_eq!(upload.status, 201);
    let edit = api.run("p-image-edit", json!({"prompt": "x", "images": [upload.text("/urls/get")]})).await;
    assert_eq!(edit.text("/status"), "failed");
}

#[tokio::test]
async fn a_response_is_delayed_on_the_emulators_clock() {
    let api = Api::new().await;
    api.emulator.faults().add(Fault::Delay { seconds: 3600.0 }.on(Operation::CreatePrediction));
    let waiting = tokio::spawn({
        let api = api.clone();
        async move { api.submit("p-image", json!({"prompt": "x"})).await }
    });
    wait_until(|| !api.emulator.predictions().is_empty()).await;
    // The delay begins some time after the prediction, so one step may come too early.
    wait_until(|| {
        api.emulator.advance(Duration::from_secs(3600));
        waiting.is_finished()
    })
    .await;
    assert_eq!(waiting.await.unwrap().status, 201);
}

#[tokio::test]
async fn faults_are_added_and_removed_over_http() {
    let api = Api::new().await;
    let control = |method: reqwest::Method, path: &str| api.client.request(method, api.url(path));
    let rules = json!([
        {"operation": "getPredictionStatus", "when": {"every": 2}, "fault": {"kind": "truncate", "after": 10}},
        {"operation": "uploadFile", "model": null, "when": {"chance": {"probability": 0.5, "seed": 7}}, "fault": {"kind": "refuse"}},
        {"operation": "createPrediction", "fault": {"kind": "url", "form": {"other": "https://example.com/"}}},
    ]);
    let added = send(control(reqwest::Method::POST, "/_emulator/faults").json(&rules)).await;
    assert_eq!((added.status.as_u16(), added.json()), (201, json!({"ids": [1, 2, 3]})));
    send(api.get("/v1/predictions/status/x")).await;
    let listed = send(control(reqwest::Method::GET, "/_emulator/faults")).await.json();
    assert_eq!(listed[0]["fault"], rules[0]["fault"]);
    assert_eq!((&listed[0]["matched"], &listed[0]["injected"]), (&json!(1), &json!(0)));
    assert_eq!(send(control(reqwest::Method::DELETE, "/_emulator/faults/2")).await.status, 204);
    assert_eq!(send(control(reqwest::Method::DELETE, "/_emulator/faults/2")).await.status, 404);
    assert_eq!(api.emulator.faults().list().len(), 2);
    assert_eq!(send(control(reqwest::Method::DELETE, "/_emulator/faults")).await.status, 204);
    assert_eq!(api.emulator.faults().list().len(), 0);
    for invalid in [
        json!({"operation": "fly", "fault": {"kind": "refuse"}}),
        json!({"operation": "uploadFile", "fault": {"kind": "x"}}),
    ] {
        assert_eq!(send(control(reqwest::Method::POST, "/_emulator/faults").json(&invalid)).await.status, 400);
    }
}

#[tokio::test]
async fn an_upload_can_be_reset_in_the_middle() {
    let api = Api::new().await;
    api.emulator.faults().add(Fault::ResetInRequest { after: 100_000 }.on(Operation::UploadFile).nth(1));
    let part = reqwest::multipart::Part::bytes(vec![0; 20_000_000]).file_name("a.bin");
    let form = reqwest::multipart::Form::new().part("content", part);
    let error = api.post("/v1/files").multipart(form).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    let received = api.emulator.requests()[0].body_length;
    assert!((100_000..20_000_000).contains(&received), "{received}");
    assert_eq!(api.upload("a.png", support::png(8, 8), "image/png").await.status, 201);
}

#[tokio::test]
async fn a_connection_that_hung_up_is_not_reused() {
    let api = Api::new().await;
    api.emulator.faults().add(Fault::HangUp.on(Operation::CreatePrediction).nth(1));
    let first = api.submit("p-image", json!({"prompt": "x"})).await;
    assert!(first.headers.get("connection").is_none(), "the closing is not announced");
    api.submit("p-image", json!({"prompt": "x"})).await;
    let connections: Vec<u64> = api.emulator.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [1, 2]);
}

#[tokio::test]
async fn data_before_a_reset_arrives() {
    let api = Api::new().await;
    let url = api.run("p-image", json!({"prompt": "x"})).await.text("/generation_url");
    let whole = send(api.get(&url)).await.body;
    let after = whole.len() - 10;
    api.emulator.faults().add(Fault::ResetInBody { after: after as u64 }.on(Operation::DownloadContent));
    let mut response = api.get(&url).send().await.unwrap();
    let mut received = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(chunk) => received.extend_from_slice(&chunk.expect("the body must not end normally")),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(received, whole[..after]);
}
