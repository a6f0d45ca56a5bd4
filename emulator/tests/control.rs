//! Recorded requests, the control interface, start and stop, and the program.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::process::{Command, Stdio};
use std::time::Duration;

use pruna_emulator::Emulator;
use serde_json::json;
use support::{Api, install_crypto, send};

#[tokio::test]
async fn requests_are_recorded() {
    let api = Api::new().await;
    api.run("p-image", json!({"prompt": "a lion"})).await;
    api.upload("a.png", support::png(200, 200), "image/png").await;
    send(api.get("/v1/models?page=2")).await;
    let requests = api.emulator.requests();
    let summary: Vec<_> = requests
        .iter()
        .map(|r| {
            (
                r.method.as_str(),
                r.path.as_str(),
                r.query.as_deref(),
                r.operation.as_deref(),
                r.model.as_deref(),
                r.status,
            )
        })
        .collect();
    assert_eq!(
        summary,
        [
            ("POST", "/v1/predictions", None, Some("createPrediction"), Some("p-image"), Some(201)),
            ("POST", "/v1/files", None, Some("uploadFile"), None, Some(201)),
            ("GET", "/v1/models", Some("page=2"), None, None, Some(404)),
        ]
    );
    assert_eq!(requests[0].json(), Some(json!({"input": {"prompt": "a lion"}})));
    assert_eq!(requests[0].header("Try-Sync"), Some("true"));
    assert!(requests.iter().all(|request| request.has_key(Emulator::DEFAULT_KEY)));
    assert_eq!(requests[0].body_length, requests[0].body.len() as u64);
    assert!(requests[1].time >= requests[0].time);
    api.emulator.clear_requests();
    assert_eq!(api.emulator.requests().len(), 0);
}

#[tokio::test]
async fn a_long_body_is_truncated_in_the_record() {
    let api = Api::new().await;
    api.upload("a.bin", vec![b'x'; 300_000], "application/octet-stream").await;
    let request = &api.emulator.requests()[0];
    assert_eq!(request.body.len(), 65_536);
    assert_eq!(request.body_sha256.as_ref().map(String::len), Some(64));
    assert_eq!(request.header("content-length").unwrap().parse(), Ok(request.body_length));
}

#[tokio::test]
async fn records_are_available_over_http() {
    let api = Api::new().await;
    let control = |method, path: &str| send(api.client.request(method, api.url(path)));
    use reqwest::Method;
    assert_eq!(control(Method::GET, "/_emulator/health").await.json(), json!({"status": "ok"}));
    api.submit("p-image", json!({"prompt": "a lion"})).await;
    let requests = control(Method::GET, "/_emulator/requests").await.json();
    assert_eq!(
        (&requests[0]["path"], &requests[0]["body"]),
        (&json!("/v1/predictions"), &json!(r#"{"input":{"prompt":"a lion"}}"#))
    );
    let predictions = control(Method::GET, "/_emulator/predictions").await.json();
    assert_eq!(
        (&predictions[0]["status"], &predictions[0]["input"]["prompt"]),
        (&json!("succeeded"), &json!("a lion"))
    );
    assert_eq!(control(Method::DELETE, "/_emulator/requests").await.status, 204);
    assert_eq!(control(Method::GET, "/_emulator/requests").await.json(), json!([]));
    assert_eq!(control(Method::GET, "/_emulator/nothing").await.status, 404);
}

#[tokio::test]
async fn the_clock_is_advanced_over_http() {
    let api = Api::with(Emulator::builder().speed(1.0)).await;
    let handle = api.submit("wan-t2v", json!({"prompt": "waves"})).await;
    let clock = |body| send(api.client.post(api.url("/_emulator/clock")).json(&body));
    assert_eq!(clock(json!({"advance_seconds": 60})).await.status, 200);
    assert_eq!(send(api.get(&handle.text("/get_url"))).await.text("/status"), "succeeded");
    for invalid in [json!({"advance_seconds": -1}), json!({"advance_seconds": "x"}), json!({})] {
        assert_eq!(clock(invalid).await.status, 400);
    }
}

#[tokio::test]
async fn the_server_stops_with_the_last_handle() {
    let api = Api::new().await;
    let (url, copy) = (api.emulator.url().to_owned(), api.emulator.clone());
    drop(api);
    let health = || reqwest::get(format!("{url}/_emulator/health"));
    assert_eq!(health().await.unwrap().status(), 200);
    drop(copy);
    // The listener is closed when the runtime has dropped its task.
    let is_closed = async {
        while health().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), is_closed).await.unwrap();
}

#[tokio::test]
async fn the_port_stays_reserved_between_a_shutdown_and_a_restart() {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.url().trim_start_matches("http://").to_owned();
    emulator.shutdown().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    let taken = socket.bind(address.parse().unwrap()).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    assert!(reqwest::get(emulator.url()).await.unwrap_err().is_connect());
    emulator.restart().await.unwrap();
}

#[tokio::test]
async fn predictions_survive_a_restart() {
    let api = Api::new().await;
    let handle = api.submit("p-image", json!({"prompt": "x"})).await;
    api.emulator.shutdown().await;
    let error = api.get(&handle.text("/get_url")).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    api.emulator.restart().await.unwrap();
    api.emulator.restart().await.unwrap();
    assert_eq!(send(api.get(&handle.text("/get_url"))).await.text("/status"), "succeeded");
}

#[tokio::test]
async fn only_the_configured_key_is_accepted() {
    let api = Api::with(Emulator::builder().api_key("pru_configured")).await;
    assert_eq!(api.emulator.api_key(), "pru_configured");
    assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201);
    let wrong = api.client.get(api.url("/v1/predictions/status/x")).header("apikey", Emulator::DEFAULT_KEY);
    assert_eq!(send(wrong).await.status, 401);
}

#[tokio::test]
async fn an_additional_key_is_accepted_too() {
    let api = Api::with(Emulator::builder().api_key("pru_first").additional_api_key("pru_second")).await;
    assert_eq!(api.submit("p-image", json!({"prompt": "x"})).await.status, 201);
    for (key, status) in [("pru_second", 404), ("pru_third", 401)] {
        let request = api.client.get(api.url("/v1/predictions/status/unknown")).header("apikey", key);
        assert_eq!(send(request).await.status, status, "{key}");
    }
}

#[tokio::test]
async fn a_document_without_operations_is_an_error() {
    let error = Emulator::builder().document(json!({"openapi": "3.0.3"})).start().await.unwrap_err();
    assert_eq!(error.to_string(), "the document has no operation");
}

#[tokio::test]
async fn the_program_runs_with_its_options_until_it_is_killed() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    install_crypto();
    // Status requests have a limit of 30,000 per minute.
    let cases: [(&[&str], Option<&str>); 5] = [
        (&["--limits", "off"], None),
        (&[], Some("29999")),
        (&["--window", "sliding"], Some("29999")),
        (&["--limits", "on", "--window", "bucket", "--limit-headers", "on"], Some("2999")),
        (&["--window", "fixed", "--limit-headers", "off"], None),
    ];
    for (arguments, remaining) in cases {
        let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_pruna-emulator"))
            .args(["--port", "0", "--speed", "0", "--api-key", "pru_program"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let url = first.strip_prefix("P-API emulator at ").unwrap();
        let client = reqwest::Client::new();
        let request = client.post(format!("{url}/v1/predictions")).header("apikey", "pru_program");
        let response = send(request.header("Model", "p-image").json(&json!({"input": {"prompt": "x"}}))).await;
        assert_eq!(response.status, 201);
        let poll = send(client.get(response.text("/get_url")).header("apikey", "pru_program")).await;
        let header = poll.headers.get("ratelimit-remaining").map(|value| value.to_str().unwrap());
        assert_eq!((poll.status.as_u16(), header), (200, remaining), "{arguments:?}");
        program.kill().await.unwrap();
    }
}

#[test]
fn the_program_rejects_invalid_arguments() {
    let cases: [(&[&str], &str); 6] = [
        (&["--prot", "1"], "invalid option '--prot'"),
        (&["--port", "many"], "cannot parse argument \"many\""),
        (&["--limits", "maybe"], "invalid value 'maybe' for --limits: use on or off"),
        (&["--limit-headers", "1"], "invalid value '1' for --limit-headers: use on or off"),
        (&["--window", "open"], "invalid value 'open' for --window: use fixed, sliding or bucket"),
        (&["extra"], "unexpected argument \"extra\""),
    ];
    for (arguments, expected) in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_pruna-emulator")).args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(message.starts_with(&format!("pruna-emulator: {expected}")), "{message}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_pruna-emulator")).arg("--help").output().unwrap();
    assert!(String::from_utf8(help.stdout).unwrap().contains("--port"));
}
