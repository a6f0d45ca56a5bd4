//! The last steps of a job: wait, save, report.

use std::time::Instant;

use pruna::Prediction;

use super::{report::Report, unsaved, wait::wait};
use crate::{
    exit_code::Code,
    failure::Failure,
    interrupt::interruptible,
    options::OutputOptions,
    output,
    target::{Saved, SavedFiles, Target},
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
) -> Result<Vec<Saved>, Failure> {
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
    report.cost = generation.cost();
    let saved = SavedFiles::default();
    let hint = || unsaved::hint(job, &generation, &saved, None);
    let ended = interruptible(target.save(terminal, &generation, &saved), hint).await;
    if let Err(failure) = ended {
        for file in saved.saved() {
            terminal.note(format_args!("saved {}", file.path.display()));
        }
        let hint = unsaved::hint(job, &generation, &saved, failure.source.as_ref());
        return Err(failure.hint(hint));
    }
    // With the file itself on stdout there is no place for a path or for JSON.
    if !target.is_stdout() {
        report.files = saved.saved();
    }
    let options = OutputOptions { json: options.json && !target.is_stdout(), ..options };
    let location = || match report.files.as_slice() {
        [] => unsaved::hint(job, &generation, &SavedFiles::default(), None),
        files => {
            let paths: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
            format!("the result is saved as {}", paths.join(", "))
        }
    };
    output::or_to_stderr(report.print(&generation, options), terminal, location)?;
    if !options.json {
        report.print_summary(terminal, options);
    }
    Ok(report.files)
}
