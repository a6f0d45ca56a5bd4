//! An image in the terminal, for terminals with graphics.

use std::{io::IsTerminal as _, path::Path};

use crate::terminal::Terminal;

/// Maximum width of a preview in columns.
const MAX_COLUMNS: u32 = 60;

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
    let shown = image::open(path).map_err(|e| e.to_string()).and_then(|image| {
        let config = viuer::Config {
            absolute_offset: false,
            width: Some(MAX_COLUMNS.min(viuer::terminal_size().0.into())),
            use_iterm: protocol == Protocol::Iterm,
            use_kitty: protocol == Protocol::Kitty,
            use_sixel: protocol == Protocol::Sixel,
            ..viuer::Config::default()
        };
        viuer::print(&image, &config).map_err(|e| e.to_string())
    });
    if let Err(reason) = shown {
        terminal.note(format_args!("no preview: {reason}"));
    }
}

/// Detects the protocol by environment variables. Querying the terminal instead could block: not all of them answer.
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
