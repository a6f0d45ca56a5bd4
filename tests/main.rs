//! Behaviour of the library against the emulator: one file per behaviour.

mod support;

mod bad_input;
mod batch;
mod examples;
mod generate;
#[cfg(feature = "journal")]
mod journal;
mod limits;
mod models;
mod prism;
mod training;
mod uploads;
