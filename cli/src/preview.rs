//! A picture in the terminal, for terminals that can show one.

use std::{io::IsTerminal as _, path::Path};

use crate::terminal::Terminal;

/// Columns that a preview takes at most.
const WIDEST: u32 = 60;

/// Shows a picture by the protocol of kitty, of iTerm2 or sixel, whichever the terminal has. Without one of them, or
/// when stdout is no terminal, it says so and shows nothing.
pub(crate) fn show(path: &Path, terminal: &Terminal) {
    let able = std::io::stdout().is_terminal()
        && (viuer::is_iterm_supported()
            || viuer::get_kitty_support() != viuer::KittySupport::None
            || viuer::is_sixel_supported());
    if !able {
        return terminal.note("no preview: the terminal shows no pictures (kitty, iTerm2 and sixel are known)");
    }
    let shown = image::open(path).map_err(|e| e.to_string()).and_then(|picture| {
        let (columns, _) = viuer::terminal_size();
        let config = viuer::Config {
            absolute_offset: false,
            width: Some(WIDEST.min(columns.into())),
            ..viuer::Config::default()
        };
        viuer::print(&picture, &config).map_err(|e| e.to_string())
    });
    if let Err(why) = shown {
        terminal.note(format_args!("no preview: {why}"));
    }
}
