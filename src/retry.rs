//! Retry policy.
//!
//! The layer that sees an attempt fail marks the error with its [`SendState`]; the policy here only reads the mark. A
//! submission costs money and has no idempotency key, so it is repeated only if the service certainly did not accept it:
//! after a failure to connect, and after a 429. Everything else is idempotent.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

mod throttle;

use crate::{Error, Result, error::ErrorKind};
use throttle::RetryThrottler;

/// How far a failed request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendState {
    /// Nothing of it was sent.
    NotSent,
    /// The service rejected it.
    Rejected,
    /// It was sent, and no response says whether it was processed.
    Indeterminate,
}

/// The error of one attempt.
#[derive(Debug)]
pub(crate) struct AttemptError {
    pub(crate) state: SendState,
    pub(crate) error: Error,
}

impl AttemptError {
    pub(crate) fn not_sent(error: Error) -> Self {
        Self { state: SendState::NotSent, error }
    }

    pub(crate) fn indeterminate(error: Error) -> Self {
        Self { state: SendState::Indeterminate, error }
    }

    /// Changes the error and keeps the mark.
    pub(crate) fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        Self { state: self.state, error: change(self.error) }
    }
}

/// Whether a request may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// Starts a paid job.
    NonIdempotent,
    /// Repeating it changes nothing.
    Idempotent,
}

/// The retry policy of a client.
#[derive(Debug)]
pub(crate) struct RetryPolicy {
    max_attempts: u32,
    throttler: RetryThrottler,
}

/// Upper bound of the first delay. It doubles with each further one.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(10);

impl RetryPolicy {
    pub(crate) fn new(max_attempts: u32) -> Self {
        Self { max_attempts, throttler: RetryThrottler::default() }
    }

    /// Starts a series of attempts at one request.
    pub(crate) fn attempts(self: &Arc<Self>, idempotency: Idempotency, deadline: Instant) -> Attempts {
        Attempts {
            policy: Arc::clone(self),
            max_attempts: self.max_attempts,
            idempotency,
            deadline,
            count: 0,
            last: None,
        }
    }

    /// Runs attempts until one succeeds or the policy allows no further one. Each receives the time that is left.
    pub(crate) async fn run<T, A: Future<Output = Result<T, AttemptError>>>(
        self: &Arc<Self>,
        idempotency: Idempotency,
        deadline: Instant,
        mut attempt: impl FnMut(Duration) -> A,
    ) -> Result<T> {
        let mut attempts = self.attempts(idempotency, deadline);
        loop {
            let left = attempts.start()?;
            match attempt(left).instrument(attempts.span()).await {
                Ok(value) => {
                    attempts.succeed();
                    return Ok(value);
                }
                Err(error) => attempts.fail(error).await?,
            }
        }
    }
}

/// A series of attempts at one request.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: Arc<RetryPolicy>,
    max_attempts: u32,
    idempotency: Idempotency,
    deadline: Instant,
    count: u32,
    last: Option<Error>,
}

impl Attempts {
    /// Allows the first attempt only.
    pub(crate) fn once(mut self) -> Self {
        self.max_attempts = 1;
        self
    }

    /// Begins an attempt and returns the time that is left for it.
    pub(crate) fn start(&mut self) -> Result<Duration> {
        let left = self.left();
        if left.is_zero() {
            return Err(deadline_passed(self.last.take(), self.count));
        }
        self.count += 1;
        Ok(left)
    }

    /// Returns the time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Returns the span of the current attempt.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::debug_span!("attempt", number = self.count)
    }

    /// Records that the current attempt succeeded.
    pub(crate) fn succeed(&self) {
        self.policy.throttler.on_success();
    }

    /// Waits until the next attempt, or returns the final error.
    pub(crate) async fn fail(&mut self, failure: AttemptError) -> Result<()> {
        let AttemptError { state, error } = failure;
        if state == SendState::NotSent && error.kind() != ErrorKind::Connection {
            // It ended before a connection was attempted, for example at the client's own rate limit.
            self.count = self.count.saturating_sub(1);
        }
        let error = error.with_attempts(self.count);
        if !may_retry(self.idempotency, state, error.kind()) {
            return Err(match (self.idempotency, state) {
                (Idempotency::NonIdempotent, SendState::Indeterminate) => error.into_submission_unknown(),
                _ => error,
            });
        }
        if Instant::now() >= self.deadline {
            return Err(deadline_passed(Some(error), self.count));
        }
        let delay = error.retry_after().unwrap_or_else(|| backoff(self.count, fastrand::f64()));
        let fits = Instant::now() + delay < self.deadline;
        if self.count >= self.max_attempts || !fits || !self.policy.throttler.try_acquire() {
            return Err(error);
        }
        // The message may repeat what was sent, so it goes to the caller only, not to the log.
        tracing::debug!(
            error.type = ?error.kind(),
            http.response.status_code = error.status(),
            http.request.resend_count = self.count,
            delay_ms = delay.as_millis() as u64,
            "retrying after a delay"
        );
        self.last = Some(error);
        sleep(delay).await;
        Ok(())
    }
}

/// Returns the error for a deadline that passed, with the last failure as its source.
fn deadline_passed(last: Option<Error>, attempts: u32) -> Error {
    let Some(last) = last else {
        return Error::new(ErrorKind::Timeout, "the deadline passed before the request was sent")
            .with_attempts(attempts);
    };
    let message = format!("the deadline passed before a retry after {}", last.summary());
    last.into_source_of(Error::new(ErrorKind::Timeout, message)).with_attempts(attempts)
}

/// Whether a failed attempt may be repeated.
fn may_retry(idempotency: Idempotency, state: SendState, kind: ErrorKind) -> bool {
    let is_transient = matches!(kind, ErrorKind::Connection | ErrorKind::ServiceUnavailable | ErrorKind::RateLimited);
    match idempotency {
        Idempotency::Idempotent => is_transient || (kind == ErrorKind::Decode && state != SendState::NotSent),
        Idempotency::NonIdempotent => match state {
            SendState::NotSent => kind == ErrorKind::Connection,
            SendState::Rejected => kind == ErrorKind::RateLimited,
            SendState::Indeterminate => false,
        },
    }
}

/// Returns an exponential delay with full jitter. `random` is from 0 to 1.
pub(crate) fn backoff(attempts: u32, random: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_DELAY * 2_u32.pow(doublings)).min(MAX_DELAY).mul_f64(random)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{
        throttle::{MAX_TOKENS, RETRY_COST},
        *,
    };

    const KINDS: [ErrorKind; 6] = [
        ErrorKind::Connection,
        ErrorKind::ServiceUnavailable,
        ErrorKind::RateLimited,
        ErrorKind::Decode,
        ErrorKind::InvalidInput,
        ErrorKind::Unauthorized,
    ];

    #[test]
    fn a_submission_is_repeated_only_if_it_was_certainly_not_accepted() {
        for state in [SendState::NotSent, SendState::Rejected, SendState::Indeterminate] {
            for kind in KINDS {
                let allowed = may_retry(Idempotency::NonIdempotent, state, kind);
                let provable = matches!(
                    (state, kind),
                    (SendState::NotSent, ErrorKind::Connection) | (SendState::Rejected, ErrorKind::RateLimited)
                );
                assert_eq!(allowed, provable, "{state:?} {kind:?}");
            }
        }
    }

    async fn attempts_of(
        retry: &Arc<RetryPolicy>,
        idempotency: Idempotency,
        failure: impl Fn() -> AttemptError,
    ) -> (u32, Error) {
        let sent = Cell::new(0);
        let deadline = Instant::now() + Duration::from_secs(60);
        let result: Result<(), Error> = retry
            .run(idempotency, deadline, |_| {
                sent.set(sent.get() + 1);
                let failure = failure();
                async move { Err(failure) }
            })
            .await;
        (sent.get(), result.unwrap_err())
    }

    #[tokio::test(start_paused = true)]
    async fn an_idempotent_request_is_sent_four_times_at_most() {
        let unavailable =
            || AttemptError { state: SendState::Indeterminate, error: Error::new(ErrorKind::ServiceUnavailable, "") };
        let (sent, error) = attempts_of(&Arc::new(RetryPolicy::new(4)), Idempotency::Idempotent, unavailable).await;
        assert_eq!((sent, error.attempts(), error.kind()), (4, 4, ErrorKind::ServiceUnavailable));
        let (sent, error) = attempts_of(&Arc::new(RetryPolicy::new(4)), Idempotency::NonIdempotent, unavailable).await;
        assert_eq!((sent, error.kind()), (1, ErrorKind::SubmissionUnknown));
        let (sent, _) = attempts_of(&Arc::new(RetryPolicy::new(1)), Idempotency::Idempotent, unavailable).await;
        assert_eq!(sent, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_that_does_not_fit_the_deadline_fails_at_once() {
        for (hint, sends) in [(10, 4), (70, 1)] {
            let hint = Duration::from_secs(hint);
            let limited = || AttemptError {
                state: SendState::Rejected,
                error: Error::new(ErrorKind::RateLimited, "").with_retry_after(Some(hint)),
            };
            let start = Instant::now();
            let (sent, error) = attempts_of(&Arc::new(RetryPolicy::new(4)), Idempotency::NonIdempotent, limited).await;
            assert_eq!((sent, error.retry_after()), (sends, Some(hint)));
            assert_eq!(start.elapsed().as_secs(), hint.as_secs() * u64::from(sends - 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_names_the_last_failure() {
        let retry = Arc::new(RetryPolicy::new(4));
        for (idempotency, state, kind, ends_as) in [
            (Idempotency::Idempotent, SendState::Indeterminate, ErrorKind::Connection, ErrorKind::Timeout),
            (Idempotency::Idempotent, SendState::Rejected, ErrorKind::Unauthorized, ErrorKind::Unauthorized),
            (Idempotency::NonIdempotent, SendState::NotSent, ErrorKind::Connection, ErrorKind::Timeout),
            (Idempotency::NonIdempotent, SendState::Indeterminate, ErrorKind::Connection, ErrorKind::SubmissionUnknown),
        ] {
            let deadline = Instant::now() + Duration::from_secs(5);
            let result: Result<(), Error> = retry
                .run(idempotency, deadline, |left| async move {
                    sleep(left).await;
                    Err(AttemptError { state, error: Error::new(kind, "no answer in time").with_status(503) })
                })
                .await;
            let error = result.unwrap_err();
            assert_eq!(
                (error.kind(), error.attempts(), error.status()),
                (ends_as, 1, Some(503)),
                "{idempotency:?} {state:?}"
            );
            assert!(error.to_string().contains("no answer in time"), "{error}");
            assert_eq!(Instant::now(), deadline);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_requests_count_as_attempts() {
        for (state, kind, count) in [
            (SendState::NotSent, ErrorKind::RateLimited, 0),
            (SendState::NotSent, ErrorKind::Io, 0),
            (SendState::NotSent, ErrorKind::Connection, 1),
            (SendState::Rejected, ErrorKind::InvalidInput, 1),
        ] {
            let failure =
                || AttemptError { state, error: Error::new(kind, "").with_retry_after(Some(Duration::from_secs(600))) };
            let (_, error) = attempts_of(&Arc::new(RetryPolicy::new(4)), Idempotency::NonIdempotent, failure).await;
            assert_eq!((error.kind(), error.attempts()), (kind, count), "{state:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_failures_empties_the_token_bucket() {
        let retry = Arc::new(RetryPolicy::new(4));
        let down = || AttemptError { state: SendState::NotSent, error: Error::new(ErrorKind::Connection, "") };
        let mut sent = 0;
        for _ in 0..100 {
            sent += attempts_of(&retry, Idempotency::Idempotent, down).await.0;
        }
        assert_eq!(sent, 100 + MAX_TOKENS / RETRY_COST);
    }

    #[test]
    fn delays_grow_and_stay_bounded() {
        let bounds: Vec<u64> = (1..=8).map(|n| backoff(n, 1.0).as_millis() as u64).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
    }
}
