//! The commands, one file each.

pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod download;
pub(crate) mod emulator;
pub(crate) mod man;
pub(crate) mod models;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod train;
pub(crate) mod upload;
pub(crate) mod wait;

use std::{io::IsTerminal as _, time::Duration};

use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Table, presets};

/// A setting that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

/// Reads a duration: `90s`, `2m 30s`, or plain seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let duration = match seconds {
        Some(duration) => duration,
        None => humantime::parse_duration(text).map_err(|e| format!("{e}; write it as 90s or 2m"))?,
    };
    if duration.is_zero() { Err("no time at all lets nothing happen".into()) } else { Ok(duration) }
}

/// A table without lines. In a terminal its last columns are broken to fit; in a pipe a row is a line.
fn table(header: &[&str], breakable: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().map(|h| Cell::new(h).add_attribute(Attribute::Bold)));
    if breakable > 0 && std::io::stdout().is_terminal() {
        let fixed = header.len() - breakable;
        table.set_content_arrangement(ContentArrangement::Dynamic);
        for column in table.column_iter_mut().take(fixed) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => table.force_no_tty(),
        _ => table.enforce_styling(),
    };
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [("90", 90_000), ("0.5", 500), ("90s", 90_000), ("2m 30s", 150_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "soon", "0", "0s", "-1", "nan"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
