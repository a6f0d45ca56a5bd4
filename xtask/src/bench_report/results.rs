//! What a benchmark prints: a section of Markdown, and a record in every line that begins with `{`.

use anyhow::anyhow;
use serde::Deserialize;

/// The results of a benchmark.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Results {
    /// Its section of the page.
    pub(super) section: String,
    pub(super) rows: Vec<Row>,
    pub(super) series: Vec<Series>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Record {
    Row(Row),
    Series(Series),
}

/// A row of the summary.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) work: String,
    pub(super) pruna: String,
    pub(super) reference: String,
    /// Ours by the reference, if both are figures.
    pub(super) ratio: Option<f64>,
    /// The result of the official client, if it was measured.
    pub(super) official: Option<String>,
}

/// A line or a bar of a plot.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Series {
    pub(super) plot: String,
    pub(super) panel: String,
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

impl Results {
    /// Takes what a benchmark printed apart.
    ///
    /// # Errors
    ///
    /// When a record is not of a known form.
    pub(super) fn parse(printed: &str) -> anyhow::Result<Self> {
        let mut results = Self::default();
        for (number, line) in printed.lines().enumerate() {
            if line.starts_with('{') {
                let record = serde_json::from_str(line).map_err(|error| {
                    let what = error.to_string().replace(" at line 1 column", " at column");
                    anyhow!("line {}: {what}", number + 1)
                });
                match record? {
                    Record::Row(row) => results.rows.push(row),
                    Record::Series(series) => results.series.push(series),
                }
            } else if !line.is_empty() || !results.section.ends_with("\n\n") {
                // Records leave no gap.
                results.section += line;
                results.section.push('\n');
            }
        }
        results.section.truncate(results.section.trim_end().len());
        Ok(results)
    }
}
