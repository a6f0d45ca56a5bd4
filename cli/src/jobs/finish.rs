//! The last steps of a job: wait, save, report.

use std::time::Instant;

use pruna::{Generation, Prediction, Slot};

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

/// Waits for a job, saves its files and prints the result. With a slot, the result is also stored for reuse.
pub(crate) async fn finish(
    terminal: &Terminal,
    job: &Prediction,
    slot: Option<Slot>,
    target: &Target,
    options: OutputOptions,
    started: Instant,
    warnings: Vec<String>,
) -> Result<Vec<Saved>, Failure> {
    match wait(terminal, job).await {
        Ok(generation) => {
            let generation = match slot {
                Some(slot) => slot.store(generation).await,
                None => generation,
            };
            deliver(terminal, &generation, target, options, started, warnings).await
        }
        Err(failure) => {
            if options.json
                && failure.code == Code::Prediction
                && let Some(error) = &failure.source
            {
                output::json(&Report::new(job.id(), job.model(), started, warnings).failed(error))?;
            }
            Err(failure)
        }
    }
}

/// Saves the files of a result and prints it.
pub(crate) async fn deliver(
    terminal: &Terminal,
    generation: &Generation,
    target: &Target,
    options: OutputOptions,
    started: Instant,
    warnings: Vec<String>,
) -> Result<Vec<Saved>, Failure> {
    let mut report = Report::new(generation.id(), generation.model(), started, warnings);
    report.cost = generation.cost();
    report.reused = generation.is_reused();
    let saved = SavedFiles::default();
    let hint = || unsaved::hint(generation, &saved, None);
    let ended = interruptible(target.save(terminal, generation, &saved), hint).await;
    if let Err(failure) = ended {
        for file in saved.saved() {
            terminal.note(format_args!("saved {}", file.path.display()));
        }
        let hint = unsaved::hint(generation, &saved, failure.source.as_ref());
        return Err(failure.hint(hint));
    }
    // With the file itself on stdout there is no place for a path or for JSON.
    if !target.is_stdout() {
        report.files = saved.saved();
    }
    let options = OutputOptions { json: options.json && !target.is_stdout(), ..options };
    let location = || match report.files.as_slice() {
        [] => unsaved::hint(generation, &SavedFiles::default(), None),
        files => {
            let paths: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
            format!("the result is saved as {}", paths.join(", "))
        }
    };
    output::or_to_stderr(report.print(generation, options), terminal, location)?;
    if !options.json {
        report.print_summary(terminal, options);
    }
    Ok(report.files)
}
