//! A job: what is known of it, and waiting for it.

use std::{fmt, pin::Pin, time::Duration};

use futures_util::Stream;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument as _, Span};

use crate::{
    Client, Error, Generation, Model, Status, error::ErrorKind, limits::Rank, poll::Pace, retry, timing,
    transport::Told, wire::Answer,
};

/// How long before its deadline a job is asked for the last time: a fiftieth of the whole, within these bounds.
const SHORTEST_RESERVE: Duration = Duration::from_millis(100);
const LONGEST_RESERVE: Duration = Duration::from_secs(1);

/// With more jobs than status calls, one may come this many of its intervals late before it goes before a younger job,
/// whose result is noticed late by a larger share.
const PATIENCE: u32 = 10;

/// How many polls in a row may fail before the wait does.
const MOST_FAILURES: u32 = 5;

/// A hint of zero would have us ask without a pause.
const SHORTEST_HINT: Duration = Duration::from_millis(5);

/// What identifies a job: plain data, to be kept and attached again later, by another process too.
///
/// ```
/// use pruna::JobRef;
///
/// let job = JobRef::new("1zww7deyssrme0csqwr90phzzr", "vace");
/// let saved = serde_json::to_string(&job)?;
/// assert_eq!(serde_json::from_str::<JobRef>(&saved)?, job);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobRef {
    id: String,
    #[serde(default = "unknown_model")]
    model: Model,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    get_url: Option<String>,
}

fn unknown_model() -> Model {
    Model::from_static("")
}

impl JobRef {
    /// A job of which id and model are known. An unknown model may be given as an empty text.
    pub fn new(id: impl Into<String>, model: impl Into<Model>) -> Self {
        Self { id: id.into(), model: model.into(), get_url: None }
    }

    pub(crate) fn from_answer(answer: &Answer, model: Model) -> Self {
        let id = answer.id().unwrap_or_default().to_owned();
        Self { id, model, get_url: answer.get_url().map(str::to_owned) }
    }

    /// The service's name for the job.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The model that runs.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Where the service said that the status can be asked for.
    #[must_use]
    pub fn get_url(&self) -> Option<&str> {
        self.get_url.as_deref()
    }
}

/// A submitted job.
///
/// Dropping it, or a future that waits for it, does not stop the job: the service has no way to cancel one.
#[derive(Clone)]
pub struct Prediction {
    client: Client,
    job: JobRef,
    started: Instant,
    deadline: Instant,
    /// What the submission was answered.
    first: Option<Told>,
    /// What the input held that must not show in an error.
    secrets: Vec<String>,
}

impl Prediction {
    pub(crate) fn new(client: Client, job: JobRef, started: Instant, deadline: Instant, first: Option<Told>) -> Self {
        Self { client, job, started, deadline, first, secrets: Vec::new() }
    }

    /// Keeps in mind what must not show in an error of this job.
    pub(crate) fn keeping(mut self, secrets: Vec<String>) -> Self {
        self.secrets = secrets;
        self
    }

    /// The service's name for the job. Empty when the service finished at once and gave none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.job.id()
    }

    /// The model that runs.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.job.model()
    }

    /// What identifies the job, as data: to be kept, and given to [`Client::attach`].
    #[must_use]
    pub fn job_ref(&self) -> JobRef {
        self.job.clone()
    }

    /// How far the job is.
    ///
    /// # Errors
    ///
    /// Not found, rate limited, connection: see the predicates of [`Error`].
    pub async fn status(&self) -> Result<Status, Error> {
        match self.ended() {
            Some(answer) => Ok(answer.status()),
            None => Ok(self.client.ask(&self.job, &self.secrets).await?.status()),
        }
    }

    /// The result, if it is there: one call, no waiting.
    ///
    /// # Errors
    ///
    /// Prediction failed, canceled; not found, rate limited, connection.
    pub async fn try_wait(&self) -> Result<Option<Generation>, Error> {
        let answer = match self.ended() {
            Some(answer) => answer.clone(),
            None => self.client.ask(&self.job, &self.secrets).await?,
        };
        if !answer.status().is_terminal() {
            return Ok(None);
        }
        let ended = Generation::from_answer(self.client.clone(), Some(&self.job), self.model().clone(), answer);
        ended.map(Some).map_err(|error| error.scrubbed(&self.secrets))
    }

    /// Time since the submission, or since it was attached.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The answer to the submission, when the job had ended by then.
    fn ended(&self) -> Option<&Answer> {
        self.first.as_ref().map(|told| &told.answer).filter(|answer| answer.status().is_terminal())
    }

    /// Waits for the result, as long as the client's [`deadline`](crate::ClientBuilder::deadline) allows.
    ///
    /// # Errors
    ///
    /// Prediction failed, canceled, deadline; the job is in the error, and may still be running after a deadline.
    pub async fn wait(&self) -> Result<Generation, Error> {
        self.wait_until(self.deadline).await
    }

    /// Waits for the result until a point in time, or for a duration. The last poll falls shortly before it, so that a result
    /// which has just come is not missed.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub async fn wait_until(&self, deadline: impl Into<Deadline>) -> Result<Generation, Error> {
        Waiter::new(self.clone(), deadline.into().0).result().await
    }

    /// As [`wait`](Self::wait), for a job that nobody needs afterwards.
    pub(crate) async fn into_result(self) -> Result<Generation, Error> {
        let deadline = self.deadline;
        Waiter::new(self, deadline).result().await
    }

    /// The wait as a stream of events. It ends with [`Event::Finished`] or an error.
    ///
    /// ```no_run
    /// # async fn example(job: pruna::Prediction) -> Result<(), pruna::Error> {
    /// use futures_util::StreamExt;
    ///
    /// let mut events = job.watch();
    /// while let Some(event) = events.next().await {
    ///     println!("{:?}", event?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self) -> Pin<Box<dyn Stream<Item = Result<Event, Error>> + Send>> {
        let waiter = Some(Waiter::new(self.clone(), self.deadline));
        Box::pin(futures_util::stream::unfold(waiter, |waiter| async {
            let mut waiter = waiter?;
            let event = waiter.next().await;
            let ended = matches!(event, Ok(Event::Finished(_)) | Err(_));
            Some((event, (!ended).then_some(waiter)))
        }))
    }
}

impl fmt::Debug for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prediction").field("job", &self.job).finish_non_exhaustive()
    }
}

/// What happens during a wait.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The service told how far the job is.
    #[non_exhaustive]
    Polled {
        /// How far it is.
        status: Status,
        /// Time since the submission, or since the wait began for a job that was attached.
        elapsed: Duration,
        /// The model's usual time.
        usual: Duration,
    },
    /// A poll failed, which says nothing of the job; it is repeated.
    #[non_exhaustive]
    PollFailed {
        /// What went wrong.
        reason: String,
        /// How many polls have failed in a row.
        failures: u32,
    },
    /// The result is there.
    Finished(Box<Generation>),
}

/// A point in time, made of a `std` or `tokio` instant, or of a duration from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub(crate) Instant);

impl From<Instant> for Deadline {
    fn from(instant: Instant) -> Self {
        Self(instant)
    }
}

impl From<std::time::Instant> for Deadline {
    fn from(instant: std::time::Instant) -> Self {
        Self(instant.into())
    }
}

impl From<Duration> for Deadline {
    fn from(duration: Duration) -> Self {
        Self(timing::after(Instant::now(), duration))
    }
}

/// A wait under way.
struct Waiter {
    client: Client,
    job: JobRef,
    started: Instant,
    deadline: Instant,
    /// The answer to the submission, when the job had ended by then.
    ended: Option<Answer>,
    /// The service's wish for the next poll.
    hint: Option<Duration>,
    failures: u32,
    /// Whether this client submitted it, so that its age is known.
    submitted: bool,
    seen_running: Option<Instant>,
    secrets: Vec<String>,
    span: Span,
}

impl Waiter {
    fn new(prediction: Prediction, deadline: Instant) -> Self {
        let Prediction { client, job, started, first, secrets, .. } = prediction;
        Self {
            span: tracing::info_span!("wait", model = %job.model(), job = job.id()),
            hint: first.as_ref().and_then(|told| told.next_poll),
            submitted: first.is_some(),
            ended: first.map(|told| told.answer).filter(|answer| answer.status().is_terminal()),
            client,
            job,
            started,
            deadline,
            failures: 0,
            seen_running: None,
            secrets,
        }
    }

    /// Waits to the end.
    async fn result(mut self) -> Result<Generation, Error> {
        loop {
            if let Event::Finished(generation) = self.next().await? {
                return Ok(*generation);
            }
        }
    }

    /// Waits for the next poll, polls, and tells what came of it.
    async fn next(&mut self) -> Result<Event, Error> {
        let span = self.span.clone();
        self.step().instrument(span).await
    }

    async fn step(&mut self) -> Result<Event, Error> {
        if let Some(answer) = self.ended.take() {
            return self.event(answer);
        }
        let (rank, last) = self.pause().await;
        let now = Instant::now();
        // Whoever begins to wait when the time is over gets one answer all the same.
        let until = if self.deadline > now { self.deadline } else { now + self.client.transport().timeouts.attempt };
        let polled = self.client.transport().status_once(self.job.id(), rank, until).await;
        let event = match polled {
            Ok(told) => {
                self.failures = 0;
                self.learn(told.answer.status());
                self.hint = told.next_poll;
                self.event(told.answer)?
            }
            Err(failure) => self.failed(failure.error.scrubbed(&self.secrets))?,
        };
        let ended = matches!(event, Event::Finished(_));
        if last && !ended { Err(self.late()) } else { Ok(event) }
    }

    /// Sleeps until the next poll is due. Tells how urgent it is, and whether it is the last that the deadline allows.
    async fn pause(&self) -> (Rank, bool) {
        let (random, usual) = (fastrand::f64(), self.client.config().usual.of(self.job.model()));
        let pace = Pace { model: self.job.model(), elapsed: self.started.elapsed(), usual, random };
        let delay = match self.hint {
            Some(hint) => hint.max(SHORTEST_HINT),
            None if self.failures > 0 => retry::backoff(self.failures + 1, random.max(0.2)),
            None => self.client.config().poll.delay(&pace),
        };
        let due = timing::after(Instant::now(), delay);
        let last_call = self.last_call();
        sleep_until(due.min(last_call)).await;
        let rank = timing::after(due, delay.saturating_mul(PATIENCE));
        if due >= last_call { (Instant::now(), true) } else { (rank, false) }
    }

    /// The time of the last poll: early enough to be answered before the deadline.
    fn last_call(&self) -> Instant {
        let whole = self.deadline.saturating_duration_since(self.started);
        let reserve = (whole / 50).clamp(SHORTEST_RESERVE.min(whole / 2), LONGEST_RESERVE);
        self.deadline.checked_sub(reserve).unwrap_or(self.deadline)
    }

    /// Takes note of how long the model takes. Of a job that was attached nobody knows when it began.
    fn learn(&mut self, status: Status) {
        let now = Instant::now();
        if !status.is_terminal() {
            self.seen_running = Some(now);
        } else if self.submitted && status == Status::SUCCEEDED {
            let took = now - self.started;
            let gap = self.seen_running.map_or(took, |seen| now - seen);
            // It ended somewhere within the gap.
            self.client.config().usual.learn(self.job.model(), took - gap / 2, gap < took / 2);
        }
    }

    fn event(&self, answer: Answer) -> Result<Event, Error> {
        let status = answer.status();
        if !status.is_terminal() {
            let usual = self.client.config().usual.of(self.job.model());
            tracing::debug!(%status, "polled");
            return Ok(Event::Polled { status, elapsed: self.started.elapsed(), usual });
        }
        let client = self.client.clone();
        let ended = Generation::from_answer(client, Some(&self.job), self.job.model().clone(), answer);
        tracing::debug!(%status, "ended");
        ended.map(|generation| Event::Finished(Box::new(generation))).map_err(|error| error.scrubbed(&self.secrets))
    }

    /// A failed poll is not a failed job: only a final refusal, or the fifth failure in a row, ends the wait.
    fn failed(&mut self, error: Error) -> Result<Event, Error> {
        self.failures += 1;
        let passing = error.is_transient() || error.is_decode();
        if !passing || self.failures >= MOST_FAILURES {
            return Err(error.with_attempts(self.failures).with_job(self.job.clone()));
        }
        self.hint = error.retry_after().filter(|asked| !asked.is_zero());
        // The message is the service's: it is for the caller, not for the log.
        tracing::debug!(
            error.type = ?error.kind(),
            http.response.status_code = error.status(),
            failures = self.failures,
            "a poll failed"
        );
        Ok(Event::PollFailed { reason: error.to_string(), failures: self.failures })
    }

    fn late(&self) -> Error {
        let waited = self.started.elapsed().as_secs_f64();
        Error::new(ErrorKind::Timeout, format!("no result after {waited:.1} s; the job may still be running"))
            .with_job(self.job.clone())
    }
}
