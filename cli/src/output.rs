//! Data for stdout. A closed pipe ends the program without an error message, unless what was to be written cost something.

use std::{borrow::Cow, io::ErrorKind, path::Path};

use serde::Serialize;

use crate::{console, exit_code::Code, failure::Failure, terminal::Terminal};

/// Writes text and a line break. On a terminal, control characters in the text are escaped.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    styled(console::for_stdout(&text.to_string()))
}

/// Writes text as it is, except on a terminal.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    bytes(console::for_stdout(text).as_bytes())
}

/// Writes a path and a line break: its bytes as they are, except on a terminal.
pub(crate) fn path(path: &Path) -> Result<(), Failure> {
    match console::for_stdout(&path.to_string_lossy()) {
        Cow::Borrowed(_) => bytes(&[path.as_os_str().as_encoded_bytes(), b"\n"].concat()),
        Cow::Owned(escaped) => styled(escaped),
    }
}

/// Writes text with styles of the program, and a line break.
pub(crate) fn styled(text: impl std::fmt::Display) -> Result<(), Failure> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a JSON value on one line.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    styled(escaped(&serde_json::to_string(value).map_err(|e| not_json(&e))?))
}

/// Writes an indented JSON value.
pub(crate) fn pretty_json(value: &impl Serialize) -> Result<(), Failure> {
    styled(escaped(&serde_json::to_string_pretty(value).map_err(|e| not_json(&e))?))
}

/// Writes bytes without change.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    console::write_stdout(bytes).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::new(Code::ClosedPipe, "stdout: its reader has gone away"),
        _ => Failure::io("stdout", &error),
    })
}

/// Makes sure that what was paid for is not lost with stdout: if it could not be written there, or if stdout is closed, `summary`
/// goes to stderr.
pub(crate) fn or_to_stderr(
    written: Result<(), Failure>,
    terminal: &Terminal,
    summary: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match written {
        Err(failure) => Err(failure.lost_output(summary())),
        Ok(()) => {
            if console::is_stdout_closed() {
                terminal.note(summary());
            }
            Ok(())
        }
    }
}

/// Escapes what JSON leaves as it is and a terminal acts on. Such characters occur within strings only.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match console::is_control(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

fn not_json(error: &serde_json::Error) -> Failure {
    Failure::files(format!("cannot write JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_meaning_when_controls_are_escaped() {
        let value = serde_json::json!({"prompt": "a\u{9b}2J\u{7f}\u{202e}b\n\x1b"});
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let escaped = escaped(&text);
            assert!(!escaped.chars().any(console::is_control), "{escaped}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        }
    }
}
