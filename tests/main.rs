//! Behaviour of the library against the emulator: one file per behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod support;

mod bad_input;
mod batch;
mod canary;
mod connections;
mod deadlines;
mod examples;
mod fault_matrix;
mod generate;
mod hostile;
#[cfg(feature = "journal")]
mod journal;
mod limits;
mod models;
mod prism;
mod progress;
mod raw;
mod redirects;
mod restart;
mod resume;
mod spans;
mod submissions;
mod training;
mod uploads;
