//! What a person sees on stderr: messages, warnings, errors.

use std::{fmt::Display, io::Write as _};

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::args::Global;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const DONE: Style = AnsiColor::Green.on_default().bold();

/// The person's side of the program.
pub(crate) struct Terminal {
    quiet: bool,
    pub(crate) bars: MultiProgress,
}

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        if global.verbose > 0 {
            log(global.verbose);
        }
        // Bars and a log would write over each other.
        let target = match global.quiet || global.verbose > 0 {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        Self { quiet: global.quiet, bars: MultiProgress::with_draw_target(target) }
    }

    /// Something worth knowing.
    pub(crate) fn note(&self, text: impl Display) {
        if !self.quiet {
            self.print(&text.to_string());
        }
    }

    /// Something is done.
    pub(crate) fn done(&self, text: impl Display) {
        self.note(format_args!("{DONE}✓{DONE:#} {text}"));
    }

    /// Something may be wrong.
    pub(crate) fn warn(&self, text: impl Display) {
        self.note(format_args!("{WARNING}warning:{WARNING:#} {text}"));
    }

    /// What happened, and what to do.
    pub(crate) fn error(&self, message: &str, hint: Option<&str>) {
        self.print(&format!("{ERROR}error:{ERROR:#} {message}"));
        if let Some(hint) = hint {
            self.print(&format!("{HINT}hint:{HINT:#} {hint}"));
        }
    }

    /// Whether bars are seen.
    pub(crate) fn shows_bars(&self) -> bool {
        !self.bars.is_hidden()
    }

    fn print(&self, text: &str) {
        // Nobody can be told when stderr is closed.
        self.bars.suspend(|| drop(writeln!(anstream::stderr(), "{text}")));
    }
}

/// Whether stderr takes colours, by `--color`, `NO_COLOR` and what it is.
pub(crate) fn colored() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Shows what the library tells of its work.
fn log(verbosity: u8) {
    let level = if verbosity > 1 {
        tracing_subscriber::filter::LevelFilter::TRACE
    } else {
        tracing_subscriber::filter::LevelFilter::DEBUG
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(colored())
        .without_time()
        .init();
}
