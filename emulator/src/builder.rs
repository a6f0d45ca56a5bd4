//! Settings of an emulator before it starts.

use std::io;
use std::time::Duration;

use serde_json::Value;

use crate::document::Document;
use crate::emulator::Emulator;
use crate::state::{Settings, State, SyncTimeout};

/// Configures an emulator; made by [`Emulator::builder`].
#[derive(Debug, Clone)]
#[must_use = "an emulator does nothing before `start`"]
pub struct Builder {
    settings: Settings,
    document: Option<Value>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let settings = Settings {
            port: 0,
            speed: 0.0,
            limits: false,
            api_key: Emulator::DEFAULT_KEY.to_owned(),
            upload_limit: 100_000_000,
            sync_window: Duration::from_secs(60),
            sync_timeout: SyncTimeout::Handle,
        };
        Self { settings, document: None }
    }

    /// The port on 127.0.0.1. Default: 0, any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.settings.port = port;
        self
    }

    /// Factor on the time that a model usually takes. Default: 0, finished at once; 1 is as slow as the service.
    pub fn speed(mut self, factor: f64) -> Self {
        self.settings.speed = if factor.is_finite() { factor.clamp(0.0, 1e6) } else { 0.0 };
        self
    }

    /// Whether the rate limits of the document are enforced, with 429 and the headers. Default: no.
    pub fn limits(mut self, on: bool) -> Self {
        self.settings.limits = on;
        self
    }

    /// The one key that is accepted. Default: [`Emulator::DEFAULT_KEY`].
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_key = key.into();
        self
    }

    /// Largest upload in bytes; beyond it the answer is 413. Default: 100 MB.
    pub fn upload_limit(mut self, bytes: u64) -> Self {
        self.settings.upload_limit = bytes;
        self
    }

    /// How long a submission with `Try-Sync` waits for the result. Default: 60 seconds.
    pub fn sync_window(mut self, window: Duration) -> Self {
        self.settings.sync_window = window;
        self
    }

    /// What is answered when the sync window ends before the run. Default: [`SyncTimeout::Handle`].
    pub fn sync_timeout_answer(mut self, answer: SyncTimeout) -> Self {
        self.settings.sync_timeout = answer;
        self
    }

    /// Another OpenAPI document, say of a later version of the API. Default: the one this crate was built with.
    pub fn document(mut self, document: Value) -> Self {
        self.document = Some(document);
        self
    }

    /// Starts listening. The emulator runs on the current tokio runtime until the last handle is dropped.
    ///
    /// # Errors
    ///
    /// If the port is taken, or if the document has no operations.
    pub async fn start(self) -> io::Result<Emulator> {
        let document = Document::read(self.document)?;
        Emulator::start(State::new(self.settings, document)).await
    }
}
