//! One item of a batch, from its request to its files.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::future::{Either, select};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    files::Folder,
    journal::{self, Fingerprint, Journal, State},
};
use crate::{
    Client, Error, Generation, JobRef, Prediction, Request, SavedFile, client::Intent, error::ErrorKind, wire::Answer,
};

/// What came of an item.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// The result.
    pub generation: Generation,
    /// Its files on disk; none unless the batch [saves](super::Batch::save_to) them.
    pub files: Vec<SavedFile>,
    /// Time from submission to result; none when an earlier run had submitted it.
    pub elapsed: Option<Duration>,
    /// Whether an earlier run of the batch had finished it, by its [journal](super::Batch::journal).
    pub resumed: bool,
}

/// An item to be worked on.
pub(super) struct Item {
    pub(super) index: usize,
    pub(super) request: Request,
}

/// What all items of a batch share.
pub(super) struct Worker {
    pub(super) client: Client,
    pub(super) folder: Option<Folder>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    /// Whether an item of which an earlier run does not know what became of it is submitted again.
    pub(super) resubmit_unknown: bool,
    /// Cancelled when jobs are no longer to be waited for.
    pub(super) detaching: CancellationToken,
    /// Why the journal can no longer be written, if so. Then nothing new is begun.
    pub(super) journal_failure: OnceLock<String>,
}

impl Worker {
    /// Works on an item to its end.
    pub(super) async fn work(&self, item: Item) -> Result<Output, Error> {
        let notes = Notes { worker: self, index: item.index, print: self.fingerprint(&item.request) };
        let result = self.work_on(&notes, item).await;
        if result.is_err()
            && let Some((journal, _)) = notes.journal()
        {
            // What cannot be told now is found out when the lease has run out.
            let _ = journal.leave(notes.index, self.detaching.is_cancelled()).await;
        }
        result
    }

    async fn work_on(&self, notes: &Notes<'_>, item: Item) -> Result<Output, Error> {
        let known = notes.find().await?;
        let name = item.request.file_stem();
        // The way to a handle needs far more memory than waiting does, so it is given back in between.
        let start = match known {
            None => Start::Job(Box::pin(self.submit(notes, item.request)).await?),
            Some(State::Begun) if self.resubmit_unknown => {
                Start::Job(Box::pin(self.submit(notes, item.request)).await?)
            }
            Some(State::Begun) => return Err(journal::unknown().with_model(item.request.model().clone())),
            Some(State::Running { job }) => Start::Attached(self.client.attach(job)),
            Some(State::Made { job, answer }) => Start::Made(job, answer),
            Some(State::Done { job, answer, files }) if self.has_all(&files).await => {
                let generation = self.generation(&job, answer)?;
                return Ok(Output { generation, files, elapsed: None, resumed: true });
            }
            Some(State::Done { job, answer, .. }) => Start::Made(job, answer),
            Some(State::Failed { job, canceled, message }) => return Err(journal::failure(job, canceled, message)),
        };
        let mut elapsed = None;
        let (job, generation) = match start {
            Start::Job(job) => {
                let generation = self.result(notes, &job, false).await?;
                elapsed = Some(job.elapsed());
                (job.job_ref(), generation)
            }
            Start::Attached(job) => (job.job_ref(), self.result(notes, &job, true).await?),
            Start::Made(job, answer) => (job.clone(), self.generation(&job, answer)?),
        };
        let files = match &self.folder {
            Some(folder) => Box::pin(folder.save(item.index, name, &generation)).await?,
            None => Vec::new(),
        };
        let answer = generation.response().clone();
        notes.note_if_possible(State::Done { job, answer, files: files.clone() }).await;
        Ok(Output { generation, files, elapsed, resumed: false })
    }

    async fn submit(&self, notes: &Notes<'_>, request: Request) -> Result<Prediction, Error> {
        // However many there are before it: an item's clock starts when it is its turn.
        let slot = self.client.transport().limits.slot(request.model()).await;
        if self.detaching.is_cancelled() {
            return Err(Error::new(ErrorKind::Timeout, "the batch was stopped before this item was submitted"));
        }
        let deadline = self.client.deadline_of(&request);
        // A synchronous submission has no handle that could be noted while it runs.
        let try_sync = if self.journal.is_some() { request.asks_for_sync() } else { request.wants_sync() };
        let submitted = self.client.start_in(slot, request, try_sync, deadline, notes).await;
        match &submitted {
            Ok(job) => notes.note_if_possible(State::taken(job)).await,
            Err(error) if error.is_submission_unknown() => {}
            // It was certainly not taken.
            Err(_) => notes.forget().await,
        }
        submitted
    }

    /// Waits for a result and notes it, or that there will be none.
    async fn result(&self, notes: &Notes<'_>, job: &Prediction, attached: bool) -> Result<Generation, Error> {
        // A job of an earlier run has probably ended: it is asked for at once. Whatever that meets, waiting meets it too.
        let ended = if attached { Box::pin(job.try_wait()).await.ok().flatten() } else { None };
        let result = match ended {
            Some(generation) => Ok(generation),
            None => self.wait(job).await,
        };
        match &result {
            Ok(generation) => notes.note_if_possible(State::made(job, generation)).await,
            Err(error) => {
                if let Some(failed) = State::failed(error) {
                    notes.note_if_possible(failed).await;
                }
            }
        }
        result
    }

    /// Waits for a result, unless the batch hands back what runs.
    async fn wait(&self, job: &Prediction) -> Result<Generation, Error> {
        let detached = pin!(self.detaching.cancelled());
        match select(pin!(job.wait()), detached).await {
            Either::Left((generation, _)) => generation,
            Either::Right(_) => {
                Err(Error::new(ErrorKind::Timeout, "the batch was stopped; the job goes on").with_job(job.job_ref()))
            }
        }
    }

    fn generation(&self, job: &JobRef, answer: Value) -> Result<Generation, Error> {
        let answer = Answer::new(answer);
        Generation::from_answer(self.client.clone(), Some(job), job.model().clone(), answer)
    }

    /// Whether all files are where they were saved, in full length.
    async fn has_all(&self, files: &[SavedFile]) -> bool {
        for file in files {
            let there = tokio::fs::metadata(&file.path).await.is_ok_and(|metadata| metadata.len() == file.bytes);
            if !there {
                return false;
            }
        }
        true
    }

    fn fingerprint(&self, request: &Request) -> Option<Fingerprint> {
        self.journal.is_some().then(|| Fingerprint::of(request))
    }
}

/// How far an item is when work on it begins.
enum Start {
    /// It has a job.
    Job(Prediction),
    /// It has had one for some time.
    Attached(Prediction),
    /// Its job has ended well.
    Made(JobRef, Value),
}

/// The place of one item in the journal, if there is one.
struct Notes<'a> {
    worker: &'a Worker,
    index: usize,
    print: Option<Fingerprint>,
}

impl Notes<'_> {
    fn journal(&self) -> Option<(&dyn Journal, &Fingerprint)> {
        Some((self.worker.journal.as_deref()?, self.print.as_ref()?))
    }

    async fn find(&self) -> Result<Option<State>, Error> {
        match self.journal() {
            Some((journal, print)) => journal.find(self.index, print).await,
            None => Ok(None),
        }
    }

    async fn note(&self, state: Option<State>) -> Result<(), Error> {
        let Some((journal, print)) = self.journal() else { return Ok(()) };
        let noted = journal.note(self.index, print, state).await;
        if let Err(error) = &noted
            && !error.is_timeout()
        {
            tracing::error!(item = self.index, %error, "the journal cannot be written; the batch begins nothing new");
            // The first reason is the one that counts.
            let _ = self.worker.journal_failure.set(error.message().to_owned());
        }
        noted
    }

    /// Notes what has happened. When that fails the item goes on all the same, because it is paid for.
    async fn note_if_possible(&self, state: State) {
        let _ = self.note(Some(state)).await;
    }

    async fn forget(&self) {
        let _ = self.note(None).await;
    }
}

impl Intent for Notes<'_> {
    /// Takes down that a submission is about to be sent. When that fails it is not sent.
    fn declare(&self) -> impl Future<Output = Result<(), Error>> + Send {
        self.note(Some(State::Begun))
    }
}
