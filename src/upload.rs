//! Uploads by the caller.

use std::{fmt, pin::Pin, sync::Arc};

use crate::{
    Error, Media, Result, UploadedFile,
    context::Context,
    error::ErrorKind,
    progress::{Progress, ProgressCallback},
};

/// An upload. Nothing is sent until it is awaited.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> pruna::Result<()> {
/// use pruna::Media;
///
/// let photo = client.upload(Media::path("me.jpg")).on_progress(|progress| println!("{} bytes", progress.bytes)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Upload {
    context: Arc<Context>,
    media: Media,
    progress: ProgressCallback,
}

impl Upload {
    pub(crate) fn new(context: Arc<Context>, media: Media) -> Self {
        Self { context, media, progress: ProgressCallback::default() }
    }

    /// Sets a callback for the progress. It is not called for content that was uploaded before.
    pub fn on_progress(mut self, callback: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = ProgressCallback::new(callback);
        self
    }
}

impl IntoFuture for Upload {
    type Output = Result<UploadedFile>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let media = self.media.into_local().map_err(|address| {
                let message = format!("{address} is already on the web; only files and bytes can be uploaded");
                Error::new(ErrorKind::InvalidInput, message)
            })?;
            self.context.uploads.upload(&self.context.transport, media, &self.progress).await
        })
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("media", &self.media).finish_non_exhaustive()
    }
}
