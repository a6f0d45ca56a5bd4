//! One item of a batch, from its request to its files.

use std::{
    io::ErrorKind as IoErrorKind,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    account::{Account, Share},
    folder::Folder,
    identity::Identity,
    journal::{self, Commitment, Journal, State},
};
use crate::{
    Client, Error, Generation, JobRef, Model, Prediction, Request, Result, SavedFile, client::StartOptions,
    error::ErrorKind, limits::Urgency, transport::SubmitHook, wire::PredictionResponse,
};

/// Failures of a disk that are not about one file.
const FULL_OR_BROKEN: [IoErrorKind; 5] = [
    IoErrorKind::StorageFull,
    IoErrorKind::QuotaExceeded,
    IoErrorKind::ReadOnlyFilesystem,
    IoErrorKind::PermissionDenied,
    IoErrorKind::NotFound,
];

/// The error of an item that is not submitted because the batch was stopped.
fn stopped() -> Error {
    Error::new(ErrorKind::Timeout, "the batch was stopped before this item was submitted")
}

/// The error of an item that is not submitted because nothing could be kept of it.
pub(super) fn not_submitted(why: &str) -> Error {
    Error::new(ErrorKind::Io, format!("not submitted, because {why}"))
}

/// The output of one item.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// The [key](Request::key) of the request, by default its [name](Request::name).
    pub key: Option<String>,
    /// The result.
    pub generation: Generation,
    /// Its files on disk; none unless the batch [saves](super::Batch::save_to) them.
    pub files: Vec<SavedFile>,
    /// Time from submission to result; `None` if an earlier run submitted it.
    pub elapsed: Option<Duration>,
    /// Whether an earlier run of the batch had finished it, according to the journal.
    pub resumed: bool,
}

/// An item to be processed.
pub(super) struct Item {
    pub(super) index: usize,
    pub(super) request: Request,
    /// What the journal knows the item by; none without a journal. An item that it cannot tell from another has an error.
    pub(super) identity: Result<Option<Identity>>,
}

/// State shared by the items of a batch.
pub(super) struct Worker {
    pub(super) client: Client,
    pub(super) account: Account,
    pub(super) folder: Option<Folder>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    /// Whether an item is submitted again whose outcome an earlier run did not record.
    pub(super) resubmit_unknown: bool,
    /// Canceled when nothing more may be submitted.
    pub(super) stopping: CancellationToken,
    /// Canceled when jobs are no longer waited for.
    pub(super) detaching: CancellationToken,
    /// Why the journal or the files cannot be written. Then nothing more is submitted.
    pub(super) storage_failure: OnceLock<String>,
}

impl Worker {
    /// Processes an item to its end. `number` is that of [`Account::next_number`].
    pub(super) async fn process(&self, item: Item, number: u64) -> Result<Output> {
        let Item { index, request, identity } = item;
        let share = self.account.share(number);
        let identity = identity?;
        let (is_recorded, is_sent) = (AtomicBool::new(false), AtomicBool::new(false));
        let entry = JournalEntry { worker: self, identity, share, is_recorded, is_sent };
        let result = self.process_entry(&entry, index, request).await;
        if let Err(error) = &result {
            entry.release(error).await;
        }
        result.map_err(|error| match error.job().is_some() || error.generation().is_some() {
            true => error.after_submission(),
            false => error,
        })
    }

    async fn process_entry(&self, entry: &JournalEntry<'_>, index: usize, request: Request) -> Result<Output> {
        let known = entry.find().await?;
        let (name, key) = (request.file_stem(), request.item_key().map(str::to_owned));
        let model = request.model().clone();
        let is_unknown = matches!(known, Some(State::Submitting));
        if is_unknown && !self.resubmit_unknown {
            return Err(journal::unknown().with_model(model));
        }
        if !matches!(known, None | Some(State::Submitting)) {
            entry.share.pass();
        }
        // Submitting needs far more memory than waiting, so its future is dropped in between.
        let start = match known {
            None | Some(State::Submitting) => {
                if let (Some(folder), Some(name)) = (&self.folder, &name) {
                    folder.reserve(name, &model)?;
                }
                Start::Submitted(Box::pin(self.submit(entry, request, is_unknown)).await?)
            }
            Some(State::Running { job }) => Start::Attached(self.client.attach(job)),
            Some(State::Succeeded { job, response }) => Start::Succeeded { job, response, files: Vec::new() },
            Some(State::Done { job, response, files }) => {
                let generation = self.generation(job.clone(), response.clone(), &model)?;
                let Some(folder) = &self.folder else {
                    return Ok(Output { key, generation, files: Vec::new(), elapsed: None, resumed: true });
                };
                let files = folder.locate(files);
                if files.len() == generation.urls().len() && folder.has_all(&files).await {
                    return Ok(Output { key, generation, files, elapsed: None, resumed: true });
                }
                Start::Succeeded { job, response, files }
            }
            Some(State::Failed { job, canceled, message }) => return Err(journal::failure(job, canceled, message)),
        };
        let (mut elapsed, mut known_files) = (None, Vec::new());
        let (job, generation) = match start {
            Start::Submitted(job) => {
                let generation = self.result(entry, &job, false).await?;
                elapsed = Some(job.elapsed());
                (job.job_ref(), generation)
            }
            Start::Attached(job) => (job.job_ref(), self.result(entry, &job, true).await?),
            Start::Succeeded { job, response, files } => {
                known_files = files;
                (job.clone(), self.generation(job, response, &model)?)
            }
        };
        let files = match &self.folder {
            Some(folder) => {
                let saved = Box::pin(folder.save(index, name, &generation, &known_files)).await;
                saved.inspect_err(|error| self.note_storage_failure(error))?
            }
            None => Vec::new(),
        };
        if entry.journal().is_some() {
            let response = generation.response().clone();
            entry.record_if_possible(State::Done { job, response, files: Folder::as_recorded(&files) }).await;
        }
        Ok(Output { key, generation, files, elapsed, resumed: false })
    }

    /// Submits an item. `is_again` means that the outcome of an earlier submission is unknown.
    async fn submit(&self, entry: &JournalEntry<'_>, request: Request, is_again: bool) -> Result<Prediction> {
        let limits = &self.client.context().transport.limits;
        let reserved_in = entry.share.reserve(&request).await?;
        // The deadline of an item starts at its turn, however many precede it.
        let concurrency = {
            let acquired = pin!(limits.acquire_concurrency(request.model(), Urgency::Batch));
            match select(acquired, pin!(self.stopping.cancelled())).await {
                Either::Left((concurrency, _)) => concurrency,
                Either::Right(_) => return Err(stopped()),
            }
        };
        // A synchronous submission has no id that could be recorded while it runs.
        let try_sync = if self.journal.is_some() { request.explicit_sync() } else { request.use_sync() };
        let deadline = self.client.deadline_of(&request);
        let options = StartOptions { try_sync, deadline, urgency: Urgency::Batch, permit: None, reserved_in };
        let submission = pin!(self.client.start_with(concurrency, request, options, entry));
        let interrupted = pin!(async {
            self.stopping.cancelled().await;
            // What is being sent must be answered.
            if entry.is_sent.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        });
        let submitted = match select(submission, interrupted).await {
            Either::Left((submitted, _)) => submitted,
            Either::Right(_) => Err(stopped()),
        };
        match &submitted {
            Ok(job) => {
                if let Some(running) = entry.journal().and_then(|_| State::running(job)) {
                    entry.record_if_possible(running).await;
                }
            }
            Err(error) if error.is_submission_unknown() => {
                // A damaged response may still have told the id of the job.
                if let Some(job) = error.job() {
                    entry.record_if_possible(State::Running { job: job.clone() }).await;
                }
            }
            // This one was certainly not accepted, but the earlier one may have been.
            Err(_) if is_again => entry.uncommit(Some(State::Submitting)).await,
            // It was certainly not accepted.
            Err(_) => entry.uncommit(None).await,
        }
        submitted
    }

    /// Waits for a result and records it, or that there will be none.
    async fn result(&self, entry: &JournalEntry<'_>, job: &Prediction, is_attached: bool) -> Result<Generation> {
        // A job of an earlier run has probably ended. Whatever error this meets, waiting meets it too.
        let ended = if is_attached { Box::pin(job.try_wait()).await.ok().flatten() } else { None };
        let result = match ended {
            Some(generation) => Ok(generation),
            None => self.wait(job).await,
        };
        match &result {
            // Without a journal, the response need not be copied.
            Ok(_) if entry.journal().is_none() => {}
            Ok(generation) => entry.record_if_possible(State::succeeded(job, generation)).await,
            Err(error) => {
                if let Some(failed) = State::failed(error) {
                    entry.record_if_possible(failed).await;
                }
            }
        }
        result
    }

    /// Waits for a result, until the batch is detached.
    async fn wait(&self, job: &Prediction) -> Result<Generation> {
        let detached = pin!(self.detaching.cancelled());
        match select(pin!(job.wait()), detached).await {
            Either::Left((generation, _)) => generation,
            Either::Right(_) => {
                let error = Error::new(ErrorKind::Timeout, "the batch was stopped; the job continues");
                Err(match job.job_ref() {
                    Some(job) => error.with_job(job),
                    None => error,
                })
            }
        }
    }

    /// Fails if nothing more may be submitted.
    fn check_running(&self) -> Result<()> {
        if self.stopping.is_cancelled() {
            return Err(stopped());
        }
        match self.storage_failure.get() {
            Some(why) => Err(not_submitted(why)),
            None => Ok(()),
        }
    }

    /// Notes that a file cannot be saved because of the disk, which every further file would meet, too.
    fn note_storage_failure(&self, error: &Error) {
        let cause = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
        if cause.is_some_and(|cause| FULL_OR_BROKEN.contains(&cause.kind())) {
            // Only the first reason counts.
            let _ = self.storage_failure.set(format!("files cannot be saved: {}", error.message()));
        }
    }

    fn generation(&self, job: Option<JobRef>, response: Value, model: &Model) -> Result<Generation> {
        let context = Arc::clone(self.client.context());
        Generation::from_response(context, job, Some(model.clone()), PredictionResponse::new(response))
    }
}

/// The state of an item when its processing starts.
enum Start {
    Submitted(Prediction),
    Attached(Prediction),
    /// The result exists, and some of its files may, too.
    Succeeded {
        job: Option<JobRef>,
        response: Value,
        files: Vec<SavedFile>,
    },
}

/// The entry of one item in the journal, if there is one.
struct JournalEntry<'a> {
    worker: &'a Worker,
    identity: Option<Identity>,
    share: Share<'a>,
    /// Whether this run has recorded anything.
    is_recorded: AtomicBool,
    /// Whether this run has begun to send the request.
    is_sent: AtomicBool,
}

impl JournalEntry<'_> {
    fn journal(&self) -> Option<(&dyn Journal, &Identity)> {
        Some((self.worker.journal.as_deref()?, self.identity.as_ref()?))
    }

    async fn find(&self) -> Result<Option<State>> {
        match self.journal() {
            Some((journal, item)) => journal.find(item).await,
            None => Ok(None),
        }
    }

    async fn record(&self, state: Option<State>, change: Commitment) -> Result<()> {
        let Some((journal, item)) = self.journal() else { return Ok(()) };
        self.is_recorded.store(true, Ordering::Relaxed);
        let recorded = journal.record(item, state, change).await;
        if let Err(error) = &recorded
            && !error.is_timeout()
            && !error.is_budget_exceeded()
        {
            tracing::error!(item = item.id.as_str(), %error, "the journal cannot be written; nothing more is submitted");
            // Only the first reason counts.
            let _ = self.worker.storage_failure.set(format!("the journal cannot be written: {}", error.message()));
        }
        recorded
    }

    /// Records a state. If that fails, the item continues nevertheless, because it is paid for.
    async fn record_if_possible(&self, state: State) {
        let _ = self.record(Some(state), Commitment::Unchanged).await;
    }

    /// Records that a submission was certainly not accepted, so that the item is in this state again.
    async fn uncommit(&self, state: Option<State>) {
        let change = self.share.take_back();
        // Of an item that was stopped before it was sent, nothing was recorded.
        if self.is_recorded.load(Ordering::Relaxed) {
            let _ = self.record(state, change).await;
        }
    }

    /// Records that work on the item ended with an error.
    async fn release(&self, error: &Error) {
        let Some((journal, item)) = self.journal() else { return };
        let is_unsent = self.worker.stopping.is_cancelled() && error.is_timeout() && error.job().is_none();
        // If this fails, others take over when the lease has expired.
        let _ = journal.release(item, is_unsent || self.worker.detaching.is_cancelled()).await;
    }
}

impl SubmitHook for JournalEntry<'_> {
    /// Comes after every wait for a limit, so that nothing is sent once the batch was stopped.
    async fn before_send(&self) -> Result<()> {
        self.worker.check_running()?;
        self.is_sent.store(true, Ordering::Relaxed);
        let commitment = self.share.commit();
        if let Err(error) = self.record(Some(State::Submitting), commitment).await {
            self.share.undo(commitment, &error);
            return Err(error);
        }
        // The disk may have taken its time.
        self.worker.check_running()
    }
}
