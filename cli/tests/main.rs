//! The program as a process, against an emulator in the test.

mod support;

mod exit_codes;
mod interplay;
mod run;
