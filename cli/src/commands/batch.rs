//! `pruna batch`: runs many requests from a file.

use std::path::{Path, PathBuf};

use pruna::{Usd, limits::Limits};

use crate::{
    app::App,
    batch,
    cost::{CostLimit, CostOptions},
    failure::Failure,
    options::Switch,
    output,
    session::Session,
};

/// Run many requests from a file; the same command resumes an interrupted batch
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna batch prompts.jsonl -o lions --concurrency 32
  pruna batch table.csv -o lions --dry-run
  pruna batch prompts.jsonl -o lions --max-cost 20

Each line of a .jsonl file is an object {\"model\": ..., \"input\": {...}}, optionally with a \"name\" for its \
files and a \"label\" for the ledger. A .csv file has the columns model, optionally name and label, and one for each \
parameter. Media parameters accept local \
files as @path, from below the directory of FILE.

The file may be edited between two runs: an item is known by its name, or by its model and input. Only new ones are \
submitted. A changed request needs another name.

The output directory receives the files, results.jsonl (one line for each finished item) and index.html (a gallery).

--max-cost covers all runs of the batch together: the journal counts what earlier runs have spent. Items that it does not \
cover are not begun; the same command with a larger amount goes on with them.

The exit code is that of the most severe failure, in the order 3, 5, 4, 6, 2, 7, 1, or 0 if every item has a result.")]
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
    #[command(flatten)]
    cost: CostOptions,
    /// File that records progress, to resume after an interruption [default: DIR/batch.journal]
    #[arg(long, value_name = "PATH")]
    journal: Option<PathBuf>,
    /// Replace files that the batch did not write, or that were changed since
    #[arg(short, long)]
    force: bool,
    /// Continue although the journal was written with another API key of the same account
    #[arg(long)]
    rebind: bool,
    /// If the journal is missing, take finished items from results.jsonl
    #[arg(long)]
    rebuild_journal: bool,
    /// Upload local files from anywhere, not only from below the directory of FILE
    #[arg(long)]
    allow_files: bool,
    /// Submit again items that an earlier run may have submitted; they may be billed twice
    #[arg(long)]
    resubmit_unknown: bool,
    /// Whether to stay within the documented rate limits
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limits: Switch,
    /// Check everything, estimate the cost, and print what earlier runs have left to do, without submitting or writing anything
    #[arg(long)]
    dry_run: bool,
    /// Submit items that do not match the documented schema
    #[arg(long)]
    no_check: bool,
    /// Print the lines of results.jsonl as they are written
    #[arg(long)]
    json: bool,
}

/// What `--dry-run` prints as JSON: the estimate for the items that would be submitted, and how far the others are.
#[derive(serde::Serialize)]
struct DryRun {
    #[serde(flatten)]
    estimate: batch::Estimate,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<batch::Overview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<batch::Coverage>,
}

impl Args {
    pub(crate) async fn run(mut self, app: &App) -> Result<(), Failure> {
        let items = batch::read(&app.terminal, &self.file, self.checks()?)?;
        let limit = self.cost.limit();
        let Some(dir) = self.output.take() else { return self.show_estimate(&items, limit.as_ref()) };
        let journal = self.journal.take().unwrap_or_else(|| dir.join("batch.journal"));
        let options = self.options(&items, &dir, &journal, limit.as_ref());
        if self.dry_run {
            return self.show_plan(app, &options).await;
        }
        std::fs::create_dir_all(&dir).map_err(|e| Failure::io(dir.display(), &e))?;
        let session = Session::open_with(&app.global, |builder| {
            let builder = self.cost.set_ledger(app, builder)?;
            Ok(match self.limits {
                Switch::On => builder,
                Switch::Off => builder.limits(Limits::none()),
            })
        })
        .await?;
        let prepared = batch::prepare(&app.terminal, &session, &options).await?;
        let overview = prepared.overview();
        if !overview.is_fresh() {
            app.terminal.note(overview);
        }
        batch::run(&app.terminal, &session, prepared, options).await
    }

    fn options<'a>(
        &'a self,
        items: &'a [batch::Item],
        dir: &'a Path,
        journal: &'a Path,
        limit: Option<&'a CostLimit>,
    ) -> batch::BatchOptions<'a> {
        batch::BatchOptions {
            file: &self.file,
            items,
            dir,
            concurrency: self.concurrency as usize,
            limit,
            journal,
            resubmit_unknown: self.resubmit_unknown,
            force: self.force,
            rebind: self.rebind,
            rebuild_journal: self.rebuild_journal,
            json: self.json,
        }
    }

    /// Prints what a first run would cost.
    fn show_estimate(&self, items: &[batch::Item], limit: Option<&CostLimit>) -> Result<(), Failure> {
        let budget = limit.map(|limit| batch::Coverage::new(limit, Usd::ZERO, items)).transpose()?;
        self.show(DryRun { estimate: batch::Estimate::new(items), progress: None, budget })
    }

    /// Prints what a run would do. Nothing is sent or written.
    async fn show_plan(&self, app: &App, options: &batch::BatchOptions<'_>) -> Result<(), Failure> {
        let prepared = batch::prepare(&app.terminal, &Session::offline(&app.global)?, options).await?;
        self.show(DryRun {
            estimate: batch::Estimate::new(prepared.new_items(options)),
            progress: Some(prepared.overview()),
            budget: prepared.coverage(options)?,
        })
    }

    fn show(&self, plan: DryRun) -> Result<(), Failure> {
        if self.json {
            return output::json(&plan);
        }
        output::line(plan.estimate)?;
        plan.progress.filter(|progress| !progress.is_fresh()).map_or(Ok(()), output::line)?;
        plan.budget.map_or(Ok(()), output::line)
    }

    /// Returns the checks, with the directory of the batch file; that of a text on stdin is the working directory.
    fn checks(&self) -> Result<batch::Checks, Failure> {
        let files_below = match self.allow_files {
            true => None,
            false => {
                let dir = self.file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
                Some(dir.canonicalize().map_err(|e| Failure::io(dir.display(), &e))?)
            }
        };
        Ok(batch::Checks { schema: !self.no_check, files_below, label: self.cost.common_label() })
    }
}
