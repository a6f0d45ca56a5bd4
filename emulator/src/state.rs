//! All that a running emulator knows.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use crate::clock::Clock;
use crate::document::Document;
use crate::faults::FaultPlan;
use crate::files::Files;
use crate::limits::Limiter;
use crate::media::Gallery;
use crate::predictions::Predictions;
use crate::record::Recorder;

/// What the service answers when a model takes longer than the sync window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SyncTimeout {
    /// 201 with the handle, as documented: the caller goes on by polling.
    #[default]
    Handle,
    /// 504 with an HTML page and no id, as seen on the live service: the job runs, and nobody can reach it.
    GatewayTimeout,
}

/// What the builder was told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) port: u16,
    pub(crate) speed: f64,
    pub(crate) limits: bool,
    pub(crate) api_key: String,
    pub(crate) upload_limit: u64,
    pub(crate) sync_window: Duration,
    pub(crate) sync_timeout: SyncTimeout,
}

/// The state that all connections share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) document: Document,
    pub(crate) clock: Clock,
    pub(crate) recorder: Recorder,
    pub(crate) limiter: Limiter,
    pub(crate) predictions: Predictions,
    pub(crate) files: Files,
    pub(crate) gallery: Gallery,
    pub(crate) faults: FaultPlan,
    pub(crate) address: OnceLock<SocketAddr>,
}

impl State {
    pub(crate) fn new(settings: Settings, document: Document) -> Self {
        Self {
            settings,
            document,
            clock: Clock::new(),
            recorder: Recorder::default(),
            limiter: Limiter::default(),
            predictions: Predictions::default(),
            files: Files::default(),
            gallery: Gallery::default(),
            faults: FaultPlan::default(),
            address: OnceLock::new(),
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        self.address.get().map(|address| format!("http://{address}")).unwrap_or_default()
    }
}
