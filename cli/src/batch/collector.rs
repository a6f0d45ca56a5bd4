//! Collecting the results of a batch as they arrive.

use std::path::PathBuf;

use pruna::{
    Error, Usd,
    batch::{Output, Results},
};

use super::{
    options::BatchOptions, over_budget::OverBudget, record::Record, results_file::ResultsFile, results_log::ResultsLog,
};
use crate::{
    exit_code::Code,
    failure::Failure,
    interrupt::{Signal, Signals},
    output,
    progress::BatchBar,
    terminal::Terminal,
};

/// Writes results to the log and to the terminal, and counts failures.
pub(super) struct Collector<'a> {
    terminal: &'a Terminal,
    options: BatchOptions<'a>,
    service: &'a str,
    log: ResultsLog,
    bar: BatchBar,
    outcome: Outcome,
    interrupted: Option<Signal>,
    /// Why results cannot be written any more. Then nothing more is submitted.
    broken: Option<Failure>,
    /// Number of jobs that were still running at the interruption.
    running: usize,
}

/// How a batch ended.
#[derive(Default)]
pub(super) struct Outcome {
    /// Number of items without a result, apart from those that were not begun.
    pub(super) failures: usize,
    pub(super) over_budget: OverBudget,
    /// The most severe exit code of the failures.
    pub(super) most_severe: Option<Code>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        terminal: &'a Terminal,
        options: BatchOptions<'a>,
        service: &'a str,
        earlier: ResultsFile,
    ) -> Result<Self, Failure> {
        Ok(Self {
            terminal,
            options,
            service,
            log: ResultsLog::open(&options, earlier)?,
            bar: BatchBar::start(terminal, options.items.len()),
            outcome: Outcome::default(),
            interrupted: None,
            broken: None,
            running: 0,
        })
    }

    /// Collects results to the end of the batch. The first signal stops submissions, the second one stops everything. An
    /// output that fails stops submissions, too; what is under way is finished and saved.
    pub(super) async fn collect(&mut self, results: &mut Results) -> Result<(), Failure> {
        // One listener for the whole loop, so that no signal is lost while a result is processed.
        let mut signals = Signals::listen();
        self.show_progress(results);
        loop {
            let next = tokio::select! {
                next = results.next() => next,
                signal = signals.next() => {
                    if let Some(first) = self.interrupted {
                        return Err(self.interruption(first));
                    }
                    self.interrupted = Some(signal);
                    results.detach();
                    self.terminal.note("stopping; press Ctrl-C again to stop immediately");
                    continue;
                }
            };
            match (next, self.interrupted) {
                (Some((index, result)), _) => {
                    if self.add(index, result) {
                        results.stop();
                    }
                    self.bar.increment();
                    self.show_progress(results);
                }
                (None, Some(signal)) => return Err(self.interruption(signal)),
                (None, None) => return Ok(()),
            }
        }
    }

    /// Completes the log and the gallery. `done` is the number of items that have ended. Returns the outcome and the
    /// gallery's path, or why an output could not be written.
    pub(super) fn finish(mut self, done: usize) -> (Outcome, Result<PathBuf, Failure>) {
        let gallery = self.log.finish();
        let gallery = match self.broken.take() {
            None => gallery.map_err(|failure| failure.hint("the same command writes it again")),
            // All that was asked for is done, and its reader wanted no more.
            Some(failure) if failure.code == Code::ClosedPipe && done == self.options.items.len() => Err(failure),
            Some(failure) => {
                let message =
                    format!("{}; {done} of {} items were processed", failure.message, self.options.items.len());
                Err(Failure::files(message).hint("nothing is lost; the same command continues"))
            }
        };
        (self.outcome, gallery)
    }

    /// Adds the result of an item. Returns whether nothing more should be submitted.
    fn add(&mut self, index: usize, result: Result<Output, Error>) -> bool {
        let item = &self.options.items[index];
        let record = match &result {
            Ok(output) => Record::succeeded(item, output, self.service),
            Err(error) => Record::failed(item, error, self.service),
        };
        if self.broken.is_none() {
            self.broken = self.write(record).err();
        }
        let should_stop = match result {
            Ok(_) => false,
            Err(error) => self.add_failure(index, error),
        };
        should_stop || self.broken.is_some()
    }

    /// Shows what the batch has cost, and how many items have no result.
    fn show_progress(&self, results: &Results) {
        let cost = match self.options.limit {
            Some(limit) => Some(format!("{} of {}", limit.budget().committed(), limit.max())),
            None => Some(results.summary().cost).filter(|cost| *cost > Usd::ZERO).map(|cost| cost.to_string()),
        };
        let count = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let Outcome { failures, over_budget, .. } = &self.outcome;
        let facts = [cost, count(over_budget.count(), "not begun"), count(*failures, "without a result")];
        self.bar.set_facts(facts.into_iter().flatten());
    }

    /// Writes a record to the log, and to stdout if asked for.
    fn write(&mut self, record: Record) -> Result<(), Failure> {
        let record = self.log.add(record)?;
        if self.options.json { output::json(record) } else { Ok(()) }
    }

    /// Counts and prints a failure. Returns whether all further submissions would fail too.
    fn add_failure(&mut self, index: usize, error: Error) -> bool {
        let item = &self.options.items[index];
        if let Some(limit) = self.options.limit.filter(|_| error.is_budget_exceeded()) {
            self.outcome.over_budget.add(item, limit);
            return false;
        }
        let should_stop = error.is_unauthorized() || error.is_insufficient_credit();
        // Jobs that an interruption leaves running are only counted.
        let is_detached = self.interrupted.is_some() && error.is_timeout();
        if is_detached {
            self.running += usize::from(error.job().is_some());
        } else {
            self.terminal.warn(format_args!("{}: {error}", item.title()));
        }
        let code = Failure::from(error).code;
        let most_severe = self.outcome.most_severe.map_or(code, |known| known.more_severe(code));
        self.outcome.failures += 1;
        self.outcome.most_severe = Some(most_severe);
        should_stop
    }

    fn interruption(&self, signal: Signal) -> Failure {
        let hint = match self.running {
            0 => "the same command continues the batch".into(),
            jobs => format!("{jobs} jobs are still running; the same command waits for them and continues the batch"),
        };
        signal.failure().hint(hint)
    }
}
