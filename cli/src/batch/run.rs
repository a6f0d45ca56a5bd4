//! The run of a batch.

use super::{collector::Collector, options::BatchOptions, prepare::Prepared, results_file::ResultsFile};
use crate::{exit_code::Code, failure::Failure, output, session::Session, terminal::Terminal};

/// Runs a batch to its end, or until a signal or an output that fails.
pub(crate) async fn run(
    terminal: &Terminal,
    session: &Session,
    prepared: Prepared,
    options: BatchOptions<'_>,
) -> Result<(), Failure> {
    let Prepared { plan } = prepared;
    let mut results = plan.run().await?;
    // Read now that the journal is locked: another run may have ended meanwhile.
    let path = options.results_path();
    let earlier = ResultsFile::read(&path, options.items).map_err(|e| Failure::io(path.display(), &e))?;
    let mut collector = Collector::new(terminal, options, &session.service, earlier)?;
    let ended = collector.collect(&mut results).await;
    let summary = results.summary();
    // The gallery is written even after an interruption or an error.
    let (outcome, gallery) = collector.finish(summary.items());
    ended?;
    let gallery = gallery?;
    terminal.success(summary);
    if !options.json {
        output::line(gallery.display())?;
    }
    let failures = outcome.most_severe.map(|code| {
        let message = format!("{} of {} items have no result", outcome.failures, options.items.len());
        Failure::new(code, message).hint(hint(code))
    });
    let over_budget = options.limit.and_then(|limit| outcome.over_budget.failure(options.items, limit));
    match (failures, over_budget) {
        (None, None) => Ok(()),
        (Some(failure), None) | (None, Some(failure)) => Err(failure),
        (Some(failures), Some(over_budget)) => {
            terminal.error(&over_budget.message, over_budget.hint.as_deref());
            Err(Failure { code: failures.code.more_severe(over_budget.code), ..failures })
        }
    }
}

/// Returns what to do about items without a result.
fn hint(code: Code) -> &'static str {
    match code {
        Code::Unknown => {
            "the same command continues; it submits items with unknown status again only with --resubmit-unknown"
        }
        Code::Prediction => "results.jsonl has the errors; failed predictions are billed and are not submitted again",
        _ => "results.jsonl has the errors; the same command submits again the items that were not accepted",
    }
}
