//! Behavior of the library, mostly against the emulator: one file per behavior.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod scripted;
mod simulated;
mod support;
mod workloads;

mod api_keys;
mod bad_input;
mod batch;
mod batch_edits;
mod batch_files;
mod batch_outputs;
mod budgets;
mod cache;
mod canary;
mod compile_errors;
mod connections;
mod content;
mod deadlines;
mod fault_matrix;
mod generate;
mod hostile;
#[cfg(feature = "journal")]
mod journal;
mod limits;
mod makespan;
mod media;
mod models;
mod polling;
mod progress;
mod public_types;
mod raw;
mod redirects;
mod restart;
mod resume;
mod spans;
mod submissions;
mod tls;
mod training;
mod try_submit;
mod upload_files;
mod uploads;
mod watch;
