//! A canary key and a canary token are used in every operation, in a separate process that logs everything. Neither may
//! appear in its output: in a log, printed, as JSON, or in the text of a panic.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, process::Command, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _};
use pruna::{Client, Error, Media, Request, Secret, inputs::PImage};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;

use crate::support;

const INSIDE: &str = "PRUNA_CANARY_SCENARIO";
const KEY: &str = "pru_canary-0123.456_789";
const TOKEN: &str = "hf_canary0123456789";
const PROMPT: &str = "the canary's prompt";

#[test]
fn a_process_that_logs_everything_reveals_neither_key_nor_token() {
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "canary::the_scenario", "--nocapture", "--test-threads=1"];
    let output = Command::new(program).args(arguments).env(INSIDE, "1").env("RUST_BACKTRACE", "full").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let logged = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{logged}");
    for text in [&printed, &logged] {
        for secret in ["pru_canary", "hf_canary"] {
            assert!(!text.contains(secret), "{secret} in {}", around(text, secret));
        }
    }
    assert!(!logged.contains(PROMPT), "the prompt is in the log: {}", around(&logged, PROMPT));
    // The canary did fly: it was repeated by the service and taken out, and the log is a full one.
    assert!(printed.contains("[secret]") && printed.contains("scenario complete"), "{printed}");
    for expected in [
        "generate{",
        "submit{",
        "wait{",
        "upload",
        "download{",
        "attempt{",
        "http.request.method=POST",
        "TRACE",
        "panicked",
    ] {
        assert!(logged.contains(expected), "no {expected} in the log:\n{logged}");
    }
}

fn around(text: &str, part: &str) -> String {
    let Some(at) = text.find(part) else { return String::new() };
    let from = (0..=at.saturating_sub(300)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text[from..at + part.len()].to_owned()
}

/// Prints a value in every way it can be printed.
fn show(value: &(impl std::fmt::Debug + ?Sized)) {
    println!("{value:?}\n{value:#?}");
}

fn show_error(error: &Error) {
    show(error);
    println!("{error}\n{error:#}\n{}\n{:?}\n{:?}", error.message(), error.body(), error.field());
    println!("{:?}\n{:?}", error.request_id(), error.job().map(|job| serde_json::to_string(job).unwrap()));
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        println!("{error} {error:?}");
        source = error.source();
    }
}

/// What is run in the inner process; on its own it does nothing, because it would fill the log of the other tests.
#[test]
fn the_scenario() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let emulator = Emulator::builder().api_key(KEY).start().await.unwrap();
        let client = support::builder(&emulator)
            .attempt_timeout(Duration::from_secs(5))
            .configure_http(|http| http.connection_verbose(true))
            .build()
            .unwrap();
        successful_calls(&client).await;
        failing_calls(&client, &emulator).await;
        calls_that_send_nothing(&emulator).await;
        panicking_calls(&client, &emulator).await;
    });
    println!("scenario complete");
}

fn input() -> PImage {
    let mut input = PImage::new(PROMPT);
    input.hf_api_token = Some(Secret::from(TOKEN));
    input
}

fn request() -> Request {
    input().into()
}

async fn successful_calls(client: &Client) {
    let folder = tempfile::tempdir().unwrap();
    show(client);
    show(&request());
    show(&input().hf_api_token);
    let image = client.generate(request()).await.unwrap();
    show(&image);
    println!("{}", image.response());
    show(&image.save(folder.path().join("a.jpg")).await.unwrap());
    show(&image.file(0).unwrap());
    image.stream().await.unwrap().for_each(|piece| async { drop(piece.unwrap()) }).await;
    let job = client.submit(request().try_sync(false)).await.unwrap();
    show(&job);
    println!("{}", serde_json::to_string(&job.job_ref()).unwrap());
    let mut events = job.watch();
    while let Some(event) = events.next().await {
        show(&event.unwrap());
    }
    let upload = client.upload(Media::bytes(b"\x89PNG\r\n\x1a\n".as_slice())).await.unwrap();
    show(&upload);
    println!("{}", serde_json::to_string(&upload).unwrap());
    let raw = pruna::raw::Client::connect(&client_base(client), KEY).unwrap();
    show(&raw);
    let parameters = json!({"prompt": PROMPT}).as_object().cloned().unwrap();
    let answer =
        raw.create_prediction("p-image", None, &pruna::raw::types::PredictionRequest { input: parameters }).await;
    show(answer.unwrap().headers());
}

/// The base URL that a client prints.
fn client_base(client: &Client) -> String {
    let printed = format!("{client:?}");
    printed.split('"').nth(1).unwrap().to_owned()
}

/// A service that repeats key and token wherever it can.
fn echoes(token: &str) -> Vec<Fault> {
    let envelope = json!({
        "error": {"code": "X", "message": format!("no {KEY} and {token}"), "details": format!("Field '{KEY}' {token}")},
        "request_id": KEY,
        "invalid_fields": [{"field": format!("input.{token}{KEY}")}],
    });
    let gateway =
        json!({"message": format!("additional properties forbidden, found {KEY} {token}"), "request_id": KEY});
    let mut faults = Vec::new();
    for (status, body) in [
        (400, envelope.to_string()),
        (401, gateway.to_string()),
        (422, envelope.to_string()),
        (429, gateway.to_string()),
        (503, format!("<html>{KEY} {token}</html>")),
        // Where the body is cut, and where the message is.
        (500, format!("{}{token} {KEY}", "x".repeat(4096 - token.len() / 2 - 4))),
        (400, format!("{}{KEY} {token}", "x ".repeat(495))),
        (200, format!("not JSON: {KEY} {token}")),
        (201, json!({"hello": KEY, "input": {"hf_api_token": token}}).to_string()),
        (200, json!({"status": "failed", "error": format!("401 for {token}, {KEY}")}).to_string()),
        (200, json!({"status": "succeeded", "generation_url": format!("https://{KEY}:{token}@h/")}).to_string()),
        (200, json!({"status": "succeeded", "generation_url": format!("https://h:{KEY}{token}/")}).to_string()),
    ] {
        let headers = BTreeMap::from([
            ("retry-after".to_owned(), "0.01".to_owned()),
            ("x-request-id".to_owned(), format!("{KEY} {token}")),
            ("content-type".to_owned(), "application/json".to_owned()),
        ]);
        faults.push(Fault::Status { status, headers, body: Some(body) });
    }
    faults.push(Fault::Redirect { status: 307, location: format!("https://h/?apikey={KEY}&t={token}") });
    // The answer, which repeats the input, is cut off near its end.
    faults.push(Fault::WrongLength { difference: -3 });
    faults
}

async fn failing_calls(client: &Client, emulator: &Emulator) {
    let folder = tempfile::tempdir().unwrap();
    let url = client.generate(request()).await.unwrap().urls()[0].clone();
    let faults = emulator.faults();
    for echo in echoes(TOKEN) {
        let job = client.submit(request().try_sync(false)).await.unwrap();
        faults.add(echo.clone().on(Operation::CreatePrediction));
        for error in [client.submit(request()).await.err(), client.generate(request()).await.err()].iter().flatten() {
            show_error(error);
        }
        faults.clear();
        faults.add(echo.on(Operation::GetPredictionStatus));
        let events: Vec<_> = job.watch().collect().await;
        events.iter().for_each(show);
        events.iter().filter_map(|event| event.as_ref().err()).for_each(show_error);
        job.try_wait().await.err().iter().for_each(show_error);
        faults.clear();
    }
    // These send no token, so that there is none to be repeated.
    for echo in echoes("") {
        let job = client.submit(request().try_sync(false)).await.unwrap();
        for operation in [Operation::GetPredictionStatus, Operation::UploadFile, Operation::DownloadContent] {
            faults.add(echo.clone().on(operation));
        }
        let attached = client.attach(job.job_ref().unwrap());
        let media = Media::bytes(vec![7; fastrand::usize(1..999)]);
        let errors = [
            attached.wait().await.err(),
            client.status(job.id().unwrap()).await.err(),
            client.upload(media).await.err(),
            client.download(&url).save(folder.path().join("b.jpg")).await.err(),
        ];
        errors.iter().flatten().for_each(show_error);
        faults.clear();
    }
}

async fn calls_that_send_nothing(emulator: &Emulator) {
    for base in
        [format!("https://{KEY}@h"), format!("https://h?apikey={KEY}"), format!("http://h/{KEY}"), KEY.to_owned()]
    {
        let builder = support::builder(emulator).base_url(base);
        show(&builder);
        show_error(&builder.build().unwrap_err());
    }
    show_error(&support::builder(emulator).api_key(format!("{KEY} ")).build().unwrap_err());
    let wrong = json!({"prompt": PROMPT, "hf_api_token": TOKEN, "seed": "x"});
    let strict = support::builder(emulator).strict_inputs(true).build().unwrap();
    show_error(&strict.model("p-image").input(&wrong).submit().await.unwrap_err());
    let wrong = json!({"prompt": PROMPT, "hf_api_token": [TOKEN]});
    show_error(&strict.model("p-image").input(&wrong).submit().await.unwrap_err());
}

async fn panicking_calls(client: &Client, emulator: &Emulator) {
    let body = Some(format!("{KEY} {TOKEN}"));
    emulator
        .faults()
        .add(Fault::Status { status: 500, headers: BTreeMap::new(), body }.on(Operation::CreatePrediction));
    let panicking = AssertUnwindSafe(async {
        client.submit(request()).await.unwrap();
    });
    assert!(panicking.catch_unwind().await.is_err());
}
