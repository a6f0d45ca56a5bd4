//! `pruna batch`: many requests from a file.

use std::path::PathBuf;

use pruna::limits::Limits;

use crate::{App, batch, commands::Switch, failure::Failure, output, session::Session};

/// Run many requests from a file; the same command continues after an interruption
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna batch prompts.jsonl -o lions --concurrency 32
  pruna batch table.csv -o lions --dry-run

A line of a .jsonl file is {\"model\": ..., \"input\": {...}} and, if need be, a \"name\" for its files. \
A .csv file has the columns model and name, and one for each parameter. Media parameters take files as @path.

The folder gets the files, results.jsonl (a line for each item as it finishes) and index.html, a gallery.

The exit code is that of the gravest failure: 3, 5, 4, 6, 2, 1; 0 when every item has its result.")]
pub(crate) struct Args {
    /// Requests as JSON lines or CSV; - for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the results, made if need be
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    output: Option<PathBuf>,
    /// Items in flight at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    concurrency: Option<u32>,
    /// Where it is noted how far the batch is [default: DIR/batch.journal]
    #[arg(long, value_name = "PATH")]
    journal: Option<PathBuf>,
    /// Send again what an earlier run may have sent; it may be paid for twice
    #[arg(long)]
    resubmit_unknown: bool,
    /// Whether to send no more a minute than the documented rate limits allow
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limits: Switch,
    /// Check, count and price without sending
    #[arg(long)]
    dry_run: bool,
    /// Send also what the document does not know or does not allow; the service decides
    #[arg(long)]
    no_check: bool,
    /// Print the lines of results.jsonl as they are written
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let items = batch::read(app, &self.file, !self.no_check)?;
        let Some(folder) = self.output.filter(|_| !self.dry_run) else {
            let pricing = batch::Pricing::of(&items);
            return if self.json { output::json(&pricing) } else { output::line(pricing) };
        };
        std::fs::create_dir_all(&folder).map_err(|e| Failure::io(folder.display(), &e))?;
        let session = Session::open_with(app, |builder| match self.limits {
            Switch::On => builder,
            Switch::Off => builder.limits(Limits::none()),
        })
        .await?;
        let plan = batch::Plan {
            items: &items,
            folder: &folder,
            concurrency: self.concurrency.map(|n| n as usize),
            journal: &self.journal.unwrap_or_else(|| folder.join("batch.journal")),
            resubmit_unknown: self.resubmit_unknown,
            json: self.json,
        };
        batch::run(app, &session.client, plan).await
    }
}
