//! What went wrong, to which job, on which attempt, and what to do next.

use std::{error::Error as StdError, fmt, time::Duration};

use crate::{JobRef, Model};

pub(crate) mod body;
mod kind;
mod secrets;

pub use kind::ErrorKind;

/// The error of every operation: one line when printed, more when asked.
///
/// ```
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::inputs::PImage;
///
/// match client.generate(PImage::new("a lion at dusk")).await {
///     Ok(image) => drop(image.save("lion.jpg").await?),
///     Err(error) if error.is_rate_limited() => println!("again in {:?}", error.retry_after()),
///     Err(error) if error.is_timeout() => println!("still running: {:?}", error.job()),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
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
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
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
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{what}: {source}")).with_source(source)
    }

    /// The same error as a submission whose fate is unknown.
    pub(crate) fn into_submission_unknown(mut self) -> Self {
        if self.0.kind != ErrorKind::SubmissionUnknown {
            self.0.message = self.told();
            self.0.kind = ErrorKind::SubmissionUnknown;
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

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
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
    fn what_is_printed_is_one_line_without_control_characters() {
        let error =
            Error::new(ErrorKind::PredictionFailed, "a\nb\x1b[2Jc\u{9b}d\te").with_request_id(Some("r\r\n1".into()));
        assert_eq!(error.to_string(), "the prediction failed: a b [2Jc d e (request r 1)");
    }
}
