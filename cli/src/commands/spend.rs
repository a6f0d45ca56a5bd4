//! `pruna spend`: sums what the ledger notes.

use std::{
    io::IsTerminal as _,
    time::{Duration, SystemTime},
};

use comfy_table::CellAlignment;
use pruna::{Ledger, Usd};
use serde::Serialize;

use crate::{
    app::App,
    console,
    cost::{LedgerPath, plain},
    failure::Failure,
    output,
    spending::{self, Group, Grouping, Sums},
    table,
    units::parse_duration,
};

/// Length of the longest bar, in columns.
const MAX_BAR: u64 = 20;

/// Sum what was spent, by the ledger
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna spend --since 7d --by day
  pruna spend --by label --csv > spend.csv

The commands run, submit, train and batch note each submission in the ledger before it is sent: time, service, model, list price, \
label and working directory; no key, no prompt and no other input. The emulator inside the process costs nothing: it is noted only in a ledger that is named with \
PRUNA_LEDGER or --ledger.

Prices are list prices; the bill may differ. \"Possibly spent\" is what submissions count for whose outcome is not known. Days are \
those of UTC.")]
pub(crate) struct Args {
    /// Only submissions of this last time, such as 24h or 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    since: Option<Duration>,
    /// What to sum by; days are those of UTC
    #[arg(long, value_enum, default_value_t = Grouping::Model)]
    by: Grouping,
    #[command(flatten)]
    ledger: LedgerPath,
    /// Print one JSON object
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV
    #[arg(long)]
    csv: bool,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Report {
    by: &'static str,
    groups: Vec<Group>,
    total: Sums,
}

impl Args {
    pub(crate) fn run(self, app: &App) -> Result<(), Failure> {
        let path = self.ledger.path()?;
        let mut entries = Ledger::read(&path)?;
        if let Some(first) = self.since.and_then(|since| SystemTime::now().checked_sub(since)) {
            entries.retain(|entry| entry.time >= first);
        }
        let report = Report {
            by: self.by.name(),
            groups: spending::groups(&entries, self.by),
            total: spending::total(&entries),
        };
        if self.json {
            return output::json(&report);
        }
        if self.csv {
            return output::text(&csv(&report)?);
        }
        if report.groups.is_empty() {
            let what = if path.exists() { "no such submission in" } else { "nothing was noted yet: there is no" };
            app.terminal.note(format_args!("{what} ledger {}", path.display()));
            return Ok(());
        }
        output::styled(table(&report, self.by).trim_fmt())?;
        output::line(summary(&report.total))
    }
}

/// Lists the groups, in a terminal with bars.
fn table(report: &Report, by: Grouping) -> comfy_table::Table {
    let key = if by == Grouping::Day { "day (UTC)" } else { report.by };
    let mut header = vec![key, "submissions", "spent", "possibly spent", "no price"];
    let has_bars = std::io::stdout().is_terminal();
    if has_bars {
        header.push("");
    }
    let mut table = table::new(&header, 0);
    table.column_iter_mut().skip(1).take(4).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    let highest = report.groups.iter().map(|group| group.sums.at_most()).max().unwrap_or_default();
    let spent = aligned(report.groups.iter().map(|group| group.sums.spent_usd));
    let possibly = aligned(report.groups.iter().map(|group| group.sums.possibly_spent_usd));
    for ((Group { key, sums }, spent), possibly) in report.groups.iter().zip(spent).zip(possibly) {
        let key = key.as_deref().map_or_else(|| format!("(no {})", report.by), console::one_line);
        let unpriced = if sums.unpriced == 0 { "-".to_owned() } else { sums.unpriced.to_string() };
        let bar = has_bars.then(|| bar(sums.at_most(), highest));
        table.add_row([key, sums.submissions.to_string(), spent, possibly, unpriced].into_iter().chain(bar));
    }
    table
}

/// Formats amounts with the same number of decimals.
fn aligned(amounts: impl Iterator<Item = Usd>) -> Vec<String> {
    let texts: Vec<String> = amounts.map(|usd| usd.to_string()).collect();
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let most = texts.iter().map(|text| decimals(text)).max().unwrap_or_default();
    texts.iter().map(|text| format!("{text}{}", "0".repeat(most - decimals(text)))).collect()
}

/// Draws an amount in proportion to the highest one; what is not zero has at least one block.
fn bar(amount: Usd, highest: Usd) -> String {
    let blocks = u128::from(amount.micros()) * u128::from(MAX_BAR) / u128::from(highest.micros().max(1));
    let blocks = usize::try_from(blocks).unwrap_or_default().max(usize::from(amount > Usd::ZERO));
    "█".repeat(blocks)
}

fn summary(total: &Sums) -> String {
    let noun = if total.submissions == 1 { "submission" } else { "submissions" };
    let mut text = format!("total by list prices: {} spent by {} {noun}", total.spent_usd, total.submissions);
    if total.unpriced > 0 {
        text += &format!(", {} of them without one", total.unpriced);
    }
    if total.possibly_spent_usd > Usd::ZERO {
        text += &format!("; possibly {} more", total.possibly_spent_usd);
    }
    text
}

fn csv(report: &Report) -> Result<String, Failure> {
    let failed = |e: String| Failure::files(format!("cannot write CSV: {e}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [report.by, "submissions", "spent_usd", "possibly_spent_usd", "unpriced"];
    writer.write_record(header).map_err(|e| failed(e.to_string()))?;
    for Group { key, sums } in &report.groups {
        let key = key.clone().unwrap_or_default();
        let (spent, possibly) = (plain(sums.spent_usd), plain(sums.possibly_spent_usd));
        let row = [key, sums.submissions.to_string(), spent, possibly, sums.unpriced.to_string()];
        writer.write_record(row).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_in_proportion_and_never_invisible() {
        let usd = Usd::from_micros;
        for (amount, highest, blocks) in [(10, 10, 20), (5, 10, 10), (1, 1_000_000, 1), (0, 10, 0), (0, 0, 0)] {
            assert_eq!(bar(usd(amount), usd(highest)).chars().count(), blocks, "{amount} of {highest}");
        }
        assert_eq!(bar(Usd::MAX, Usd::MAX).chars().count(), 20);
    }
}
