//! The last steps of a job: wait, save, report.

use std::time::Instant;

use pruna::{Generation, Prediction, SavedFile};

use super::{report::Report, wait::wait};
use crate::{
    exit_code::Code, failure::Failure, interrupt::interruptible, options::OutputOptions, output, target::Target,
    terminal::Terminal,
};

/// Waits for a job, saves its files and prints the result.
pub(crate) async fn finish(
    terminal: &Terminal,
    job: &Prediction,
    target: &Target,
    options: OutputOptions,
    started: Instant,
    warnings: Vec<String>,
) -> Result<Vec<SavedFile>, Failure> {
    let result = wait(terminal, job).await;
    let mut report = Report::new(job, started, warnings);
    let generation = match result {
        Ok(generation) => generation,
        Err(failure) => {
            if options.json
                && failure.code == Code::Prediction
                && let Some(error) = &failure.source
            {
                output::json(&report.failed(error))?;
            }
            return Err(failure);
        }
    };
    let hint = || download_hint(job, &generation);
    report.files =
        interruptible(target.save(terminal, &generation), hint).await.map_err(|failure| failure.hint(hint()))?;
    // With the file itself on stdout there is no place for JSON.
    let options = OutputOptions { json: options.json && !target.is_stdout(), ..options };
    report.print(terminal, &generation, options)?;
    Ok(report.files)
}

/// Returns how to download a result that could not be saved.
fn download_hint(job: &Prediction, generation: &Generation) -> String {
    match generation.urls() {
        [url] => format!("the result is available for 24 hours; `pruna download {url} -o PATH` downloads it"),
        urls => match job.id() {
            Some(id) => format!("the result is available for 24 hours; `pruna wait {id} -o PATH` downloads it"),
            None => format!("the result is available for 24 hours at {}", urls.join(" and ")),
        },
    }
}
