//! State shared by all connections of a running emulator.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use crate::clock::Clock;
use crate::document::Document;
use crate::faults::Faults;
use crate::media::MediaCache;
use crate::memory::MemoryLimit;
use crate::settings::Settings;
use crate::store::{PredictionStore, RateLimiter, RequestLog, UploadStore};

/// Maximum memory for the JSON bodies of all requests in progress, in bytes.
const MAX_BODIES: usize = 32 * 1024 * 1024;

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
    /// Bodies of requests in progress.
    pub(crate) bodies: Arc<MemoryLimit>,
    /// Set when the emulator starts to listen.
    pub(crate) address: OnceLock<SocketAddr>,
}

impl State {
    pub(crate) fn new(settings: Settings, document: Document) -> Self {
        Self {
            document,
            clock: Clock::new(),
            requests: RequestLog::new(settings.request_memory),
            rate_limiter: RateLimiter::new(settings.limit_window),
            predictions: PredictionStore::new(settings.prediction_memory),
            uploads: UploadStore::new(settings.upload_memory, settings.upload_disk),
            media_cache: MediaCache::new(),
            settings,
            faults: Faults::new(),
            bodies: Arc::new(MemoryLimit::new(MAX_BODIES)),
            address: OnceLock::new(),
        }
    }

    /// Returns the base URL: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        self.address.get().map(|address| format!("http://{address}")).unwrap_or_default()
    }
}
