//! The only module that writes text to stdout and stderr. Text from outside the program reaches the terminal here.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

/// Maximum characters of a message beside a progress bar.
const MAX_BAR_MESSAGE: usize = 32;

/// Writes bytes to stdout.
pub(crate) fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Whether stdout was closed when the program started. The standard library then opens `/dev/null` for reading and writing in
/// its place, which shells and most programs do not.
pub(crate) fn is_stdout_closed() -> bool {
    const READ_WRITE: u32 = 2;
    const ACCESS_MODE: u32 = 3;
    if !std::fs::read_link("/proc/self/fd/1").is_ok_and(|path| path.as_os_str() == "/dev/null") {
        return false;
    }
    let info = std::fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    flags
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & ACCESS_MODE == READ_WRITE)
}

/// Writes a line to stderr: a styled label of the program, then a text that may contain anything.
pub(crate) fn write_stderr(label: impl Display, text: impl Display) {
    // Nothing can be reported when stderr is closed.
    let text = text.to_string();
    let _ = writeln!(anstream::stderr(), "{label}{}", escape_controls(&text));
}

/// Returns a text for stdout: escaped if that is a terminal, as it is for a file or another program.
pub(crate) fn for_stdout(text: &str) -> Cow<'_, str> {
    if io::stdout().is_terminal() { escape_controls(text) } else { Cow::Borrowed(text) }
}

/// Escapes every character that a terminal would act on, apart from line breaks and tabs.
///
/// Names, statuses and messages come from the service, from files and from other people: an escape sequence in them could
/// rewrite what the terminal shows.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match is_control(c) {
            true => escaped.extend(c.escape_default()),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Whether a character controls the terminal or reverses the direction of text.
pub(crate) fn is_control(c: char) -> bool {
    let is_layout = matches!(c, '\n' | '\t');
    let is_direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !is_layout) || is_direction
}

/// Returns a text as it is shown in a table: on one line, escaped.
pub(crate) fn one_line(text: &str) -> String {
    escape_controls(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// Returns a text as it is shown beside a progress bar: on one line, escaped and shortened.
pub(crate) fn bar_message(text: &str) -> String {
    let text = escape_controls(text).replace(['\n', '\t'], " ");
    match text.char_indices().nth(MAX_BAR_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Returns the width of the terminal that stdout is.
pub(crate) fn stdout_columns() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0).filter(|width| *width > 0)
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
    fn what_a_terminal_would_act_on_is_escaped() {
        for (text, expected) in [
            ("a lion\n\tat dusk, größer 獅子", "a lion\n\tat dusk, größer 獅子"),
            ("\x1b[2J\x1b]0;owned\x07", "\\u{1b}[2J\\u{1b}]0;owned\\u{7}"),
            ("over\rwritten\x08\x7f\u{9b}31m", "over\\rwritten\\u{8}\\u{7f}\\u{9b}31m"),
            ("gpj.\u{202e}nommel", "gpj.\\u{202e}nommel"),
        ] {
            assert_eq!(escape_controls(text), expected);
        }
        assert_eq!(bar_message("a\nb\x1b"), "a b\\u{1b}");
        assert_eq!(one_line("a\nb\x1b"), "a\\nb\\u{1b}");
    }

    #[test]
    fn a_long_bar_message_is_shortened() {
        assert_eq!(bar_message("p-image: waiting"), "p-image: waiting");
        assert_eq!(bar_message(&"é".repeat(MAX_BAR_MESSAGE + 1)), "é".repeat(MAX_BAR_MESSAGE) + "…");
    }
}
