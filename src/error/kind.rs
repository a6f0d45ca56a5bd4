//! The kinds of error, what each means, and what to do next.

use super::Error;

/// What kind of thing went wrong. Each kind has a predicate on [`Error`], whose documentation says what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// See [`Error::is_configuration`].
    Configuration,
    /// See [`Error::is_unauthorized`].
    Unauthorized,
    /// See [`Error::is_insufficient_credit`].
    InsufficientCredit,
    /// See [`Error::is_unknown_model`].
    UnknownModel,
    /// See [`Error::is_invalid_input`].
    InvalidInput,
    /// See [`Error::is_too_large`].
    TooLarge,
    /// See [`Error::is_rate_limited`].
    RateLimited,
    /// See [`Error::is_expired`].
    Expired,
    /// See [`Error::is_not_found`].
    NotFound,
    /// See [`Error::is_prediction_failed`].
    PredictionFailed,
    /// See [`Error::is_canceled`].
    Canceled,
    /// See [`Error::is_timeout`].
    Timeout,
    /// See [`Error::is_submission_unknown`].
    SubmissionUnknown,
    /// See [`Error::is_service_unavailable`].
    ServiceUnavailable,
    /// See [`Error::is_redirected`].
    Redirected,
    /// See [`Error::is_connection`].
    Connection,
    /// See [`Error::is_decode`].
    Decode,
    /// See [`Error::is_io`].
    Io,
}

impl ErrorKind {
    /// What happened, in a few words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Configuration => "the client is not set up correctly",
            Self::Unauthorized => "the service does not accept the API key",
            Self::InsufficientCredit => "the account has no credit left",
            Self::UnknownModel => "the service does not offer this model",
            Self::InvalidInput => "the input is not valid",
            Self::TooLarge => "too large",
            Self::RateLimited => "rate limit exceeded",
            Self::Expired => "the content has expired",
            Self::NotFound => "not found",
            Self::PredictionFailed => "the prediction failed",
            Self::Canceled => "the prediction was canceled",
            Self::Timeout => "the deadline passed",
            Self::SubmissionUnknown => "it is unknown whether the service took the submission",
            Self::ServiceUnavailable => "the service is unavailable",
            Self::Redirected => "the service redirects elsewhere, which is not followed",
            Self::Connection => "the connection failed",
            Self::Decode => "the answer could not be understood",
            Self::Io => "a local file could not be read or written",
        }
    }
}

/// Predicates: what each kind means and what to do next.
impl Error {
    /// The key, the base URL or a setting of the client cannot be used. Nothing was sent. Next: correct what the message
    /// names.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind() == ErrorKind::Configuration
    }

    /// The key is missing, unknown or not allowed (HTTP 401, 403). Next: check `PRUNA_API_KEY` against the dashboard;
    /// sending again with the same key changes nothing.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == ErrorKind::Unauthorized
    }

    /// The account is out of credit (HTTP 402, 403). Next: top it up in the dashboard, then send again.
    #[must_use]
    pub fn is_insufficient_credit(&self) -> bool {
        self.kind() == ErrorKind::InsufficientCredit
    }

    /// The service has no such model, or it is switched off. Next: compare with [`Model::all`](crate::Model::all).
    #[must_use]
    pub fn is_unknown_model(&self) -> bool {
        self.kind() == ErrorKind::UnknownModel
    }

    /// The service refuses the input (HTTP 400, 422), or the client does because it is strict. Nothing is running.
    /// Next: correct the parameter that [`field`](Self::field) names.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::InvalidInput
    }

    /// A file or an answer is larger than what is taken. Next: make the file smaller, or raise the client's limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind() == ErrorKind::TooLarge
    }

    /// Too many requests (HTTP 429); the request was not processed. Next: send again after
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// The content is gone (HTTP 410): results live 24 hours, uploads 30 minutes. Next: generate or upload again.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.kind() == ErrorKind::Expired
    }

    /// No such job or file (HTTP 404). Next: check the id; a job of another account, or one long finished, is not found
    /// either.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// The model ran and failed; [`message`](Self::message) has the reason. Next: change the input. An address of a
    /// medium that cannot be fetched shows here as well.
    #[must_use]
    pub fn is_prediction_failed(&self) -> bool {
        self.kind() == ErrorKind::PredictionFailed
    }

    /// The job was canceled on the side of the service. Next: submit again if it is still wanted.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.kind() == ErrorKind::Canceled
    }

    /// The time that was allowed is over. With a [`job`](Self::job), that one may still be running: go on with it. Without
    /// one nothing was started; the last failure is the [`source`](std::error::Error::source).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// The submission left, and no answer says whether it was taken: a timeout, a broken connection, HTTP 5xx. It is
    /// never sent again by itself, because it may be running and be billed. Next: decide whether a second one is worth its
    /// price. For slow models submit without `Try-Sync`.
    #[must_use]
    pub fn is_submission_unknown(&self) -> bool {
        self.kind() == ErrorKind::SubmissionUnknown
    }

    /// The service answers that it cannot serve now (HTTP 5xx). Next: try again later.
    #[must_use]
    pub fn is_service_unavailable(&self) -> bool {
        self.kind() == ErrorKind::ServiceUnavailable
    }

    /// The service answers with a redirect, which is never followed with a key. Next: check the base URL; the message
    /// names the target.
    #[must_use]
    pub fn is_redirected(&self) -> bool {
        self.kind() == ErrorKind::Redirected
    }

    /// No connection, or it broke. A submission that was certainly not sent ends so too. Next: check network and base
    /// URL, try again.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// The answer is not what the service promises. Next: look at [`body`](Self::body); report it if it persists.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.kind() == ErrorKind::Decode
    }

    /// A local file could not be read or written. Next: check what the message names; the result is still with the
    /// service and can be saved again.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.kind() == ErrorKind::Io
    }

    /// Whether the same call may succeed later, and cannot start a second paid job.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind(), ErrorKind::RateLimited | ErrorKind::ServiceUnavailable | ErrorKind::Connection)
    }
}
