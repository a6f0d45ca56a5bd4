//! Reused connections, and configurations of the HTTP client that would break the guarantees.

use std::time::Duration;

use pruna::Request;
use pruna_emulator::faults::{Fault, Operation};
use serde_json::json;

use crate::support::{self, sends};

fn request() -> Request {
    Request::new("p-image", json!({"prompt": "x", "aspect_ratio": "custom", "width": 256, "height": 256}))
}

#[tokio::test]
async fn a_submission_on_a_dead_pooled_connection_is_sent_once_on_a_new_one() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    emulator.faults().add(Fault::HangUp.on(Operation::CreatePrediction).every(2));
    for number in 1..=6 {
        client.submit(request()).await.unwrap();
        assert_eq!((sends(&emulator, "createPrediction"), emulator.predictions().len()), (number, number));
        // The client's side of the connection gets to know of the end.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let connections: std::collections::BTreeSet<u64> = emulator.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections.len(), 3, "each connection served twice");
}

#[tokio::test]
async fn a_submission_on_a_connection_that_breaks_has_an_unknown_outcome() {
    let emulator = support::emulator().await;
    let client = support::client(&emulator);
    client.submit(request()).await.unwrap();
    // The service takes the second one, over the same connection, and dies before it answers.
    emulator.faults().add(Fault::ResetBeforeHead.on(Operation::CreatePrediction));
    let error = client.submit(request()).await.unwrap_err();
    assert!(error.is_submission_unknown(), "{error}");
    assert_eq!((sends(&emulator, "createPrediction"), emulator.predictions().len()), (2, 2));
}

#[tokio::test]
async fn no_configuration_of_the_http_client_enables_redirects_or_hidden_retries() {
    let emulator = support::emulator().await;
    let other = support::emulator().await;
    let client = support::builder(&emulator)
        .max_attempts(1)
        .configure_http(|http| {
            let again = reqwest::retry::for_host("127.0.0.1")
                .no_budget()
                .max_retries_per_request(5)
                .classify_fn(|attempt| attempt.retryable());
            http.redirect(reqwest::redirect::Policy::limited(10)).referer(true).retry(again)
        })
        .build()
        .unwrap();
    let location = format!("{}/v1/predictions", other.url());
    let faults = [Fault::status(503), Fault::ResetBeforeHead, Fault::Redirect { status: 307, location }];
    for (number, fault) in faults.into_iter().enumerate() {
        emulator.faults().clear();
        emulator.faults().add(fault.on(Operation::CreatePrediction));
        client.submit(request()).await.unwrap_err();
        assert_eq!(sends(&emulator, "createPrediction"), number + 1);
    }
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn max_attempts_of_one_disables_retries() {
    let emulator = support::emulator().await;
    let client = support::builder(&emulator).max_attempts(1).build().unwrap();
    let job = client.submit(request().try_sync(false)).await.unwrap();
    let url = job.wait().await.unwrap().urls()[0].clone();
    for operation in
        [Operation::CreatePrediction, Operation::GetPredictionStatus, Operation::UploadFile, Operation::DownloadContent]
    {
        emulator.clear_requests();
        emulator.faults().add(Fault::RateLimited { retry_after: Some("0".into()), reset: None }.on(operation));
        let error = match operation {
            Operation::CreatePrediction => client.submit(request()).await.unwrap_err(),
            Operation::GetPredictionStatus => job.status().await.unwrap_err(),
            Operation::UploadFile => client.upload(pruna::Media::bytes(b"x".as_slice())).await.unwrap_err(),
            _ => client.download(&url).bytes().await.unwrap_err(),
        };
        assert!(error.is_rate_limited() && error.attempts() == 1, "{error}");
        assert_eq!(emulator.requests().len(), 1, "{operation:?}");
    }
}
