//! Waiting for the result of a job.

use futures_util::StreamExt as _;
use pruna::{Event, Generation, Prediction};

use crate::{failure::Failure, interrupt::interruptible, progress::WaitBar, terminal::Terminal};

/// Waits for the result and shows the status of the job.
pub(super) async fn wait(terminal: &Terminal, job: &Prediction) -> Result<Generation, Failure> {
    let name = if job.model().as_str().is_empty() { job.id().to_owned() } else { job.model().to_string() };
    let bar = WaitBar::start(terminal, job.model(), &format!("{name}: waiting"));
    let result = async {
        if let Some(generation) = job.try_wait().await? {
            return Ok(generation);
        }
        if !terminal.shows_bars() {
            terminal.note(format_args!("waiting for {name}, job {}", job.id()));
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
    let id = job.id();
    interruptible(result, || format!("job {id} is still running; `pruna wait {id}` continues waiting")).await
}
