//! The program as a process, against an emulator in the test.

mod browser;
mod support;

mod exit_codes;
mod gallery;
mod interplay;
mod run;
