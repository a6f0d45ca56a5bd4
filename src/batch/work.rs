//! One item of a batch, from its request to its files.

use std::pin::pin;

use futures_util::future::{Either, select};
use tokio_util::sync::CancellationToken;

use super::files::Folder;
use crate::{Client, Error, Generation, Prediction, Request, SavedFile, error::Kind};

/// What came of an item.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// The result.
    pub generation: Generation,
    /// Its files on disk; none unless the batch [saves](super::Batch::save_to) them.
    pub files: Vec<SavedFile>,
}

/// What all items of a batch share.
pub(super) struct Worker {
    client: Client,
    folder: Option<Folder>,
    /// Cancelled when jobs are no longer to be waited for.
    pub(super) handing_back: CancellationToken,
}

impl Worker {
    pub(super) fn new(client: Client, folder: Option<Folder>) -> Self {
        Self { client, folder, handing_back: CancellationToken::new() }
    }

    /// Works on an item to its end.
    pub(super) async fn work(&self, index: usize, request: Request) -> Result<Output, Error> {
        // The way to a handle needs far more memory than waiting does, so it is given back in between.
        let job = Box::pin(self.submit(request)).await?;
        let generation = self.wait(&job).await?;
        let files = match &self.folder {
            Some(folder) => Box::pin(folder.save(index, &generation)).await?,
            None => Vec::new(),
        };
        Ok(Output { generation, files })
    }

    async fn submit(&self, request: Request) -> Result<Prediction, Error> {
        if self.handing_back.is_cancelled() {
            return Err(Error::new(Kind::Deadline, "the batch was stopped before this item was submitted"));
        }
        // However many there are before it: an item's clock starts when it is its turn.
        let slot = self.client.transport().limits.slot(request.model()).await;
        let deadline = self.client.deadline_of(&request);
        self.client.start_in(slot, &request, request.wants_sync(), deadline).await
    }

    /// Waits for a result, unless the batch hands back what runs.
    async fn wait(&self, job: &Prediction) -> Result<Generation, Error> {
        let handed_back = pin!(self.handing_back.cancelled());
        match select(pin!(job.wait()), handed_back).await {
            Either::Left((generation, _)) => generation,
            Either::Right(_) => {
                Err(Error::new(Kind::Deadline, "the batch was stopped; the job goes on").with_job(job.job_ref()))
            }
        }
    }
}
