//! Uploads: usable as inputs for half an hour, never served.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::content::{Content, ContentWriter, Place, Space};
use crate::sync::lock;

/// How long an upload is kept.
pub(crate) const UPLOAD_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Uploads by id. Those that have not been used for the longest time are dropped when space is needed.
#[derive(Debug)]
pub(crate) struct UploadStore {
    space: Space,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    uploads: HashMap<String, Upload>,
    /// Counter of uses.
    uses: u64,
    /// Ids by their last use, in memory and on disk.
    memory: BTreeMap<u64, String>,
    disk: BTreeMap<u64, String>,
}

#[derive(Debug)]
struct Upload {
    created: Duration,
    content: Arc<Content>,
    last_use: u64,
}

impl UploadStore {
    /// Creates a store with limits in bytes.
    pub(crate) fn new(memory: usize, disk: usize) -> Self {
        Self { space: Space::new(memory, disk), inner: Mutex::default() }
    }

    /// Returns a writer for a new upload.
    pub(crate) fn writer(&self) -> ContentWriter {
        self.space.writer()
    }

    /// Appends `chunk` to a new upload, and drops others if there is no space.
    pub(crate) fn write(&self, writer: &mut ContentWriter, chunk: &[u8]) -> io::Result<()> {
        writer.write(chunk, |place| lock(&self.inner).drop_least_recently_used(place))
    }

    /// Returns the content of upload `id`, unless it has expired by `now` or was dropped.
    pub(crate) fn content(&self, id: &str, now: Duration) -> Option<Arc<Content>> {
        let mut inner = lock(&self.inner);
        let upload = inner.uploads.get(id).filter(|upload| now < upload.created + UPLOAD_LIFETIME)?;
        let (content, last_use) = (Arc::clone(&upload.content), upload.last_use);
        let order = inner.order(content.place());
        order.remove(&last_use);
        inner.set_used(id);
        Some(content)
    }

    pub(crate) fn add(&self, id: String, now: Duration, content: Content) {
        let mut inner = lock(&self.inner);
        let upload = Upload { created: now, content: Arc::new(content), last_use: 0 };
        inner.uploads.insert(id.clone(), upload);
        inner.set_used(&id);
    }
}

impl Inner {
    fn order(&mut self, place: Place) -> &mut BTreeMap<u64, String> {
        match place {
            Place::Memory => &mut self.memory,
            Place::Disk => &mut self.disk,
        }
    }

    fn set_used(&mut self, id: &str) {
        self.uses += 1;
        let uses = self.uses;
        let Some(upload) = self.uploads.get_mut(id) else { return };
        upload.last_use = uses;
        let place = upload.content.place();
        self.order(place).insert(uses, id.to_owned());
    }

    fn drop_least_recently_used(&mut self, place: Place) -> bool {
        let Some((_, id)) = self.order(place).pop_first() else { return false };
        self.uploads.remove(&id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(store: &UploadStore, id: &str, length: usize) {
        let mut writer = store.writer();
        store.write(&mut writer, &vec![0; length]).unwrap();
        store.add(id.to_owned(), Duration::ZERO, writer.finish());
    }

    fn kept(store: &UploadStore) -> String {
        let inner = lock(&store.inner);
        assert_eq!(inner.uploads.len(), inner.memory.len() + inner.disk.len());
        let ids = inner.memory.values().chain(inner.disk.values());
        ids.map(String::as_str).collect()
    }

    #[test]
    fn the_least_recently_used_uploads_are_dropped_when_space_is_needed() {
        // Room for three in memory, and for two on disk.
        let (small, large) = (100_000, 2_000_000);
        let store = UploadStore::new(350_000, 5_000_000);
        for (id, length) in [("a", small), ("b", small), ("c", small), ("X", large), ("Y", large)] {
            add(&store, id, length);
        }
        assert_eq!(kept(&store), "abcXY");
        assert!(store.content("a", Duration::ZERO).is_some() && store.content("X", Duration::ZERO).is_some());
        add(&store, "d", small);
        add(&store, "Z", large);
        assert_eq!(kept(&store), "cadXZ");
        assert!(store.content("b", Duration::ZERO).is_none());
        assert!(store.content("a", UPLOAD_LIFETIME).is_none(), "expired");
    }

    #[test]
    fn an_upload_larger_than_all_space_fails_and_frees_what_it_took() {
        let store = UploadStore::new(10_000, 3_000_000);
        let mut writer = store.writer();
        let written = (0..4).try_for_each(|_| store.write(&mut writer, &[0; 1_000_000]));
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
        drop(writer);
        add(&store, "a", 3_000_000);
        assert_eq!(kept(&store), "a");
    }
}
