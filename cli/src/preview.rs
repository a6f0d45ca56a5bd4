//! A picture in the terminal, for terminals that can show one.

use std::{io::IsTerminal as _, path::Path};

use crate::terminal::Terminal;

/// Columns that a preview takes at most.
const WIDEST: u32 = 60;

/// How terminals show pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Iterm,
    Kitty,
    Sixel,
}

/// Shows a picture by the protocol of the terminal. Without one, or when stdout is no terminal, it says so.
pub(crate) fn show(path: &Path, terminal: &Terminal) {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let Some(protocol) = protocol(variable).filter(|_| std::io::stdout().is_terminal()) else {
        return terminal.note("no preview: this is no terminal that is known to show pictures (kitty, iTerm2, sixel)");
    };
    let shown = image::open(path).map_err(|e| e.to_string()).and_then(|picture| {
        let config = viuer::Config {
            absolute_offset: false,
            width: Some(WIDEST.min(viuer::terminal_size().0.into())),
            use_iterm: protocol == Protocol::Iterm,
            use_kitty: protocol == Protocol::Kitty,
            use_sixel: protocol == Protocol::Sixel,
            ..viuer::Config::default()
        };
        viuer::print(&picture, &config).map_err(|e| e.to_string())
    });
    if let Err(why) = shown {
        terminal.note(format_args!("no preview: {why}"));
    }
}

/// The protocol, by what terminals say of themselves in the environment. Asking them is the other way, but a terminal that
/// does not answer would keep us waiting for ever.
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
    fn terminals_are_known_by_what_they_say_of_themselves() {
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
            let of = |name: &str| variables.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
            assert_eq!(protocol(|name| of(name).to_owned()), expected, "{variables:?}");
        }
    }
}
