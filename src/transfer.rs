//! Moves files: downloads that resume, uploads that stream, each content once.

pub(crate) mod body;
pub(crate) mod download;
mod file_pool;
mod known;
pub(crate) mod sink;
mod source;
pub(crate) mod stall;
pub(crate) mod upload;
pub(crate) mod upload_cache;
