//! Settings of an emulator.

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

/// Settings made by the builder.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) port: u16,
    pub(crate) speed: f64,
    pub(crate) limits: bool,
    pub(crate) api_key: String,
    /// Further keys that are accepted.
    pub(crate) additional_api_keys: Vec<String>,
    pub(crate) upload_limit: u64,
    pub(crate) sync_window: Duration,
    pub(crate) sync_timeout: SyncTimeout,
}
