//! Unit tests of a program that uses pruna: with the emulator, and with queued responses.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use pruna::{Client, ErrorKind, Event, JobRef, Model, Prediction, inputs::PImage, poll::FixedInterval, test_util};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;
use test_util::QueuedResponses;

// The program.

/// What a customer hears of an order.
#[derive(Debug, PartialEq)]
enum Answer {
    Image(Vec<u8>),
    Later(Duration),
    Rejected(String),
    /// The job may be running, so it is neither repeated nor given up.
    Unclear,
}

async fn order(client: &Client, prompt: &str) -> pruna::Result<Answer> {
    match client.generate(PImage::new(prompt)).await {
        Ok(image) => Ok(Answer::Image(image.bytes().await?.to_vec())),
        Err(error) => answer(error),
    }
}

fn answer(error: pruna::Error) -> pruna::Result<Answer> {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::PredictionFailed => Ok(Answer::Rejected(error.message().to_owned())),
        ErrorKind::RateLimited => Ok(Answer::Later(error.retry_after().unwrap_or(Duration::from_secs(60)))),
        ErrorKind::SubmissionUnknown | ErrorKind::Timeout => Ok(Answer::Unclear),
        _ => Err(error),
    }
}

/// Draws a bar for each event of a job.
async fn bars(job: &Prediction) -> pruna::Result<Vec<String>> {
    let mut bars = Vec::new();
    let mut events = job.watch();
    while let Some(event) = events.next().await {
        bars.push(match event? {
            Event::Started { .. } => "....".to_owned(),
            Event::Finished(_) => "####".to_owned(),
            _ => "##..".to_owned(),
        });
    }
    Ok(bars)
}

// Its tests with the emulator: real HTTP, real files, injected faults.

async fn emulated() -> (Emulator, Client) {
    let emulator = Emulator::builder().start().await.unwrap();
    let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url());
    let client = client.poll_policy(FixedInterval::new(Duration::from_millis(2))).build().unwrap();
    (emulator, client)
}

#[tokio::test]
async fn an_order_is_delivered() {
    let (emulator, client) = emulated().await;
    let Answer::Image(content) = order(&client, "a lion").await.unwrap() else { unreachable!() };
    assert!(content.starts_with(b"\xff\xd8\xff"));
    assert_eq!(emulator.predictions()[0].model, "p-image");
}

#[tokio::test]
async fn a_download_that_fails_is_repeated() {
    let (emulator, client) = emulated().await;
    emulator.faults().add(Fault::status(503).on(Operation::DownloadContent).first(1));
    assert!(matches!(order(&client, "a lion").await.unwrap(), Answer::Image(_)));
    assert_eq!(emulator.faults().injected(Operation::DownloadContent), 1);
}

#[tokio::test]
async fn an_order_with_an_unknown_outcome_is_not_repeated() {
    let (emulator, client) = emulated().await;
    emulator.faults().add(Fault::status(502).on(Operation::CreatePrediction));
    assert_eq!(order(&client, "a lion").await.unwrap(), Answer::Unclear);
    assert_eq!(emulator.requests().len(), 1);
}

// Its tests with queued responses: no server, no network, no time.

#[tokio::test]
async fn a_failed_order_is_rejected_with_the_reason() {
    let responses = QueuedResponses::new().json(201, json!({"id": "job", "status": "failed", "error": "not allowed"}));
    let answer = order(&test_util::client(&responses), "a lion").await.unwrap();
    assert_eq!(answer, Answer::Rejected("not allowed".to_owned()));
    assert_eq!(responses.requests()[0].headers["model"], "p-image");
}

#[tokio::test]
async fn a_bar_grows_with_the_job() {
    let responses = QueuedResponses::new()
        .json(200, json!({"status": "processing"}))
        .json(200, json!({"status": "succeeded", "generation_url": "https://example.org/lion.jpg"}));
    let client = test_util::client(&responses);
    let job = client.attach(JobRef::new("job", Model::P_IMAGE));
    assert_eq!(bars(&job).await.unwrap(), ["....", "##..", "####"]);
    assert_eq!(responses.remaining(), 0);
}

#[test]
fn every_error_has_an_answer() {
    let answer = |kind| answer(test_util::error(kind, "reason")).ok();
    assert_eq!(answer(ErrorKind::InvalidInput), Some(Answer::Rejected("reason".to_owned())));
    assert_eq!(answer(ErrorKind::RateLimited), Some(Answer::Later(Duration::from_secs(60))));
    assert_eq!(answer(ErrorKind::SubmissionUnknown), Some(Answer::Unclear));
    assert_eq!(answer(ErrorKind::Unauthorized), None);
}
