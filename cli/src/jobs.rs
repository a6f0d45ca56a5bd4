//! The steps of a job: upload, submit, wait, save, report.

mod finish;
mod report;
mod wait;

pub(crate) use self::finish::finish;

use std::path::PathBuf;

use futures_util::future::try_join_all;
use pruna::{Client, Media, Prediction, Request, UploadedFile};

use crate::{
    failure::Failure,
    interrupt::interruptible,
    progress::{TransferBar, WaitBar},
    terminal::Terminal,
};

/// Uploads files, each with a progress bar. The client caches the uploads, so the later submission reuses them.
pub(crate) async fn upload(
    terminal: &Terminal,
    client: &Client,
    files: &[PathBuf],
) -> Result<Vec<UploadedFile>, Failure> {
    let uploads = files.iter().map(|path| async move {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let bar = TransferBar::start(terminal, &name);
        let uploaded = client.upload(Media::path(path)).on_progress(bar.callback()).await;
        bar.finish();
        uploaded
    });
    interruptible(try_join_all(uploads), || "nothing was submitted".into()).await
}

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
    interruptible(client.submit(request.try_sync(sync)), hint).await
}
