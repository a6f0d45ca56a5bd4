//! What went wrong, to which job, on which attempt, and what to do next.

use std::{error::Error as StdError, fmt, time::Duration};

use crate::{JobRef, Model};

pub(crate) mod body;

/// Most bytes of a message: the service may write a whole list of faults.
const LONGEST_MESSAGE: usize = 1000;
/// Most bytes of a parameter's name or a request id.
const LONGEST_NAME: usize = 200;

/// What kind of thing went wrong. Each kind has a predicate on [`Error`], whose documentation says what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// See [`Error::is_configuration`].
    Configuration,
    /// See [`Error::is_unauthorized`].
    Unauthorized,
    /// See [`Error::is_no_credit`].
    NoCredit,
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
    /// See [`Error::is_deadline`].
    Deadline,
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

impl Kind {
    /// What happened, in a few words.
    fn title(self) -> &'static str {
        match self {
            Self::Configuration => "the client is not set up correctly",
            Self::Unauthorized => "the service does not accept the API key",
            Self::NoCredit => "the account has no credit left",
            Self::UnknownModel => "the service does not offer this model",
            Self::InvalidInput => "the input is not valid",
            Self::TooLarge => "too large",
            Self::RateLimited => "rate limit exceeded",
            Self::Expired => "the content has expired",
            Self::NotFound => "not found",
            Self::PredictionFailed => "the prediction failed",
            Self::Canceled => "the prediction was canceled",
            Self::Deadline => "the deadline passed",
            Self::SubmissionUnknown => "it is unknown whether the service took the submission",
            Self::ServiceUnavailable => "the service is unavailable",
            Self::Redirected => "the service redirects elsewhere, which is not followed",
            Self::Connection => "the connection failed",
            Self::Decode => "the answer could not be understood",
            Self::Io => "a local file could not be read or written",
        }
    }
}

/// The error of every operation: one line when printed, more when asked.
///
/// ```
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::inputs::PImage;
///
/// match client.generate(PImage::new("a lion at dusk")).await {
///     Ok(image) => drop(image.save("lion.jpg").await?),
///     Err(error) if error.is_rate_limited() => println!("again in {:?}", error.retry_after()),
///     Err(error) if error.is_deadline() => println!("still running: {:?}", error.job()),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    status: Option<u16>,
    request_id: Option<String>,
    body: Option<String>,
    field: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    model: Option<Model>,
    job: Option<JobRef>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            status: None,
            request_id: None,
            body: None,
            field: None,
            retry_after: None,
            attempts: 0,
            model: None,
            job: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    pub(crate) fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        Self::new(Kind::Io, format!("{what}: {source}")).with_source(source)
    }

    /// The same error as a submission whose fate is unknown.
    pub(crate) fn into_submission_unknown(mut self) -> Self {
        if self.0.kind != Kind::SubmissionUnknown {
            self.0.message = self.told();
            self.0.kind = Kind::SubmissionUnknown;
        }
        self
    }

    /// Kind and message, without the facts beside them.
    pub(crate) fn told(&self) -> String {
        format!("{}: {}", self.0.kind.title(), self.0.message)
    }

    /// Makes this the cause of another error, which takes over what is known of the answer.
    pub(crate) fn causing(self, mut other: Self) -> Self {
        let inner = &*self.0;
        other.0.status = inner.status;
        other.0.request_id.clone_from(&inner.request_id);
        other.0.body.clone_from(&inner.body);
        other.0.retry_after = inner.retry_after;
        other.with_source(self)
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_body(mut self, body: Option<String>) -> Self {
        self.0.body = body;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_field(mut self, field: Option<String>) -> Self {
        self.0.field = field;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_model(mut self, model: Model) -> Self {
        self.0.model = Some(model);
        self
    }

    pub(crate) fn with_job(mut self, job: JobRef) -> Self {
        self.0.job.get_or_insert(job);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts the place of a failure before what happened there.
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        self.0.message = format!("{field}: {}", self.0.message);
        self.0.field = Some(field.to_owned());
        self
    }

    /// Replaces secrets that the service may have repeated.
    /// Takes out what must not be shown, wherever the service has repeated it.
    pub(crate) fn hiding(mut self, secrets: &[String]) -> Self {
        self.texts().into_iter().flatten().for_each(|(text, _)| hide(text, secrets));
        self
    }

    /// Takes out what must not be shown, and only then cuts to size: a secret that is cut in two would not be found. So this
    /// comes last, where all secrets are known.
    pub(crate) fn scrubbed(self, secrets: &[String]) -> Self {
        let mut error = self.hiding(secrets);
        error.texts().into_iter().flatten().for_each(|(text, most)| cut(text, most));
        error
    }

    /// Every text that the service may have written, with the most that is kept of it.
    fn texts(&mut self) -> [Option<(&mut String, usize)>; 4] {
        let inner = &mut *self.0;
        [
            Some((&mut inner.message, LONGEST_MESSAGE)),
            inner.body.as_mut().map(|body| (body, body::KEPT)),
            inner.field.as_mut().map(|field| (field, LONGEST_NAME)),
            inner.request_id.as_mut().map(|id| (id, LONGEST_NAME)),
        ]
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What happened, without what to do next.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// HTTP status of the answer, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's name for the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The beginning of the answer's body as it came, at most 4 KiB.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// The parameter that is at fault: `aspect_ratio`, `images[1]`.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// How long the service asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were sent; 0 when the failure came before the first.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The model that was asked, as far as it is known.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        let model = self.0.model.as_ref().or_else(|| self.0.job.as_ref().map(JobRef::model));
        model.filter(|model| !model.as_str().is_empty())
    }

    /// The job that this happened to. It may still be running: [`Client::attach`](crate::Client::attach) goes on with it.
    #[must_use]
    pub fn job(&self) -> Option<&JobRef> {
        self.0.job.as_ref()
    }
}

/// Predicates: what each kind means and what to do next.
impl Error {
    /// The key, the base URL or a setting of the client cannot be used. Nothing was sent. Next: correct what the message
    /// names.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind() == Kind::Configuration
    }

    /// The key is missing, unknown or not allowed (HTTP 401, 403). Next: check `PRUNA_API_KEY` against the dashboard;
    /// sending again with the same key changes nothing.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == Kind::Unauthorized
    }

    /// The account is out of credit (HTTP 402, 403). Next: top it up in the dashboard, then send again.
    #[must_use]
    pub fn is_no_credit(&self) -> bool {
        self.kind() == Kind::NoCredit
    }

    /// The service has no such model, or it is switched off. Next: compare with [`Model::all`](crate::Model::all).
    #[must_use]
    pub fn is_unknown_model(&self) -> bool {
        self.kind() == Kind::UnknownModel
    }

    /// The service refuses the input (HTTP 400, 422), or the client does because it is strict. Nothing is running.
    /// Next: correct the parameter that [`field`](Self::field) names.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == Kind::InvalidInput
    }

    /// A file or an answer is larger than what is taken. Next: make the file smaller, or raise the client's limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind() == Kind::TooLarge
    }

    /// Too many requests (HTTP 429); the request was not processed. Next: send again after
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == Kind::RateLimited
    }

    /// The content is gone (HTTP 410): results live 24 hours, uploads 30 minutes. Next: generate or upload again.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.kind() == Kind::Expired
    }

    /// No such job or file (HTTP 404). Next: check the id; a job of another account, or one long finished, is not found
    /// either.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == Kind::NotFound
    }

    /// The model ran and failed; [`message`](Self::message) has the reason. Next: change the input. An address of a
    /// medium that cannot be fetched shows here as well.
    #[must_use]
    pub fn is_prediction_failed(&self) -> bool {
        self.kind() == Kind::PredictionFailed
    }

    /// The job was canceled on the side of the service. Next: submit again if it is still wanted.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.kind() == Kind::Canceled
    }

    /// The time that was allowed is over. With a [`job`](Self::job), that one may still be running: go on with it. Without
    /// one nothing was started; the last failure is the [`source`](std::error::Error::source).
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        self.kind() == Kind::Deadline
    }

    /// The submission left, and no answer says whether it was taken: a timeout, a broken connection, HTTP 5xx. It is
    /// never sent again by itself, because it may be running and be billed. Next: decide whether a second one is worth its
    /// price. For slow models submit without `Try-Sync`.
    #[must_use]
    pub fn is_submission_unknown(&self) -> bool {
        self.kind() == Kind::SubmissionUnknown
    }

    /// The service answers that it cannot serve now (HTTP 5xx). Next: try again later.
    #[must_use]
    pub fn is_service_unavailable(&self) -> bool {
        self.kind() == Kind::ServiceUnavailable
    }

    /// The service answers with a redirect, which is never followed with a key. Next: check the base URL; the message
    /// names the target.
    #[must_use]
    pub fn is_redirected(&self) -> bool {
        self.kind() == Kind::Redirected
    }

    /// No connection, or it broke. A submission that was certainly not sent ends so too. Next: check network and base
    /// URL, try again.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.kind() == Kind::Connection
    }

    /// The answer is not what the service promises. Next: look at [`body`](Self::body); report it if it persists.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.kind() == Kind::Decode
    }

    /// A local file could not be read or written. Next: check what the message names; the result is still with the
    /// service and can be saved again.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.kind() == Kind::Io
    }

    /// Whether the same call may succeed later, and cannot start a second paid job.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind(), Kind::RateLimited | Kind::ServiceUnavailable | Kind::Connection)
    }
}

/// Replaces secrets, as they are and as JSON writes them.
fn hide(text: &mut String, secrets: &[String]) {
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        for form in [secret.as_str(), &quoted[1..quoted.len() - 1]] {
            if text.contains(form) {
                *text = text.replace(form, "[secret]");
            }
        }
    }
}

/// Cuts a text to so many bytes, not within a character.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
    }
}

/// One line that no control character can turn into something else: messages come from the service as well.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.write_str(inner.kind.title())?;
        if !inner.message.is_empty() {
            write!(f, ": {}", one_line(&inner.message))?;
        }
        let mut facts = Vec::new();
        facts.extend(inner.status.map(|status| format!("HTTP {status}")));
        facts.extend(self.model().map(|model| format!("model {model}")));
        facts.extend(inner.job.as_ref().map(|job| format!("job {}", one_line(job.id()))));
        facts.extend(inner.request_id.as_ref().map(|id| format!("request {}", one_line(id))));
        facts.extend((inner.attempts > 1).then(|| format!("{} attempts", inner.attempts)));
        facts.extend(inner.retry_after.map(|delay| format!("retry after {} s", delay.as_secs())));
        if facts.is_empty() { Ok(()) } else { write!(f, " ({})", facts.join(", ")) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("status", &inner.status)
            .field("request_id", &inner.request_id)
            .field("field", &inner.field)
            .field("retry_after", &inner.retry_after)
            .field("attempts", &inner.attempts)
            .field("job", &inner.job)
            // What the service sent may repeat the input; whoever wants it asks for it.
            .field("body", &inner.body.as_ref().map(|body| format!("{} bytes", body.len())))
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_before_the_text_is_cut() {
        let secrets = ["pru_\"secret\"".to_owned(), String::new()];
        for (text, most) in [
            ("x pru_\"secret\" y", "x [secret] y"),
            (r#"{"key":"pru_\"secret\""}"#, r#"{"key":"[secret]"}"#),
            ("nothing", "nothing"),
        ] {
            let error = Error::new(Kind::Decode, text).with_body(Some(text.into())).with_request_id(Some(text.into()));
            let error = error.with_field(Some(text.into())).scrubbed(&secrets);
            assert_eq!((error.message(), error.body()), (most, Some(most)));
            assert_eq!((error.field(), error.request_id()), (Some(most), Some(most)));
        }
        // The end of the secret lies beyond what is kept.
        let body = format!("{}{}", "x".repeat(body::KEPT - 5), secrets[0]);
        let error = Error::new(Kind::Decode, "").with_body(Some(body)).scrubbed(&secrets);
        assert!(!error.body().unwrap().contains("pru"));
    }

    #[test]
    fn what_is_printed_is_one_line_without_control_characters() {
        let error = Error::new(Kind::PredictionFailed, "a\nb\x1b[2Jc\u{9b}d\te").with_request_id(Some("r\r\n1".into()));
        assert_eq!(error.to_string(), "the prediction failed: a b [2Jc d e (request r 1)");
        let long = Error::new(Kind::InvalidInput, "é".repeat(100_000)).scrubbed(&[]);
        assert!(long.to_string().len() <= 1100);
    }
}
