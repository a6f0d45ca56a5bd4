//! Messages for the user, on stderr: notes, warnings, errors and the log.

mod ledger_log;
mod ticker;

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use tracing_subscriber::filter::LevelFilter;

use self::ticker::Ticker;
use crate::console;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const SUCCESS: Style = AnsiColor::Green.on_default().bold();

/// The user's view of the program: messages and progress bars.
pub(crate) struct Terminal {
    is_quiet: bool,
    bars: MultiProgress,
    ticker: Ticker,
}

impl Terminal {
    pub(crate) fn new(is_quiet: bool, verbosity: u8) -> Self {
        if verbosity > 0 {
            start_log(verbosity);
        }
        // Progress bars and log lines would overwrite each other.
        let target = match is_quiet || verbosity > 0 {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bars = MultiProgress::with_draw_target(target);
        if !is_quiet && verbosity == 0 {
            ledger_log::start(bars.clone());
        }
        Self { is_quiet, bars, ticker: Ticker::default() }
    }

    /// Prints information, unless `--quiet` is set.
    pub(crate) fn note(&self, text: impl Display) {
        self.print_unless_quiet("", text);
    }

    /// Prints that something succeeded, unless `--quiet` is set.
    pub(crate) fn success(&self, text: impl Display) {
        self.print_unless_quiet(format_args!("{SUCCESS}✓{SUCCESS:#} "), text);
    }

    /// Prints a warning, unless `--quiet` is set.
    pub(crate) fn warn(&self, text: impl Display) {
        if !self.is_quiet {
            self.bars.suspend(|| print_warning(text));
        }
    }

    /// Prints an error and what to do about it.
    pub(crate) fn error(&self, message: &str, hint: Option<&str>) {
        self.print(format_args!("{ERROR}error:{ERROR:#} "), message);
        if let Some(hint) = hint {
            self.print(format_args!("{HINT}hint:{HINT:#} "), hint);
        }
    }

    /// Whether progress bars are visible.
    pub(crate) fn shows_bars(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// Shows a progress bar below those that are visible already.
    pub(crate) fn add_bar(&self, bar: ProgressBar) -> ProgressBar {
        let bar = self.bars.add(bar);
        if self.shows_bars() {
            self.ticker.add(&bar);
        }
        bar
    }

    fn print_unless_quiet(&self, label: impl Display, text: impl Display) {
        if !self.is_quiet {
            self.print(label, text);
        }
    }

    fn print(&self, label: impl Display, text: impl Display) {
        self.bars.suspend(|| console::write_stderr(label, text));
    }
}

fn print_warning(text: impl Display) {
    console::write_stderr(format_args!("{WARNING}warning:{WARNING:#} "), text);
}

/// Shows the log of the library: at verbosity 1 its debug messages, above also its traces.
fn start_log(verbosity: u8) {
    let level = if verbosity > 1 { LevelFilter::TRACE } else { LevelFilter::DEBUG };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(console::log_writer)
        .with_ansi(console::is_stderr_colored())
        .without_time()
        // It would be printed to stderr, and panic where that is closed.
        .log_internal_errors(false)
        .init();
}
