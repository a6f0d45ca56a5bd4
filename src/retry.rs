//! When a request is sent again: the whole doctrine.
//!
//! Where a request fails, the failure is marked with what is known of its [`Fate`]; the loop here only reads the mark.
//! A submission costs money and has no idempotency key: it is repeated only when the service certainly did not take it,
//! that is after a failure to connect and after a 429. Everything else can be repeated without harm.

use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use crate::{Error, error::ErrorKind};

/// What is known of a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Not a byte of it reached the service.
    NotSent,
    /// The service answered that it does not take it.
    Refused,
    /// It left, and no answer says what became of it.
    MaybeAccepted,
}

/// A failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) fate: Fate,
    pub(crate) error: Error,
}

impl Failure {
    pub(crate) fn not_sent(error: Error) -> Self {
        Self { fate: Fate::NotSent, error }
    }

    pub(crate) fn maybe_accepted(error: Error) -> Self {
        Self { fate: Fate::MaybeAccepted, error }
    }
}

/// What a request does on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Starts a job that is paid for.
    PaidJob,
    /// Nothing that a repetition would make worse.
    Harmless,
}

/// How often, and how densely, requests are repeated.
#[derive(Debug)]
pub(crate) struct Retry {
    max_attempts: u32,
    budget: Budget,
}

/// Upper bound of the first delay; each further one doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

impl Retry {
    pub(crate) fn new(max_attempts: u32) -> Self {
        Self { max_attempts, budget: Budget::default() }
    }

    /// Runs attempts until one succeeds or no further one is allowed. Each gets the time that is left.
    pub(crate) async fn run<T, F, A>(&self, effect: Effect, deadline: Instant, mut attempt: F) -> Result<T, Error>
    where
        F: FnMut(Duration) -> A,
        A: Future<Output = Result<T, Failure>>,
    {
        let mut attempts = 0;
        let mut last = None;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(late(last, attempts));
            }
            attempts += 1;
            let span = tracing::debug_span!("attempt", number = attempts);
            let Failure { fate, error } = match attempt(left).instrument(span).await {
                Ok(value) => {
                    self.budget.give_back();
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            let error = error.with_attempts(attempts);
            if !may_repeat(effect, fate, error.kind()) {
                return Err(conclude(effect, fate, error));
            }
            if Instant::now() >= deadline {
                return Err(late(Some(error), attempts));
            }
            let delay = error.retry_after().unwrap_or_else(|| backoff(attempts, fastrand::f64()));
            let fits = Instant::now() + delay < deadline;
            if attempts >= self.max_attempts || !fits || !self.budget.take() {
                return Err(error);
            }
            // The message is the service's and may repeat what it was sent: it is for the caller, not for the log.
            tracing::debug!(
                error.type = ?error.kind(),
                http.response.status_code = error.status(),
                http.request.resend_count = attempts,
                delay_ms = delay.as_millis() as u64,
                "waiting, then sending again"
            );
            last = Some(error);
            sleep(delay).await;
        }
    }
}

/// The end of the time, with what failed last as the cause.
fn late(last: Option<Error>, attempts: u32) -> Error {
    let Some(last) = last else {
        return Error::new(ErrorKind::Timeout, "no time was left for the request").with_attempts(attempts);
    };
    let message = format!("no time was left to send again after {}", last.told());
    last.causing(Error::new(ErrorKind::Timeout, message)).with_attempts(attempts)
}

/// Rule 1 of the doctrine.
fn may_repeat(effect: Effect, fate: Fate, kind: ErrorKind) -> bool {
    let passing = matches!(kind, ErrorKind::Connection | ErrorKind::ServiceUnavailable | ErrorKind::RateLimited);
    match effect {
        Effect::Harmless => passing || (kind == ErrorKind::Decode && fate != Fate::NotSent),
        Effect::PaidJob => match fate {
            Fate::NotSent => kind == ErrorKind::Connection,
            Fate::Refused => kind == ErrorKind::RateLimited,
            Fate::MaybeAccepted => false,
        },
    }
}

/// The error as the caller gets it.
fn conclude(effect: Effect, fate: Fate, error: Error) -> Error {
    match (effect, fate) {
        (Effect::PaidJob, Fate::MaybeAccepted) => error.into_submission_unknown(),
        _ => error,
    }
}

/// Full jitter: anything between nothing and twice the last bound. `random` is from 0 to 1.
pub(crate) fn backoff(attempts: u32, random: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_DELAY * 2_u32.pow(doublings)).min(LONGEST_DELAY).mul_f64(random)
}

/// Tokens for repetitions, shared by the clones of a client: when everything fails, repeating all of it would only add
/// to the load. Successes earn tokens back.
#[derive(Debug)]
struct Budget(AtomicU32);

const FULL_BUDGET: u32 = 500;
const COST: u32 = 5;

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL_BUDGET))
    }
}

impl Budget {
    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(COST)).is_ok()
    }

    fn give_back(&self) {
        // An error means that the budget is full.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| (tokens < FULL_BUDGET).then_some(tokens + 1));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const KINDS: [ErrorKind; 6] = [
        ErrorKind::Connection,
        ErrorKind::ServiceUnavailable,
        ErrorKind::RateLimited,
        ErrorKind::Decode,
        ErrorKind::InvalidInput,
        ErrorKind::Unauthorized,
    ];

    #[test]
    fn a_paid_job_is_repeated_only_when_it_was_certainly_not_taken() {
        for fate in [Fate::NotSent, Fate::Refused, Fate::MaybeAccepted] {
            for kind in KINDS {
                let allowed = may_repeat(Effect::PaidJob, fate, kind);
                let provable = matches!(
                    (fate, kind),
                    (Fate::NotSent, ErrorKind::Connection) | (Fate::Refused, ErrorKind::RateLimited)
                );
                assert_eq!(allowed, provable, "{fate:?} {kind:?}");
            }
        }
    }

    async fn attempts_of(retry: &Retry, effect: Effect, failure: impl Fn() -> Failure) -> (u32, Error) {
        let sent = Cell::new(0);
        let deadline = Instant::now() + Duration::from_secs(60);
        let result: Result<(), Error> = retry
            .run(effect, deadline, |_| {
                sent.set(sent.get() + 1);
                let failure = failure();
                async move { Err(failure) }
            })
            .await;
        (sent.get(), result.unwrap_err())
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_be_repeated_is_sent_four_times_at_most() {
        let unavailable =
            || Failure { fate: Fate::MaybeAccepted, error: Error::new(ErrorKind::ServiceUnavailable, "") };
        let (sent, error) = attempts_of(&Retry::new(4), Effect::Harmless, unavailable).await;
        assert_eq!((sent, error.attempts(), error.kind()), (4, 4, ErrorKind::ServiceUnavailable));
        let (sent, error) = attempts_of(&Retry::new(4), Effect::PaidJob, unavailable).await;
        assert_eq!((sent, error.kind()), (1, ErrorKind::SubmissionUnknown));
        let (sent, _) = attempts_of(&Retry::new(1), Effect::Harmless, unavailable).await;
        assert_eq!(sent, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_that_does_not_fit_the_deadline_fails_at_once() {
        for (hint, sends) in [(10, 4), (70, 1)] {
            let hint = Duration::from_secs(hint);
            let limited = || Failure {
                fate: Fate::Refused,
                error: Error::new(ErrorKind::RateLimited, "").with_retry_after(Some(hint)),
            };
            let start = Instant::now();
            let (sent, error) = attempts_of(&Retry::new(4), Effect::PaidJob, limited).await;
            assert_eq!((sent, error.retry_after()), (sends, Some(hint)));
            assert_eq!(start.elapsed().as_secs(), hint.as_secs() * u64::from(sends - 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_time_names_what_failed_last() {
        let retry = Retry::new(4);
        for (effect, fate, kind, ends_as) in [
            (Effect::Harmless, Fate::MaybeAccepted, ErrorKind::Connection, ErrorKind::Timeout),
            (Effect::Harmless, Fate::Refused, ErrorKind::Unauthorized, ErrorKind::Unauthorized),
            (Effect::PaidJob, Fate::NotSent, ErrorKind::Connection, ErrorKind::Timeout),
            (Effect::PaidJob, Fate::MaybeAccepted, ErrorKind::Connection, ErrorKind::SubmissionUnknown),
        ] {
            let deadline = Instant::now() + Duration::from_secs(5);
            let result: Result<(), Error> = retry
                .run(effect, deadline, |left| async move {
                    sleep(left).await;
                    Err(Failure { fate, error: Error::new(kind, "no answer in time").with_status(503) })
                })
                .await;
            let error = result.unwrap_err();
            assert_eq!(
                (error.kind(), error.attempts(), error.status()),
                (ends_as, 1, Some(503)),
                "{effect:?} {fate:?}"
            );
            assert!(error.to_string().contains("no answer in time"), "{error}");
            assert_eq!(Instant::now(), deadline);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_failures_uses_up_the_budget() {
        let retry = Retry::new(4);
        let down = || Failure { fate: Fate::NotSent, error: Error::new(ErrorKind::Connection, "") };
        let mut sent = 0;
        for _ in 0..100 {
            sent += attempts_of(&retry, Effect::Harmless, down).await.0;
        }
        assert_eq!(sent, 100 + FULL_BUDGET / COST);
    }

    #[test]
    fn delays_grow_and_stay_bounded() {
        let bounds: Vec<u64> = (1..=8).map(|n| backoff(n, 1.0).as_millis() as u64).collect();
        assert_eq!(bounds, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
    }
}
