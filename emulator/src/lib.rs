//! P-API (Pruna AI) on loopback.
#![doc = ""]
mod answer;
mod builder;
mod call;
mod clock;
mod control;
mod delivery;
mod document;
mod emulator;
pub mod faults;
mod files;
mod gateway;
mod limits;
mod media;
mod models;
mod predictions;
mod quirks;
mod record;
mod server;
mod sources;
mod state;
mod sync;
mod validate;
mod wire;

pub use builder::Builder;
pub use emulator::Emulator;
pub use predictions::PredictionRecord;
pub use record::RecordedRequest;
pub use state::SyncTimeout;
