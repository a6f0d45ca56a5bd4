//! Waiting for the result of a job.

use pruna::{Event, Generation, Prediction};

use crate::{failure::Failure, interrupt::interruptible, progress::WaitBar, terminal::Terminal};

/// Waits for the result and shows the status of the job.
pub(super) async fn wait(terminal: &Terminal, job: &Prediction) -> Result<Generation, Failure> {
    let id = job.id().unwrap_or_default();
    let name = job.model().map_or_else(|| id.to_owned(), ToString::to_string);
    let bar = WaitBar::start(terminal, job.model(), &format!("{name}: waiting"));
    let result = async {
        if let Some(generation) = job.try_wait().await? {
            return Ok(generation);
        }
        if !terminal.shows_bars() {
            terminal.note(format_args!("waiting for {name}, job {id}"));
        }
        let mut events = job.watch();
        while let Some(event) = events.next().await {
            match event? {
                Event::Polled { status, .. } => bar.set_message(&format!("{name}: {status}")),
                Event::PollFailed { reason, .. } => bar.set_message(&format!("{name}: {reason}")),
                Event::Finished(generation) => return Ok(*generation),
                _ => {}
            }
        }
        job.wait().await
    };
    interruptible(result, || format!("job {id} is still running; `pruna wait {id}` continues waiting")).await
}
