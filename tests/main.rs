//! Behaviour of the library against the emulator: one file per behaviour.

mod support;

mod batch;
mod examples;
mod generate;
#[cfg(feature = "journal")]
mod journal;
mod limits;
