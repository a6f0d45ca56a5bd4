//! The program as a process, against an emulator in the test.

mod browser;
mod support;

mod batch;
mod exit_codes;
mod gallery;
mod help;
mod interplay;
mod run;
