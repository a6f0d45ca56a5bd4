//! `pruna batch`: runs many requests from a file.

use std::path::PathBuf;

use pruna::limits::Limits;

use crate::{app::App, batch, failure::Failure, options::Switch, output, session::Session};

/// Run many requests from a file; the same command resumes an interrupted batch
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna batch prompts.jsonl -o lions --concurrency 32
  pruna batch table.csv -o lions --dry-run

Each line of a .jsonl file is an object {\"model\": ..., \"input\": {...}}, optionally with a \"name\" for its \
files. A .csv file has the columns model, optionally name, and one for each parameter. Media parameters accept local \
files as @path.

The output directory receives the files, results.jsonl (one line for each finished item) and index.html (a gallery).

The exit code is that of the most severe failure, in the order 3, 5, 4, 6, 2, 1, or 0 if every item has a result.")]
pub(crate) struct Args {
    /// File of requests, as JSON lines or CSV; `-` for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory for the results; created if it does not exist
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    output: Option<PathBuf>,
    /// Maximum number of items in flight
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    concurrency: u32,
    /// File that records progress, to resume after an interruption [default: DIR/batch.journal]
    #[arg(long, value_name = "PATH")]
    journal: Option<PathBuf>,
    /// Submit again items that an earlier run may have submitted; they may be billed twice
    #[arg(long)]
    resubmit_unknown: bool,
    /// Whether to stay within the documented rate limits
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limits: Switch,
    /// Check the requests and estimate the cost without submitting anything
    #[arg(long)]
    dry_run: bool,
    /// Submit items that do not match the documented schema
    #[arg(long)]
    no_check: bool,
    /// Print the lines of results.jsonl as they are written
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let items = batch::read(&app.terminal, &self.file, !self.no_check)?;
        let Some(dir) = self.output.filter(|_| !self.dry_run) else {
            let estimate = batch::Estimate::new(&items);
            return if self.json { output::json(&estimate) } else { output::line(estimate) };
        };
        std::fs::create_dir_all(&dir).map_err(|e| Failure::io(dir.display(), &e))?;
        let session = Session::open_with(&app.global, |builder| match self.limits {
            Switch::On => builder,
            Switch::Off => builder.limits(Limits::none()),
        })
        .await?;
        let options = batch::BatchOptions {
            items: &items,
            dir: &dir,
            concurrency: self.concurrency as usize,
            journal: &self.journal.unwrap_or_else(|| dir.join("batch.journal")),
            resubmit_unknown: self.resubmit_unknown,
            json: self.json,
        };
        batch::run(&app.terminal, &session.client, options).await
    }
}
