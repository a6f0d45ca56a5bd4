//! Uploads: usable as inputs for half an hour, never served.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::content::Content;
use crate::sync::lock;

/// How long an upload is kept.
pub(crate) const UPLOAD_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Uploads by id.
#[derive(Debug, Default)]
pub(crate) struct UploadStore {
    /// Time of creation and bytes.
    uploads: Mutex<HashMap<String, (Duration, Content)>>,
}

impl UploadStore {
    /// Returns the content of upload `id`, unless it has expired by `now`.
    pub(crate) fn content(&self, id: &str, now: Duration) -> Option<Content> {
        let uploads = lock(&self.uploads);
        let (created, content) = uploads.get(id)?;
        (now < *created + UPLOAD_LIFETIME).then(|| content.clone())
    }

    /// Adds an upload and drops the expired ones.
    pub(crate) fn add(&self, id: String, now: Duration, content: Content) {
        let mut uploads = lock(&self.uploads);
        uploads.retain(|_, (created, _)| now < *created + UPLOAD_LIFETIME);
        uploads.insert(id, (now, content));
    }
}
