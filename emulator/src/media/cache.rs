//! Output files that were requested recently.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::render::render;
use super::spec::OutputFile;
use crate::sync::lock;

/// Maximum number of files in the cache.
const MAX_FILES: usize = 64;

/// A cache of rendered output files.
#[derive(Debug, Default)]
pub(crate) struct MediaCache {
    /// Path and bytes, oldest first.
    files: Mutex<VecDeque<(String, Bytes)>>,
}

impl MediaCache {
    /// Returns the bytes of `file`, from the cache or newly rendered.
    pub(crate) async fn get(&self, file: &Arc<OutputFile>) -> io::Result<Bytes> {
        if let Some((_, bytes)) = lock(&self.files).iter().find(|(path, _)| *path == file.path) {
            return Ok(bytes.clone());
        }
        let rendered = Arc::clone(file);
        let bytes = tokio::task::spawn_blocking(move || render(&rendered.spec)).await.map_err(io::Error::other)??;
        let mut files = lock(&self.files);
        if files.len() == MAX_FILES {
            files.pop_front();
        }
        files.push_back((file.path.clone(), bytes.clone()));
        Ok(bytes)
    }
}
