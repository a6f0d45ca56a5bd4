//! An image in the terminal, for terminals with graphics.
//!
//! The terminal is never asked anything: one that does not answer would keep the program waiting.

mod encode;

use std::{io::IsTerminal as _, path::Path};

use crate::{console, terminal::Terminal};

/// Maximum width of a preview in columns.
const MAX_COLUMNS: u16 = 60;

/// Graphics protocols of terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Iterm,
    Kitty,
    Sixel,
}

/// Shows an image with the terminal's graphics protocol; prints a note if that is not possible.
pub(crate) fn show(path: &Path, terminal: &Terminal) {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let Some(protocol) = protocol(variable).filter(|_| std::io::stdout().is_terminal()) else {
        return terminal.note("no preview: stdout is not a terminal with kitty, iTerm2 or sixel graphics");
    };
    let columns = console::stdout_columns().map_or(MAX_COLUMNS, |columns| columns.min(MAX_COLUMNS));
    let encoded = read(path).and_then(|image| match protocol {
        Protocol::Iterm => encode::iterm(&image, columns),
        Protocol::Kitty => encode::kitty(&image, columns),
        Protocol::Sixel => encode::sixel(&image, columns),
    });
    let shown = encoded.and_then(|text| console::write_stdout(text.as_bytes()).map_err(|e| e.to_string()));
    if let Err(reason) = shown {
        terminal.note(format_args!("no preview: {reason}"));
    }
}

/// Reads an image. Its content determines the format, because the user chose the extension.
fn read(path: &Path) -> Result<image::DynamicImage, String> {
    let reader = image::ImageReader::open(path).and_then(image::ImageReader::with_guessed_format);
    reader.map_err(|e| e.to_string())?.decode().map_err(|e| e.to_string())
}

/// Detects the protocol by environment variables.
fn protocol(variable: impl Fn(&str) -> String) -> Option<Protocol> {
    let term = variable("TERM");
    let program = variable("TERM_PROGRAM");
    let is_set = |name: &str| !variable(name).is_empty();
    if term.contains("kitty") || term.contains("ghostty") || is_set("KITTY_WINDOW_ID") {
        Some(Protocol::Kitty)
    } else if ["iTerm.app", "WezTerm", "mintty"].contains(&program.as_str()) || variable("LC_TERMINAL") == "iTerm2" {
        Some(Protocol::Iterm)
    } else if ["foot", "mlterm", "sixel", "yaft"].iter().any(|name| term.contains(name))
        || is_set("WT_SESSION")
        || is_set("KONSOLE_VERSION")
    {
        Some(Protocol::Sixel)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_detected_by_their_environment_variables() {
        for (variables, expected) in [
            (&[("TERM", "xterm-kitty")][..], Some(Protocol::Kitty)),
            (&[("TERM", "xterm-ghostty")], Some(Protocol::Kitty)),
            (&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")], Some(Protocol::Kitty)),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Some(Protocol::Iterm)),
            (&[("TERM", "screen"), ("LC_TERMINAL", "iTerm2")], Some(Protocol::Iterm)),
            (&[("TERM", "foot-extra")], Some(Protocol::Sixel)),
            (&[("TERM", "xterm-256color"), ("WT_SESSION", "x")], Some(Protocol::Sixel)),
            (&[("TERM", "xterm-256color")], None),
            (&[], None),
        ] {
            let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
            assert_eq!(protocol(|name| value(name).to_owned()), expected, "{variables:?}");
        }
    }
}
