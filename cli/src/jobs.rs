//! The steps of a job: upload, submit, wait, save, report.

mod finish;
mod report;
mod unsaved;
mod upload;
mod wait;

pub(crate) use self::{
    finish::{deliver, finish},
    upload::{upload, upload_each},
};

use pruna::{Client, Prediction, Request};

use crate::{failure::Failure, interrupt::interruptible, progress::WaitBar, terminal::Terminal};

/// Submits a request; with `sync`, the submission also waits for the result.
pub(crate) async fn submit(
    terminal: &Terminal,
    client: &Client,
    request: Request,
    sync: bool,
) -> Result<Prediction, Failure> {
    let model = request.model().clone();
    let action = if sync { "generating" } else { "submitting" };
    let _bar = WaitBar::start(terminal, Some(&model), &format!("{model}: {action}"));
    let hint = || "the job may have been submitted; its id is not known".into();
    interruptible(client.submit(request.try_sync(sync)), hint).await.map_err(Failure::of_submission)
}
