//! Polls a job until it ends.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{Instrument as _, Span};

use super::{Event, Prediction};
use crate::{
    Error, Generation, Result, Status,
    duration::UNKNOWN_TYPICAL,
    error::ErrorKind,
    limits::{Priority, WaitingJob},
    poll::{self, PollContext},
    retry,
    time::deadline_after,
    wire::PredictionResponse,
};

/// Time between the last poll and the deadline: a fiftieth of the whole wait, within these bounds.
const MIN_RESERVE: Duration = Duration::from_millis(100);
const MAX_RESERVE: Duration = Duration::from_secs(1);
/// If polls have to wait for the limit, one may be this many of its intervals late before it precedes that of a job with
/// shorter intervals.
const MAX_LATE_INTERVALS: u32 = 10;
/// Number of failed polls in a row that end the wait.
const MAX_FAILURES: u32 = 5;
/// Minimum hint: zero would mean polling without a pause.
const MIN_HINT: Duration = Duration::from_millis(5);

/// A wait for a job.
pub(super) struct Waiter {
    prediction: Prediction,
    /// When the wait began, which may be long after the submission.
    began: Instant,
    deadline: Instant,
    /// The response to the submission, if the job had ended by then.
    ended: Option<PredictionResponse>,
    /// The service's hint for the next poll.
    hint: Option<Duration>,
    /// A job that was attached may have ended long ago, so it is polled at once.
    poll_at_once: bool,
    has_polled: bool,
    failures: u32,
    last_seen_running: Option<Instant>,
    /// The job's share in the budget of polls, from the first pause on.
    waiting: Option<WaitingJob>,
    span: Span,
}

impl Waiter {
    pub(super) fn new(mut prediction: Prediction, deadline: Instant) -> Self {
        // Taken, not copied: nothing else reads the response of a prediction that is waited for.
        let ended = prediction.submission.as_mut().map(|job| &mut job.response);
        let ended = ended.filter(|response| response.status().is_terminal()).map(std::mem::take);
        let model = prediction.model().map(tracing::field::display);
        Self {
            span: tracing::info_span!("wait", model, job = prediction.id()),
            hint: prediction.submission.as_ref().and_then(|job| job.next_poll),
            ended,
            poll_at_once: prediction.submission.is_none(),
            prediction,
            began: Instant::now(),
            has_polled: false,
            deadline,
            failures: 0,
            last_seen_running: None,
            waiting: None,
        }
    }

    /// Returns the first event.
    pub(super) fn started(&self) -> Event {
        Event::Started { elapsed: self.prediction.elapsed(), expected: self.typical() }
    }

    /// Waits to the end.
    pub(super) async fn result(mut self) -> Result<Generation> {
        if let Some(response) = self.ended.take() {
            let Self { prediction, span, .. } = self;
            return span.in_scope(|| {
                tracing::debug!(status = %response.status(), "ended");
                prediction.into_ended(response)
            });
        }
        // Boxed: polling needs more memory than a result that is there.
        Box::pin(self.polled()).await
    }

    async fn polled(mut self) -> Result<Generation> {
        loop {
            if let Event::Finished(generation) = self.next().await? {
                return Ok(*generation);
            }
        }
    }

    /// Waits for the next poll, polls, and returns what came of it.
    pub(super) async fn next(&mut self) -> Result<Event> {
        let span = self.span.clone();
        self.step().instrument(span).await
    }

    async fn step(&mut self) -> Result<Event> {
        if let Some(response) = self.ended.take() {
            return self.event(response);
        }
        let (priority, is_last) = self.pause().await;
        let (now, transport) = (Instant::now(), &self.prediction.context.transport);
        let is_late = self.deadline <= now;
        if is_late && self.has_polled {
            return Err(self.timed_out());
        }
        self.has_polled = true;
        // Polls once even if the deadline had passed before the wait began.
        let until = if is_late { deadline_after(now, transport.timeouts.attempt) } else { self.deadline };
        let polled = transport.status_once(self.prediction.id().unwrap_or_default(), priority, until).await;
        let event = match polled {
            Ok(job) => {
                self.failures = 0;
                self.record_duration(&job.response.status());
                self.hint = job.next_poll;
                self.event(job.response)?
            }
            Err(failure) => self.poll_failed(failure.error)?,
        };
        let is_finished = matches!(event, Event::Finished(_));
        if is_last && !is_finished { Err(self.timed_out()) } else { Ok(event) }
    }

    /// Sleeps until the next poll. Returns its priority, and whether it is the last before the deadline.
    async fn pause(&mut self) -> (Priority, bool) {
        let random = fastrand::f64();
        let (expected, prediction) = (self.expected(), &self.prediction);
        let budget = prediction.context.transport.limits.polls();
        let share = self.waiting.get_or_insert_with(|| budget.add(poll::max_interval(prediction.model())));
        let load = share.load();
        let context = PollContext {
            model: prediction.model(),
            elapsed: prediction.elapsed(),
            expected,
            random,
            waiting: load.waiting,
            demand: load.demand,
            budget: load.budget,
        };
        let delay = match self.hint {
            _ if std::mem::take(&mut self.poll_at_once) => Duration::ZERO,
            // The service's hint is for this job; it does not know how many others there are.
            Some(hint) => hint.max(MIN_HINT).max(context.min_interval()),
            None if self.failures > 0 => retry::backoff(self.failures + 1, random.max(0.2)),
            None => prediction.context.config.poll.delay(&context),
        };
        let due = deadline_after(Instant::now(), delay);
        let last_poll = self.last_poll();
        sleep_until(due.min(last_poll)).await;
        let priority = deadline_after(due, delay.saturating_mul(MAX_LATE_INTERVALS));
        if due >= last_poll { (Instant::now(), true) } else { (priority, false) }
    }

    /// Returns the time of the last poll: early enough for a response before the deadline.
    fn last_poll(&self) -> Instant {
        let whole = self.deadline.saturating_duration_since(self.began);
        let reserve = (whole / 50).clamp(MIN_RESERVE.min(whole / 2), MAX_RESERVE);
        self.deadline.checked_sub(reserve).unwrap_or(self.deadline)
    }

    /// Returns the least time to expect, which decides when to poll.
    fn expected(&self) -> Duration {
        let durations = &self.prediction.context.config.durations;
        self.prediction.model().map(|model| durations.expected(model)).unwrap_or_default()
    }

    /// Returns the usual time, for events.
    fn typical(&self) -> Duration {
        let durations = &self.prediction.context.config.durations;
        self.prediction.model().map_or(UNKNOWN_TYPICAL, |model| durations.typical(model))
    }

    /// Records how long the model took. Only for jobs of this client: the age of others is less certain.
    fn record_duration(&mut self, status: &Status) {
        let now = Instant::now();
        if !status.is_terminal() {
            self.last_seen_running = Some(now);
            return;
        }
        let Prediction { model: Some(model), submission: Some(_), started, .. } = &self.prediction else { return };
        if *status == Status::SUCCEEDED {
            let took = now - *started;
            let gap = self.last_seen_running.map_or(took, |seen| now - seen);
            // It ended somewhere within the gap.
            self.prediction.context.config.durations.record(model, took - gap / 2, gap < took / 2);
        }
    }

    fn event(&self, response: PredictionResponse) -> Result<Event> {
        let status = response.status();
        if !status.is_terminal() {
            tracing::debug!(%status, "polled");
            return Ok(Event::Polled { status, elapsed: self.prediction.elapsed(), expected: self.typical() });
        }
        tracing::debug!(%status, "ended");
        self.prediction.ended(response).map(|generation| Event::Finished(Box::new(generation)))
    }

    /// Counts a failed poll. Only a definite rejection or the fifth failure in a row ends the wait.
    fn poll_failed(&mut self, error: Error) -> Result<Event> {
        self.failures += 1;
        let error = self.prediction.annotate(error);
        // A job that was just accepted may not be known everywhere yet.
        let is_new = error.is_not_found() && self.prediction.submission.is_some();
        let is_temporary = error.is_transient() || error.is_decode() || is_new;
        if !is_temporary || self.failures >= MAX_FAILURES {
            return Err(error.with_attempts(self.failures));
        }
        self.hint = error.retry_after().filter(|wait| !wait.is_zero());
        // The message is from the service: it goes to the caller only, not to the log.
        tracing::debug!(
            error.type = ?error.kind(),
            http.response.status_code = error.status(),
            failures = self.failures,
            "a poll failed"
        );
        let (elapsed, expected) = (self.prediction.elapsed(), self.typical());
        Ok(Event::PollFailed { reason: error.to_string(), failures: self.failures, elapsed, expected })
    }

    fn timed_out(&self) -> Error {
        let waited = self.prediction.elapsed().as_secs_f64();
        let message = format!("no result after {waited:.1} s; the job may still be running");
        self.prediction.annotate(Error::new(ErrorKind::Timeout, message))
    }
}
