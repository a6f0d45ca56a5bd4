//! Collecting the results of a batch as they arrive.

use std::path::PathBuf;

use pruna::{
    Error,
    batch::{Output, Results},
};

use super::{options::BatchOptions, record::Record, results_log::ResultsLog};
use crate::{exit_code::Code, failure::Failure, output, progress::BatchBar, terminal::Terminal};

/// Writes results to the log and to the terminal, and counts failures.
pub(super) struct Collector<'a> {
    terminal: &'a Terminal,
    options: BatchOptions<'a>,
    log: ResultsLog,
    bar: BatchBar,
    outcome: Outcome,
    is_interrupted: bool,
    /// Number of jobs that were still running at the interruption.
    running: usize,
}

/// How a batch ended.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) failures: usize,
    /// The most severe exit code of the failures.
    pub(super) most_severe: Option<Code>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(terminal: &'a Terminal, options: BatchOptions<'a>) -> Result<Self, Failure> {
        Ok(Self {
            terminal,
            options,
            log: ResultsLog::open(options.dir, options.items)?,
            bar: BatchBar::start(terminal, options.items.len()),
            outcome: Outcome::default(),
            is_interrupted: false,
            running: 0,
        })
    }

    /// Collects results to the end of the batch, or until Ctrl-C. The first Ctrl-C stops submissions, the second one
    /// stops everything.
    pub(super) async fn collect(&mut self, results: &mut Results) -> Result<(), Failure> {
        // One listener for the whole loop, so that no signal is lost while a result is processed.
        let mut ctrl_c = Box::pin(tokio::signal::ctrl_c());
        loop {
            let next = tokio::select! {
                next = results.next() => next,
                _ = &mut ctrl_c => {
                    ctrl_c = Box::pin(tokio::signal::ctrl_c());
                    if self.is_interrupted {
                        return Err(self.interruption());
                    }
                    self.is_interrupted = true;
                    results.detach();
                    self.terminal.note("stopping; press Ctrl-C again to stop immediately");
                    continue;
                }
            };
            match next {
                Some((index, result)) => {
                    if self.add(index, result)? {
                        results.stop();
                    }
                }
                None if self.is_interrupted => return Err(self.interruption()),
                None => return Ok(()),
            }
        }
    }

    /// Writes the gallery; returns the outcome and the gallery's path.
    pub(super) fn finish(mut self) -> Result<(Outcome, PathBuf), Failure> {
        let gallery = self.log.write_gallery()?;
        Ok((self.outcome, gallery))
    }

    /// Adds the result of an item. Returns whether all further submissions would fail too.
    fn add(&mut self, index: usize, result: Result<Output, Error>) -> Result<bool, Failure> {
        let item = &self.options.items[index];
        let record = match &result {
            Ok(output) => Record::succeeded(item, output),
            Err(error) => Record::failed(item, error),
        };
        let record = self.log.add(record)?;
        if self.options.json {
            output::json(record)?;
        }
        let should_stop = match result {
            Ok(_) => false,
            Err(error) => self.add_failure(index, error),
        };
        self.bar.increment(self.outcome.failures);
        Ok(should_stop)
    }

    /// Counts and prints a failure. Returns whether all further submissions would fail too.
    fn add_failure(&mut self, index: usize, error: Error) -> bool {
        let should_stop = error.is_unauthorized() || error.is_insufficient_credit();
        // Jobs that an interruption leaves running are only counted.
        let is_detached = self.is_interrupted && error.is_timeout();
        if is_detached {
            self.running += usize::from(error.job().is_some());
        } else {
            let label = self.options.items[index].name.clone().unwrap_or_else(|| format!("item {index}"));
            self.terminal.warn(format_args!("{label}: {error}"));
        }
        let code = Failure::from(error).code;
        let most_severe = self.outcome.most_severe.map_or(code, |known| known.more_severe(code));
        self.outcome.failures += 1;
        self.outcome.most_severe = Some(most_severe);
        should_stop
    }

    fn interruption(&self) -> Failure {
        let hint = match self.running {
            0 => "the same command continues the batch".into(),
            jobs => format!("{jobs} jobs are still running; the same command waits for them and continues the batch"),
        };
        Failure::new(Code::Interrupted, "interrupted").hint(hint)
    }
}
