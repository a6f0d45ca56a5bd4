//! Kinds of errors: what each means, and what to do about it.

use std::fmt;

use super::Error;

/// Classifies an [`Error`]. Each variant says what it means and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The key, the base URL or another setting of the client cannot be used. Nothing was sent.
    ///
    /// What to do: correct the setting that the message names.
    Configuration,
    /// The service rejected the API key (HTTP 401, 403).
    ///
    /// What to do: compare the key with the one in the dashboard. Sending again with the same key does not help.
    Unauthorized,
    /// The account has no credit left (HTTP 402, 403). Nothing was started.
    ///
    /// What to do: add credit in the dashboard, then send again.
    InsufficientCredit,
    /// The service does not offer this model, or has disabled it.
    ///
    /// What to do: choose one of [`Model::all`](crate::Model::all).
    UnknownModel,
    /// The service rejected the input (HTTP 400, 422), or a client with
    /// [`strict_inputs`](crate::ClientBuilder::strict_inputs) did. Nothing was started.
    ///
    /// What to do: correct the parameter that [`Error::field`] names.
    InvalidInput,
    /// A file or a response exceeds a size limit.
    ///
    /// What to do: send a smaller file, or raise
    /// [`max_download`](crate::ClientBuilder::max_download).
    TooLarge,
    /// The rate limit of the service (HTTP 429) or of the client is exhausted. The request was not processed.
    ///
    /// What to do: send again after [`Error::retry_after`].
    RateLimited,
    /// The content has been deleted (HTTP 410). Results are kept for 24 hours, those of
    /// trainers for about 30 minutes, uploads for 30 minutes.
    ///
    /// What to do: generate or upload again.
    Expired,
    /// There is no such job or file (HTTP 404).
    ///
    /// What to do: check the id. Jobs of other accounts and jobs that ended long ago are not found either.
    NotFound,
    /// The model ran and failed; the message has the reason. This includes media that the service could not fetch.
    ///
    /// What to do: change the input.
    PredictionFailed,
    /// The service canceled the job.
    ///
    /// What to do: submit it again if you still want the result.
    Canceled,
    /// The deadline passed. With a [`generation`](Error::generation), only the transfer of that result took too long; else,
    /// with a [`job`](Error::job), that job may still be running; without either, nothing was started.
    ///
    /// What to do: resume the job by [`Client::attach`](crate::Client::attach), or try again with a longer
    /// [`deadline`](crate::ClientBuilder::deadline).
    Timeout,
    /// The submission was sent, but whether it was accepted is unknown: a timeout, a broken connection, HTTP 5xx.
    /// The job may be running and be billed, so the submission is never repeated automatically.
    ///
    /// What to do: decide whether to submit again and possibly pay twice. Submit slow models without `Try-Sync`.
    SubmissionUnknown,
    /// The service is temporarily unavailable (HTTP 5xx).
    ///
    /// What to do: try again later.
    ServiceUnavailable,
    /// The service responded with a redirect. Requests with a key never follow redirects.
    ///
    /// What to do: check the base URL; the message names the target.
    Redirected,
    /// No connection could be established, or it broke. A submission that ends like this was certainly not sent.
    ///
    /// What to do: check network and base URL, then try again.
    Connection,
    /// The response does not have the expected format.
    ///
    /// What to do: inspect [`Error::body`]; report the problem if it persists.
    Decode,
    /// The [budget](crate::Budget) of the client or the batch does not cover the request, or the request has no list price.
    /// Nothing was sent.
    ///
    /// What to do: raise the budget; the message says what is left of it.
    BudgetExceeded,
    /// A local file could not be read or written.
    ///
    /// What to do: fix what the message names. An existing result is in [`Error::generation`] and can be saved again.
    Io,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Configuration => "invalid client configuration",
            Self::Unauthorized => "the service rejected the API key",
            Self::InsufficientCredit => "the account has no credit left",
            Self::UnknownModel => "the service does not offer this model",
            Self::InvalidInput => "invalid input",
            Self::TooLarge => "too large",
            Self::RateLimited => "rate limit exceeded",
            Self::Expired => "the content has expired",
            Self::NotFound => "not found",
            Self::PredictionFailed => "the prediction failed",
            Self::Canceled => "the prediction was canceled",
            Self::Timeout => "timed out",
            Self::SubmissionUnknown => "unknown whether the service accepted the submission",
            Self::ServiceUnavailable => "the service is unavailable",
            Self::Redirected => "the service responded with a redirect, which is not followed",
            Self::Connection => "the connection failed",
            Self::Decode => "unexpected response",
            Self::BudgetExceeded => "the budget does not cover this request",
            Self::Io => "a local file could not be read or written",
        })
    }
}

/// Defines a predicate for each kind.
macro_rules! predicates {
    ($($name:ident => $kind:ident;)+) => {
        /// Predicates, one per [`ErrorKind`], which documents what to do about each.
        impl Error {$(
            #[doc = concat!("Whether the kind is [`", stringify!($kind), "`](ErrorKind::", stringify!($kind), ").")]
            #[must_use]
            pub fn $name(&self) -> bool {
                self.kind() == ErrorKind::$kind
            }
        )+}
    };
}

predicates! {
    is_configuration => Configuration;
    is_unauthorized => Unauthorized;
    is_insufficient_credit => InsufficientCredit;
    is_unknown_model => UnknownModel;
    is_invalid_input => InvalidInput;
    is_too_large => TooLarge;
    is_rate_limited => RateLimited;
    is_expired => Expired;
    is_not_found => NotFound;
    is_prediction_failed => PredictionFailed;
    is_canceled => Canceled;
    is_timeout => Timeout;
    is_submission_unknown => SubmissionUnknown;
    is_service_unavailable => ServiceUnavailable;
    is_redirected => Redirected;
    is_connection => Connection;
    is_decode => Decode;
    is_budget_exceeded => BudgetExceeded;
    is_io => Io;
}

impl Error {
    /// Whether repeating the call may succeed and cannot start a second paid job.
    ///
    /// `false` if [`Client::generate`](crate::Client::generate) or a batch has submitted a job and could not wait for it:
    /// resume the [`job`](Self::job) by [`Client::attach`](crate::Client::attach) instead.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let is_temporary =
            matches!(self.kind(), ErrorKind::RateLimited | ErrorKind::ServiceUnavailable | ErrorKind::Connection);
        is_temporary && !self.inner.repeats_submission
    }
}
