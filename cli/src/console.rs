//! The only module that writes text to stdout and stderr. Text from outside the program reaches the terminal here.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Maximum characters of a message beside a progress bar.
const MAX_BAR_MESSAGE: usize = 32;

/// Writes bytes to stdout.
pub(crate) fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes a line to stderr: a styled label of the program, then a text that may contain anything.
pub(crate) fn write_stderr(label: impl Display, text: impl Display) {
    // Nothing can be reported when stderr is closed.
    let _ = writeln!(anstream::stderr(), "{label}{text}");
}

/// Returns a text as it is shown beside a progress bar: shortened.
pub(crate) fn bar_message(text: &str) -> String {
    match text.char_indices().nth(MAX_BAR_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the writer of the log.
pub(crate) fn log_writer() -> io::Stderr {
    io::stderr()
}

/// Whether stdout takes colors, by `--color`, `NO_COLOR` and its type.
pub(crate) fn is_stdout_colored() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Whether stderr takes colors, by `--color`, `NO_COLOR` and its type.
pub(crate) fn is_stderr_colored() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_bar_message_is_shortened() {
        assert_eq!(bar_message("p-image: waiting"), "p-image: waiting");
        assert_eq!(bar_message(&"é".repeat(MAX_BAR_MESSAGE + 1)), "é".repeat(MAX_BAR_MESSAGE) + "…");
    }
}
