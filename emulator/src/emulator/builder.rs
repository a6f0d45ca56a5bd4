//! The builder of an emulator.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::Emulator;
use crate::document::Document;
use crate::settings::{LimitWindow, Settings, SyncTimeout};
use crate::state::State;

const MIB: usize = 1024 * 1024;

/// Configures and starts an emulator.
///
/// Created by [`Emulator::builder`].
#[derive(Debug, Clone)]
#[must_use = "the emulator does not run until `start` is called"]
pub struct Builder {
    settings: Settings,
    document: Option<Value>,
}

impl Builder {
    pub(super) fn new() -> Self {
        let settings = Settings {
            port: 0,
            speed: 0.0,
            limits: false,
            limit_window: LimitWindow::Fixed,
            limit_headers: true,
            api_key: Emulator::DEFAULT_KEY.to_owned(),
            additional_api_keys: Vec::new(),
            upload_limit: 100_000_000,
            max_connections: 1024,
            sync_window: Duration::from_secs(60),
            sync_timeout: SyncTimeout::Handle,
            request_memory: 32 * MIB,
            prediction_memory: 24 * MIB,
            upload_memory: 16 * MIB,
            upload_disk: 1024 * MIB,
        };
        Self { settings, document: None }
    }

    /// Sets the port on 127.0.0.1. Default: 0, any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.settings.port = port;
        self
    }

    /// Sets the duration of predictions, as a factor of the model's typical time. Default: 0.
    ///
    /// With 0 predictions finish at once; with 1 they take as long as on the service. The maximum is 1,000,000. Negative
    /// factors, NaN and infinity count as 0.
    pub fn speed(mut self, factor: f64) -> Self {
        self.settings.speed = if factor.is_finite() { factor.clamp(0.0, 1e6) } else { 0.0 };
        self
    }

    /// Enables rate limits, with status 429 and rate limit headers. Default: `false`.
    ///
    /// The limits are those of the OpenAPI document, in requests per minute.
    pub fn limits(mut self, on: bool) -> Self {
        self.settings.limits = on;
        self
    }

    /// Sets how rate limits are counted. Default: [`LimitWindow::Fixed`].
    ///
    /// Has no effect without [`Builder::limits`].
    pub fn limit_window(mut self, window: LimitWindow) -> Self {
        self.settings.limit_window = window;
        self
    }

    /// Enables the headers `RateLimit-Limit`, `-Remaining` and `-Reset`, and the gateway's `X-RateLimit-` headers.
    /// Default: `true`.
    ///
    /// Has no effect without [`Builder::limits`]. A response with status 429 has `Retry-After` in any case.
    pub fn limit_headers(mut self, on: bool) -> Self {
        self.settings.limit_headers = on;
        self
    }

    /// Sets the API key to accept. Default: [`Emulator::DEFAULT_KEY`].
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_key = key.into();
        self
    }

    /// Accepts another API key as well, for tests that rotate keys. All keys share predictions and rate limits.
    pub fn additional_api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.additional_api_keys.push(key.into());
        self
    }

    /// Sets the maximum size of an upload in bytes. Default: 100,000,000 (100 MB).
    ///
    /// The response to a larger upload is 413.
    pub fn upload_limit(mut self, bytes: u64) -> Self {
        self.settings.upload_limit = bytes;
        self
    }

    /// Sets the maximum number of open connections, from 1 to 100,000. Default: 1024.
    ///
    /// Further ones wait. While three quarters are open, connections are closed after a response (`Connection: close`).
    pub fn max_connections(mut self, count: usize) -> Self {
        self.settings.max_connections = count.clamp(1, 100_000);
        self
    }

    /// Sets the memory for recorded requests in bytes. Default: 32 MiB, enough for about 20,000 without long bodies.
    ///
    /// Beyond, the oldest are dropped; see [`Emulator::dropped_requests`].
    pub fn request_memory(mut self, bytes: usize) -> Self {
        self.settings.request_memory = bytes;
        self
    }

    /// Sets the memory for predictions in bytes. Default: 24 MiB, enough for about 25,000 with a short prompt.
    ///
    /// Beyond, the oldest that have ended are dropped: for a client, they have expired. If not enough have ended, the
    /// response to a submission is 503.
    pub fn prediction_memory(mut self, bytes: usize) -> Self {
        self.settings.prediction_memory = bytes;
        self
    }

    /// Sets the memory for uploads up to 1 MiB each, in bytes. Default: 16 MiB.
    ///
    /// Beyond, those that have not been used for the longest time are dropped, as if they had expired.
    pub fn upload_memory(mut self, bytes: usize) -> Self {
        self.settings.upload_memory = bytes;
        self
    }

    /// Sets the space for larger uploads in bytes. Default: 1 GiB. They are in at most 128 temporary files.
    ///
    /// Beyond, those that have not been used for the longest time are dropped, as if they had expired. If the uploads in
    /// progress alone need more, the response is 503.
    pub fn upload_disk(mut self, bytes: usize) -> Self {
        self.settings.upload_disk = bytes;
        self
    }

    /// Sets how long a submission with `Try-Sync` waits for the result. Default: 60 seconds.
    pub fn sync_window(mut self, window: Duration) -> Self {
        self.settings.sync_window = window;
        self
    }

    /// Sets the response when the sync window ends before the prediction. Default: [`SyncTimeout::Handle`].
    pub fn sync_timeout(mut self, response: SyncTimeout) -> Self {
        self.settings.sync_timeout = response;
        self
    }

    /// Replaces the OpenAPI document, for example by a later version. Default: the one of this crate's version.
    pub fn document(mut self, document: Value) -> Self {
        self.document = Some(document);
        self
    }

    /// Starts the emulator on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If the port is in use, or if the OpenAPI document has no operations.
    ///
    /// # Panics
    ///
    /// If it is not called in a tokio runtime.
    pub async fn start(self) -> io::Result<Emulator> {
        let document = Document::read(self.document)?;
        Emulator::start(State::new(self.settings, document)).await
    }
}
