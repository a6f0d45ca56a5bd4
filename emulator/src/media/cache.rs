//! Output files that were requested recently.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::render::render;
use super::spec::OutputFile;
use crate::sync::lock;

/// Maximum size of the files in the cache, in bytes. The last one is kept in any case.
const MAX_SIZE: usize = 16 * 1024 * 1024;
/// Maximum number of files that are rendered at the same time.
const MAX_RENDERED: usize = 4;

/// A cache of rendered output files.
#[derive(Debug)]
pub(crate) struct MediaCache {
    files: Mutex<Files>,
    permits: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Files {
    /// Path and bytes, oldest first.
    files: VecDeque<(String, Bytes)>,
    size: usize,
}

impl MediaCache {
    pub(crate) fn new() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { files: Mutex::default(), permits: Arc::new(Semaphore::new(threads.min(MAX_RENDERED))) }
    }

    /// Returns the bytes of `file`, from the cache or newly rendered.
    pub(crate) async fn get(&self, file: &Arc<OutputFile>) -> io::Result<Bytes> {
        if let Some(bytes) = self.find(&file.path) {
            return Ok(bytes);
        }
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)?;
        // Another request may have waited for the same file.
        if let Some(bytes) = self.find(&file.path) {
            return Ok(bytes);
        }
        let rendered = Arc::clone(file);
        let render = move || {
            // Held until it ends, also if the request is dropped.
            let _permit = permit;
            render(&rendered.spec)
        };
        let bytes = tokio::task::spawn_blocking(render).await.map_err(io::Error::other)??;
        lock(&self.files).add(&file.path, bytes.clone());
        Ok(bytes)
    }

    fn find(&self, path: &str) -> Option<Bytes> {
        lock(&self.files).files.iter().find(|(other, _)| other == path).map(|(_, bytes)| bytes.clone())
    }

    /// Runs a function that reads media on another thread, when the number of those that run allows it.
    pub(crate) async fn run<T: Send + 'static>(&self, read: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)?;
        let read = move || {
            let _permit = permit;
            read()
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)
    }
}

impl Files {
    fn add(&mut self, path: &str, bytes: Bytes) {
        self.size += bytes.len();
        self.files.push_back((path.to_owned(), bytes));
        while self.size > MAX_SIZE
            && self.files.len() > 1
            && let Some((_, bytes)) = self.files.pop_front()
        {
            self.size -= bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_limited_by_size() {
        let mut files = Files::default();
        for (path, size) in [("a", 6), ("b", 6), ("c", 6), ("d", 40), ("e", 1)] {
            files.add(path, Bytes::from(vec![0; size * 1024 * 1024]));
            let kept: Vec<&str> = files.files.iter().map(|(path, _)| path.as_str()).collect();
            let expected: &[&str] = match path {
                "a" => &["a"],
                "b" => &["a", "b"],
                "c" => &["b", "c"],
                "d" => &["d"],
                _ => &["e"],
            };
            assert_eq!(kept, expected);
            assert_eq!(files.size, files.files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
        }
    }
}
