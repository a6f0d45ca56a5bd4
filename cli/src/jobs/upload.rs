//! Uploads, a few at a time.

use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use pruna::{Client, Media, UploadedFile};

use crate::{
    failure::Failure,
    interrupt::interruptible,
    progress::{BatchBar, TransferBar},
    terminal::Terminal,
};

/// Maximum number of concurrent uploads, each with a progress bar.
const MAX_CONCURRENT: usize = 8;

/// Uploads files. The client caches the uploads, so the later submission reuses them.
pub(crate) async fn upload(
    terminal: &Terminal,
    client: &Client,
    files: &[PathBuf],
) -> Result<Vec<UploadedFile>, Failure> {
    let mut uploaded = Vec::with_capacity(files.len());
    upload_each(terminal, client, files, |_, file| {
        uploaded.push(file);
        Ok(())
    })
    .await?;
    Ok(uploaded)
}

/// Uploads files and hands each over, in their order, as soon as it and those before it are uploaded.
pub(crate) async fn upload_each(
    terminal: &Terminal,
    client: &Client,
    files: &[PathBuf],
    mut uploaded: impl FnMut(&Path, UploadedFile) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // More bars than files at a time would fill the screen.
    let count = (files.len() > MAX_CONCURRENT).then(|| BatchBar::start(terminal, files.len()));
    let uploads = stream::iter(files).map(|path| upload_one(terminal, client, path));
    let work = uploads.buffered(MAX_CONCURRENT).try_for_each(|(path, file)| {
        if let Some(count) = &count {
            count.increment();
        }
        std::future::ready(uploaded(path, file))
    });
    interruptible(work, || "nothing was submitted".into()).await
}

async fn upload_one<'a>(
    terminal: &Terminal,
    client: &Client,
    path: &'a PathBuf,
) -> Result<(&'a Path, UploadedFile), Failure> {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let bar = TransferBar::start(terminal, &name);
    let uploaded = client.upload(Media::path(path)).on_progress(bar.callback()).await;
    bar.finish();
    uploaded.map(|file| (path.as_path(), file)).map_err(|error| Failure::from(error).of_upload())
}
