//! Settings of an emulator.

use std::fmt;
use std::time::Duration;

/// The response to `Try-Sync` when a prediction takes longer than the sync window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SyncTimeout {
    /// Status 201 with the prediction's id and `get_url`, as documented. The client continues by polling.
    #[default]
    Handle,
    /// Status 504 with an HTML page and no id, as seen on the live service. The prediction continues, but the client
    /// cannot poll it.
    GatewayTimeout,
}

/// How rate limits are counted, all of them per minute.
///
/// The service does not say how it counts. A client should work with each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LimitWindow {
    /// Fixed windows of 60 seconds: the whole limit is available again every minute, counted from the emulator's start.
    #[default]
    Fixed,
    /// A sliding window of 60 seconds: a request is accepted if fewer than the limit were in the 60 seconds before.
    Sliding,
    /// A token bucket: a tenth of the limit (at least 1) at once, and after that the limit evenly over each minute.
    TokenBucket,
}

/// Settings made by the builder.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) port: u16,
    pub(crate) speed: f64,
    pub(crate) limits: bool,
    pub(crate) limit_window: LimitWindow,
    pub(crate) limit_headers: bool,
    pub(crate) api_key: String,
    /// Further keys that are accepted.
    pub(crate) additional_api_keys: Vec<String>,
    pub(crate) upload_limit: u64,
    pub(crate) max_connections: usize,
    pub(crate) sync_window: Duration,
    pub(crate) sync_timeout: SyncTimeout,
    /// Limits of what is kept, in bytes.
    pub(crate) request_memory: usize,
    pub(crate) prediction_memory: usize,
    pub(crate) upload_memory: usize,
    pub(crate) upload_disk: usize,
}

impl Settings {
    /// All keys that are accepted.
    pub(crate) fn api_keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.api_key).chain(&self.additional_api_keys).map(String::as_str)
    }
}

impl fmt::Debug for Settings {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("port", &self.port)
            .field("speed", &self.speed)
            .field("limits", &self.limits)
            .field("limit_window", &self.limit_window)
            .field("limit_headers", &self.limit_headers)
            .field("upload_limit", &self.upload_limit)
            .field("max_connections", &self.max_connections)
            .field("sync_window", &self.sync_window)
            .field("sync_timeout", &self.sync_timeout)
            .field("request_memory", &self.request_memory)
            .field("prediction_memory", &self.prediction_memory)
            .field("upload_memory", &self.upload_memory)
            .field("upload_disk", &self.upload_disk)
            .finish_non_exhaustive()
    }
}
