//! State shared by all connections of a running emulator.

use std::net::SocketAddr;
use std::sync::OnceLock;

use crate::clock::Clock;
use crate::document::Document;
use crate::faults::Faults;
use crate::media::MediaCache;
use crate::settings::Settings;
use crate::store::{PredictionStore, RateLimiter, RequestLog, UploadStore};

/// Settings, document, clock and stores of an emulator.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) document: Document,
    pub(crate) clock: Clock,
    pub(crate) requests: RequestLog,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) predictions: PredictionStore,
    pub(crate) uploads: UploadStore,
    pub(crate) media_cache: MediaCache,
    pub(crate) faults: Faults,
    /// Set when the emulator starts to listen.
    pub(crate) address: OnceLock<SocketAddr>,
}

impl State {
    pub(crate) fn new(settings: Settings, document: Document) -> Self {
        Self {
            settings,
            document,
            clock: Clock::new(),
            requests: RequestLog::default(),
            rate_limiter: RateLimiter::default(),
            predictions: PredictionStore::default(),
            uploads: UploadStore::default(),
            media_cache: MediaCache::default(),
            faults: Faults::new(),
            address: OnceLock::new(),
        }
    }

    /// Returns the base URL: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        self.address.get().map(|address| format!("http://{address}")).unwrap_or_default()
    }
}
