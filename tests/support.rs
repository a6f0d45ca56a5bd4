//! What the tests share: an emulator and a client that polls it without pauses.

use std::time::Duration;

use pruna::{Client, ClientBuilder, poll::FixedInterval};
use pruna_emulator::Emulator;

pub(crate) async fn emulator() -> Emulator {
    Emulator::builder().start().await.unwrap()
}

/// A builder for a client of the emulator.
pub(crate) fn builder(emulator: &Emulator) -> ClientBuilder {
    Client::builder()
        .api_key(emulator.api_key())
        .base_url(emulator.url())
        .poll_policy(FixedInterval::new(Duration::from_millis(2)))
}

pub(crate) fn client(emulator: &Emulator) -> Client {
    builder(emulator).build().unwrap()
}

/// How many requests of an operation the emulator got.
pub(crate) fn sends(emulator: &Emulator, operation: &str) -> usize {
    emulator.requests().iter().filter(|request| request.operation.as_deref() == Some(operation)).count()
}
