//! Submitted jobs, and waiting for them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

mod event;
mod waiter;
mod watch;

pub use event::Event;
pub use watch::Watch;

use crate::{
    Error, Generation, JobRef, Model, Result, Status, context::Context, time::deadline_after, transport::JobResponse,
    usd::Usd, wire::PredictionResponse,
};
use waiter::Waiter;

/// A submitted job.
///
/// Dropping it, or a future that waits for it, does not stop the job: the service cannot cancel one.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use pruna::inputs::WanT2v;
///
/// let job = client.submit(WanT2v::new("waves at night")).await?;
/// let saved = serde_json::to_string(&job.job_ref())?; // enough to resume after a crash
/// let video = job.wait().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Prediction {
    context: Arc<Context>,
    job: Option<JobRef>,
    model: Option<Model>,
    /// The time of the submission, or of attaching if that is unknown.
    started: Instant,
    deadline: Instant,
    /// The response to the submission, if this client made it.
    submission: Option<JobResponse>,
    /// What it is estimated to cost.
    cost: Option<Usd>,
    /// Values of the input that must not appear in an error.
    secrets: Vec<String>,
}

impl Prediction {
    /// A job that this client submitted.
    pub(crate) fn submitted(
        context: Arc<Context>,
        model: Model,
        submission: JobResponse,
        cost: Option<Usd>,
        deadline: Instant,
        secrets: Vec<String>,
    ) -> Self {
        let job = JobRef::from_response(&submission.response, model.clone(), submission.sent_at_wall, cost);
        let (model, started) = (Some(model), submission.sent_at);
        Self { context, job, model, started, deadline, submission: Some(submission), cost, secrets }
    }

    /// A job that was submitted elsewhere.
    pub(crate) fn attached(context: Arc<Context>, job: JobRef) -> Self {
        let now = Instant::now();
        let age = job.submitted_at().and_then(|time| SystemTime::now().duration_since(time).ok()).unwrap_or_default();
        let deadline = deadline_after(now, context.config.deadline(job.model()));
        let model = job.model().cloned();
        let (started, cost) = (now.checked_sub(age).unwrap_or(now), job.cost());
        Self { context, job: Some(job), model, started, deadline, submission: None, cost, secrets: Vec::new() }
    }

    /// Returns the id of the job. `None` if a synchronous submission returned the result and no id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.job.as_ref().map(JobRef::id)
    }

    /// Returns the model that runs, if it is known.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// Returns the job as plain data, to be stored and passed to [`Client::attach`](crate::Client::attach). `None` if
    /// there is no [`id`](Self::id).
    #[must_use]
    pub fn job_ref(&self) -> Option<JobRef> {
        self.job.clone()
    }

    /// Returns the time since the submission, or since the job was attached if the time of the submission is unknown.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Requests the status of the job.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), [`RateLimited`](crate::ErrorKind::RateLimited),
    /// [`Connection`](crate::ErrorKind::Connection).
    pub async fn status(&self) -> Result<Status> {
        Ok(self.poll().await?.status())
    }

    /// Polls once and returns the result if the job has finished.
    ///
    /// # Errors
    ///
    /// [`PredictionFailed`](crate::ErrorKind::PredictionFailed), [`Canceled`](crate::ErrorKind::Canceled), and those of
    /// [`status`](Self::status).
    pub async fn try_wait(&self) -> Result<Option<Generation>> {
        let response = self.poll().await?;
        if response.status().is_terminal() { self.ended(response).map(Some) } else { Ok(None) }
    }

    /// Waits for the result, up to the [deadline](crate::ClientBuilder::deadline) of the request or the client.
    ///
    /// # Errors
    ///
    /// [`PredictionFailed`](crate::ErrorKind::PredictionFailed), [`Canceled`](crate::ErrorKind::Canceled),
    /// [`Timeout`](crate::ErrorKind::Timeout). The error carries the job, which may still be running after a timeout.
    pub async fn wait(&self) -> Result<Generation> {
        self.wait_until(self.deadline).await
    }

    /// Waits for the result, up to a maximum duration from now.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub async fn wait_timeout(&self, timeout: Duration) -> Result<Generation> {
        self.wait_until(deadline_after(Instant::now(), timeout)).await
    }

    /// Waits for the result until a deadline, an `Instant` of `std` or `tokio`.
    ///
    /// The last poll comes shortly before the deadline. If the deadline has passed already, the job is polled once.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub async fn wait_until(&self, deadline: impl Into<Instant>) -> Result<Generation> {
        Waiter::new(self.clone(), deadline.into()).result().await
    }

    /// Waits like [`wait`](Self::wait), without a copy of the job.
    pub(crate) async fn into_result(self) -> Result<Generation> {
        let deadline = self.deadline;
        Waiter::new(self, deadline).result().await
    }

    /// Returns the wait for the result as a stream of events: [`Event::Started`] at once, then one event per poll, and finally
    /// [`Event::Finished`] or an error.
    ///
    /// ```no_run
    /// # async fn example(job: pruna::Prediction) -> pruna::Result<()> {
    /// use pruna::Event;
    ///
    /// let mut events = job.watch();
    /// while let Some(event) = events.next().await {
    ///     match event? {
    ///         Event::Polled { elapsed, expected, .. } => println!("{elapsed:.0?} of about {expected:.0?}"),
    ///         Event::Finished(video) => {
    ///             video.save("waves.mp4").await?;
    ///         }
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self) -> Watch {
        Watch::new(Waiter::new(self.clone(), self.deadline))
    }

    /// Returns the response to the submission if the job had ended by then, else polls.
    async fn poll(&self) -> Result<PredictionResponse> {
        if let Some(ended) = self.ended_at_submission() {
            return Ok(ended.clone());
        }
        let id = self.id().unwrap_or_default();
        let deadline = deadline_after(Instant::now(), self.context.config.deadline(self.model()));
        let response = self.context.transport.status(id, deadline).await;
        response.map_err(|error| self.annotate(error))
    }

    fn ended_at_submission(&self) -> Option<&PredictionResponse> {
        self.submission.as_ref().map(|job| &job.response).filter(|response| response.status().is_terminal())
    }

    /// Builds the result from a response that has ended.
    fn ended(&self, response: PredictionResponse) -> Result<Generation> {
        let Self { context, job, model, cost, secrets, .. } = self;
        finish(Arc::clone(context), job.clone(), model.clone(), *cost, response, secrets)
    }

    /// Builds the result like [`ended`](Self::ended), without a copy of the job.
    fn into_ended(self, response: PredictionResponse) -> Result<Generation> {
        finish(self.context, self.job, self.model, self.cost, response, &self.secrets)
    }

    /// Adds the job to an error, and redacts the secrets of the input.
    fn annotate(&self, error: Error) -> Error {
        let error = match &self.job {
            Some(job) => error.with_job(job.clone()),
            None => error,
        };
        error.redact_and_cut(&self.secrets)
    }
}

/// Builds the result of a job that has ended.
fn finish(
    context: Arc<Context>,
    job: Option<JobRef>,
    model: Option<Model>,
    cost: Option<Usd>,
    response: PredictionResponse,
    secrets: &[String],
) -> Result<Generation> {
    let ended = Generation::from_response(Arc::clone(&context), job, model, response);
    ended.map(|generation| generation.with_cost(cost)).map_err(|error| {
        context.uploads.forget_mentioned(error.message());
        error.redact_and_cut(secrets)
    })
}

impl fmt::Debug for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prediction").field("job", &self.job).finish_non_exhaustive()
    }
}
