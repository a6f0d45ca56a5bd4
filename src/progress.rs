//! Progress of a transfer, reported to a callback.

use std::{fmt, sync::Arc};

/// Progress of an upload or a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes transferred so far. Decreases when a transfer has to start over.
    pub bytes: u64,
    /// Total size in bytes, if it is known.
    pub total: Option<u64>,
}

/// An optional progress callback.
#[derive(Clone, Default)]
pub(crate) struct ProgressCallback {
    callback: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl ProgressCallback {
    pub(crate) fn new(callback: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { callback: Some(Arc::new(callback)) }
    }

    pub(crate) fn report(&self, bytes: u64, total: Option<u64>) {
        if let Some(callback) = &self.callback {
            callback(Progress { bytes, total });
        }
    }
}

impl fmt::Debug for ProgressCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressCallback").field("is_set", &self.callback.is_some()).finish()
    }
}
