//! State shared by a client, its clones and its handles.

use std::sync::Arc;

use crate::{config::Config, transfer::upload_cache::UploadCache, transport::Transport};

/// The transport, the settings and the uploads of a client and its clones.
pub(crate) struct Context {
    pub(crate) transport: Arc<Transport>,
    pub(crate) uploads: UploadCache,
    pub(crate) config: Config,
}

impl Context {
    pub(crate) fn new(transport: Transport, config: Config) -> Self {
        let uploads = UploadCache::new(config.transfer_deadline(), config.max_download);
        Self { transport: Arc::new(transport), uploads, config }
    }
}
