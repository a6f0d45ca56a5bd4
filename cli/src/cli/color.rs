//! The color setting, before the command line is parsed: usage errors are colored too.

/// Finds `--color` in the arguments.
pub(super) fn from_args(mut args: impl Iterator<Item = String>) -> anstream::ColorChoice {
    let mut when = None;
    while let Some(arg) = args.next() {
        match arg.strip_prefix("--color") {
            _ if arg == "--" => break,
            Some("") => when = args.next(),
            Some(value) => when = value.strip_prefix('=').map(str::to_owned),
            None => {}
        }
    }
    match when.as_deref() {
        Some("always") => anstream::ColorChoice::Always,
        Some("never") => anstream::ColorChoice::Never,
        _ => anstream::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_color_is_known_before_the_command_line_is_parsed() {
        use anstream::ColorChoice::{Always, Auto, Never};
        for (line, expected) in [
            ("models", Auto),
            ("models --color never", Never),
            ("--color=always run --nonsense", Always),
            ("--color auto", Auto),
            ("run m -- --color never", Auto),
            ("--color", Auto),
        ] {
            assert_eq!(from_args(line.split(' ').map(str::to_owned)), expected, "{line}");
        }
    }
}
