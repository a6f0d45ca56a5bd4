//! The table at the top of the page.

use super::results::Row;

/// Renders the rows of all benchmarks as a table.
pub(super) fn table<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut table = String::from(
        "The ratio is that of pruna to the reference: for times and sizes, less is better, for rates, more. The official client \
         is measured in real time only.\n\n\
         | work | pruna | reference | ratio | official client |\n| --- | --- | --- | --- | --- |\n",
    );
    for Row { work, pruna, reference, ratio, official } in rows {
        let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        table += &format!("| {work} | {pruna} | {reference} | {ratio} | {} |\n", official.as_deref().unwrap_or("-"));
    }
    table
}
