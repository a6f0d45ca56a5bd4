//! Data for stdout. A closed pipe ends the program quietly.

use std::io::{self, ErrorKind, Write as _};

use serde::Serialize;

use crate::failure::{Code, Failure};

/// Writes text and a line break.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    write(format!("{text}\n").as_bytes())
}

/// Writes one JSON value on one line.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string(value).map_err(|e| Failure::files(format!("cannot write JSON: {e}")))?)
}

/// Writes one JSON value for reading.
pub(crate) fn pretty_json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string_pretty(value).map_err(|e| Failure::files(format!("cannot write JSON: {e}")))?)
}

/// Writes bytes as they are.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::new(Code::ClosedPipe, "nobody reads the output"),
        _ => Failure::io("stdout", &error),
    })
}
