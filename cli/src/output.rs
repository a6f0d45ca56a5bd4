//! Data for stdout. A closed pipe ends the program without an error message.

use std::io::ErrorKind;

use serde::Serialize;

use crate::{console, exit_code::Code, failure::Failure};

/// Writes text and a line break.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a JSON value on one line.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string(value).map_err(|e| not_json(&e))?)
}

/// Writes an indented JSON value.
pub(crate) fn pretty_json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string_pretty(value).map_err(|e| not_json(&e))?)
}

/// Writes bytes without change.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    console::write_stdout(bytes).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::new(Code::ClosedPipe, "the reader of stdout has gone away"),
        _ => Failure::io("stdout", &error),
    })
}

fn not_json(error: &serde_json::Error) -> Failure {
    Failure::files(format!("cannot write JSON: {error}"))
}
