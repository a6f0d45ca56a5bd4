//! The commands, one file each.

pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod download;
pub(crate) mod emulator;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod run;
pub(crate) mod spend;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod train;
pub(crate) mod upload;
pub(crate) mod wait;
