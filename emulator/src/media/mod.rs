//! Output files: real media, created at the first download. The same specification gives the same bytes.

mod background;
mod cache;
mod h264;
mod picture;
mod plan;
mod render;
mod size;
mod spec;
mod text;
mod training;
mod video;

pub(crate) use cache::MediaCache;
pub(crate) use plan::plan_outputs;
pub(crate) use spec::{Origin, OutputFile, Source};
