//! State shared by a client, its clones and its handles.

use std::sync::Arc;

use crate::{charge::Accounts, config::Config, transfer::upload_cache::UploadCache, transport::Transport};

/// The transport, the settings, the uploads and the accounts of a client and its clones.
pub(crate) struct Context {
    pub(crate) transport: Arc<Transport>,
    pub(crate) uploads: UploadCache,
    pub(crate) config: Config,
    pub(crate) accounts: Accounts,
}

impl Context {
    pub(crate) fn new(transport: Transport, config: Config, accounts: Accounts) -> Self {
        let uploads = UploadCache::new(config.transfer_deadline(), config.max_download);
        Self { transport: Arc::new(transport), uploads, config, accounts }
    }
}
