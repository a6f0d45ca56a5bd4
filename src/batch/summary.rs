//! Counts of a batch.

use std::{fmt, time::Duration};

use super::Output;
use crate::{Result, Usd};

/// Counts of a batch: see [`Results::summary`](super::Results::summary).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Items with a result.
    pub succeeded: usize,
    /// Items that an earlier run had finished; included in `succeeded`.
    pub resumed: usize,
    /// Items that failed, apart from the next three kinds.
    pub failed: usize,
    /// Items whose submission has an unknown outcome: [`ErrorKind::SubmissionUnknown`](crate::ErrorKind::SubmissionUnknown).
    pub unknown: usize,
    /// Items whose deadline passed or whose batch was stopped; their jobs may be running:
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout).
    pub unfinished: usize,
    /// Items that were not begun, because a [budget](crate::Budget) does not cover them:
    /// [`ErrorKind::BudgetExceeded`](crate::ErrorKind::BudgetExceeded).
    pub over_budget: usize,
    /// What the submissions of this run are estimated to cost, at most, by list prices. Includes those with an unknown outcome.
    pub cost: Usd,
    /// Submissions of this run whose price is not known, and which `cost` therefore lacks.
    pub unpriced: usize,
    /// Number of saved files.
    pub files: usize,
    /// Size of the saved files in bytes.
    pub bytes: u64,
    /// Time from the start to the last result.
    pub elapsed: Duration,
}

impl Summary {
    /// Returns the number of items that have ended, one way or another.
    #[must_use]
    pub fn items(&self) -> usize {
        self.succeeded + self.failed + self.unknown + self.unfinished + self.over_budget
    }

    pub(super) fn count(&mut self, result: &Result<Output>) {
        match result {
            Ok(output) => {
                self.succeeded += 1;
                self.resumed += usize::from(output.resumed);
                self.files += output.files.len();
                self.bytes += output.files.iter().map(|file| file.bytes).sum::<u64>();
            }
            Err(error) if error.is_submission_unknown() => self.unknown += 1,
            Err(error) if error.is_timeout() => self.unfinished += 1,
            Err(error) if error.is_budget_exceeded() => self.over_budget += 1,
            Err(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} succeeded", self.succeeded, self.items())?;
        if self.resumed > 0 {
            write!(f, " ({} of them earlier)", self.resumed)?;
        }
        for (count, what) in [
            (self.failed, "failed"),
            (self.unknown, "unknown"),
            (self.unfinished, "unfinished"),
            (self.over_budget, "not begun, over budget"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if self.files > 0 {
            write!(f, "; {} files, {} bytes", self.files, self.bytes)?;
        }
        if self.cost > Usd::ZERO {
            write!(f, "; {}", self.cost)?;
        }
        write!(f, "; {:.1} s", self.elapsed.as_secs_f64())
    }
}
