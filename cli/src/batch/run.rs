//! The run of a batch.

use std::path::Path;

use pruna::{Client, Error};

use super::{collector::Collector, item::Item, options::BatchOptions};
use crate::{exit_code::Code, failure::Failure, output, terminal::Terminal};

/// Runs a batch to its end, or until Ctrl-C.
pub(crate) async fn run(terminal: &Terminal, client: &Client, options: BatchOptions<'_>) -> Result<(), Failure> {
    let requests: Vec<_> = options.items.iter().map(Item::request).collect();
    let batch = client.batch(requests).save_to(options.dir).journal(options.journal);
    let batch = batch.resubmit_unknown(options.resubmit_unknown).concurrency(options.concurrency);
    let mut results = batch.run().await.map_err(|error| start_failure(error, options.journal))?;
    let mut collector = Collector::new(terminal, options)?;
    let ended = collector.collect(&mut results).await;
    // The gallery is written even after an interruption or an error.
    let (outcome, gallery) = collector.finish()?;
    ended?;
    terminal.success(results.summary());
    if !options.json {
        output::line(gallery.display())?;
    }
    match outcome.most_severe {
        None => Ok(()),
        Some(code) => {
            let message = format!("{} of {} items have no result", outcome.failures, options.items.len());
            Err(Failure::new(code, message).hint(hint(code)))
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

/// Explains a journal that is in use or belongs to another batch.
fn start_failure(error: Error, journal: &Path) -> Failure {
    let failure = Failure::from(error);
    match failure.code {
        Code::Usage => failure.hint(format!("use --journal to name a file other than {}", journal.display())),
        _ => failure,
    }
}
