//! A model by name, bound to a client.

use std::time::Duration;

use serde::Serialize;

use super::Client;
use crate::{Generation, Model, Prediction, Request, Result};

/// A model bound to a client: see [`Client::model`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before an input is given and awaited"]
pub struct ModelHandle {
    client: Client,
    model: Model,
}

impl ModelHandle {
    pub(crate) fn new(client: Client, model: Model) -> Self {
        Self { client, model }
    }

    /// Sets the input: anything that serializes to a JSON object.
    pub fn input(self, input: impl Serialize) -> ModelRequest {
        ModelRequest { request: Request::new(self.model, input), client: self.client }
    }
}

/// A request bound to the client that sends it: see [`Client::model`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before generate or submit is awaited"]
pub struct ModelRequest {
    client: Client,
    request: Request,
}

impl ModelRequest {
    /// Sets whether the response to the submission should contain the result: see [`Request::try_sync`].
    pub fn try_sync(mut self, try_sync: bool) -> Self {
        self.request = self.request.try_sync(try_sync);
        self
    }

    /// Sets the maximum time from submission to result: see [`Request::deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request = self.request.deadline(deadline);
        self
    }

    /// Submits the request and waits for the result: see [`Client::generate`].
    ///
    /// # Errors
    ///
    /// As [`Client::generate`].
    pub async fn generate(self) -> Result<Generation> {
        self.client.generate(self.request).await
    }

    /// Submits the request and returns the job: see [`Client::submit`].
    ///
    /// # Errors
    ///
    /// As [`Client::submit`].
    pub async fn submit(self) -> Result<Prediction> {
        self.client.submit(self.request).await
    }
}
