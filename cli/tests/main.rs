//! The program as a process, against an emulator in the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod browser;
mod support;

mod batch;
mod exit_codes;
mod gallery;
mod help;
mod interplay;
mod readme;
mod run;
mod terminal;
