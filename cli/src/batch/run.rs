//! The run of a batch: results as they come, into the book and onto the terminal.

use std::path::Path;

use futures_util::StreamExt as _;
use pruna::{
    Client, Error,
    batch::{Output, Results},
};

use super::{Item, book::Book, record::Record};
use crate::{
    App,
    failure::{Code, Failure},
    output,
    progress::Items,
};

/// What is to be run, and how.
pub(crate) struct Plan<'a> {
    pub(crate) items: &'a [Item],
    pub(crate) folder: &'a Path,
    pub(crate) concurrency: Option<usize>,
    pub(crate) journal: &'a Path,
    pub(crate) resubmit_unknown: bool,
    pub(crate) json: bool,
}

/// Runs a batch to its end, or until Ctrl-C.
pub(crate) async fn run(app: &App, client: &Client, plan: Plan<'_>) -> Result<(), Failure> {
    let requests: Vec<_> = plan.items.iter().map(Item::request).collect();
    let batch = client.batch(requests).save_to(plan.folder).journal(plan.journal);
    let mut batch = batch.resubmit_unknown(plan.resubmit_unknown);
    if let Some(concurrency) = plan.concurrency {
        batch = batch.concurrency(concurrency);
    }
    let mut results = batch.run().await.map_err(|error| unusable(error, &plan))?;
    let mut keeper = Keeper {
        app,
        bar: app.terminal.items(plan.items.len()),
        book: Book::open(plan.folder, plan.items)?,
        plan,
        worst: None,
        failures: 0,
        interrupted: false,
        left_running: 0,
    };
    let ended = keeper.read(&mut results).await;
    // What there is can be looked at, however it ended.
    let page = keeper.book.draw()?;
    ended?;
    let Keeper { worst, failures, plan, bar, .. } = keeper;
    drop(bar);
    app.terminal.done(results.summary());
    if !plan.json {
        output::line(page.display())?;
    }
    match worst {
        None => Ok(()),
        Some(code) => {
            let message = format!("{failures} of {} items have no result", plan.items.len());
            Err(Failure::new(code, message).hint(advice(code)))
        }
    }
}

/// Reads results and keeps them.
struct Keeper<'a> {
    app: &'a App,
    plan: Plan<'a>,
    book: Book,
    bar: Items,
    /// The exit code that the failures so far call for.
    worst: Option<Code>,
    failures: usize,
    interrupted: bool,
    /// Jobs that run although nobody waits for them any more.
    left_running: usize,
}

impl Keeper<'_> {
    async fn read(&mut self, results: &mut Results) -> Result<(), Failure> {
        // One listener for the whole loop: a signal that comes while a result is kept is not lost.
        let mut ctrl_c = Box::pin(tokio::signal::ctrl_c());
        loop {
            let next = tokio::select! {
                next = results.next() => next,
                _ = &mut ctrl_c => {
                    ctrl_c = Box::pin(tokio::signal::ctrl_c());
                    if self.interrupted {
                        return Err(self.interruption());
                    }
                    self.interrupted = true;
                    results.detach();
                    self.app.terminal.note("stopping; Ctrl-C once more stops at once");
                    continue;
                }
            };
            match next {
                Some((index, result)) => {
                    if self.keep(index, result)? {
                        results.stop();
                    }
                }
                None if self.interrupted => return Err(self.interruption()),
                None => return Ok(()),
            }
        }
    }

    /// Keeps a result. True when it makes no sense to send more.
    fn keep(&mut self, index: usize, result: Result<Output, Error>) -> Result<bool, Failure> {
        let item = &self.plan.items[index];
        let record = match &result {
            Ok(output) => Record::succeeded(item, output),
            Err(error) => Record::failed(item, error),
        };
        let record = self.book.add(record)?;
        if self.plan.json {
            output::json(record)?;
        }
        let mut hopeless = false;
        if let Err(error) = result {
            self.failures += 1;
            hopeless = error.is_unauthorized() || error.is_insufficient_credit();
            // Of those that are left running on purpose their number says enough.
            let left = self.interrupted && error.is_timeout();
            self.left_running += usize::from(left && error.job().is_some());
            let label = item.name.clone().unwrap_or_else(|| format!("item {index}"));
            if !left {
                self.app.terminal.warn(format_args!("{label}: {error}"));
            }
            let code = Failure::from(error).code;
            self.worst = Some(self.worst.map_or(code, |worst| worst.graver(code)));
        }
        self.bar.ended(self.failures);
        Ok(hopeless)
    }

    fn interruption(&self) -> Failure {
        let hint = match self.left_running {
            0 => "the same command goes on where this one stopped".into(),
            jobs => format!("{jobs} jobs go on; the same command waits for them and does the rest"),
        };
        Failure::new(Code::Interrupted, "interrupted").hint(hint)
    }
}

/// What to do about items without a result.
fn advice(code: Code) -> &'static str {
    match code {
        Code::Unknown => {
            "the same command goes on with what runs; it sends what may be running already only with --resubmit-unknown"
        }
        Code::Prediction => "results.jsonl has the reasons; what failed is paid for and is not sent again",
        _ => "results.jsonl has the reasons; the same command sends again what was not taken",
    }
}

/// A journal that is in use or belongs to another batch.
fn unusable(error: Error, plan: &Plan<'_>) -> Failure {
    let failure = Failure::from(error);
    match failure.code {
        Code::Usage => failure.hint(format!("--journal takes another file than {}", plan.journal.display())),
        _ => failure,
    }
}
