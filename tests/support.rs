//! Shared by the tests: an emulator, and a client that polls it every two milliseconds.

use std::time::Duration;

use pruna::{Client, ClientBuilder, poll::FixedInterval};
use pruna_emulator::Emulator;

pub(crate) async fn emulator() -> Emulator {
    Emulator::builder().start().await.unwrap()
}

/// Starts to configure a client of the emulator.
pub(crate) fn builder(emulator: &Emulator) -> ClientBuilder {
    Client::builder()
        .api_key(emulator.api_key())
        .base_url(emulator.url())
        .poll_policy(FixedInterval::new(Duration::from_millis(2)))
}

pub(crate) fn client(emulator: &Emulator) -> Client {
    builder(emulator).build().unwrap()
}

/// Returns the number of requests of an operation that the emulator received.
pub(crate) fn sends(emulator: &Emulator, operation: &str) -> usize {
    emulator.requests().iter().filter(|request| request.operation.as_deref() == Some(operation)).count()
}

/// Returns the input of the last submission that the emulator received.
pub(crate) fn submitted(emulator: &Emulator) -> serde_json::Value {
    let requests = emulator.requests();
    let last = requests.iter().rfind(|request| request.operation.as_deref() == Some("createPrediction")).unwrap();
    last.json().unwrap()["input"].clone()
}
