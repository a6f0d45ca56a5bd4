//! The error of every operation.

use std::{any::Any, error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::{JobRef, Model};

pub(crate) mod body;
mod kind;
mod redact;

pub use kind::ErrorKind;

/// The result of operations of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of every operation: what happened, and to which job.
///
/// [`kind`](Self::kind) classifies it, and [`ErrorKind`] documents what to do about each kind; there is a predicate for
/// each, such as [`is_rate_limited`](Self::is_rate_limited). `Display` prints one line without secrets and control
/// characters.
///
/// ```
/// # async fn example(client: pruna::Client) -> pruna::Result<()> {
/// use pruna::inputs::PImage;
///
/// match client.generate(PImage::new("a lion at dusk")).await {
///     Ok(image) => {
///         image.save("lion.jpg").await?;
///     }
///     Err(error) if error.is_rate_limited() => println!("try again in {:?}", error.retry_after()),
///     Err(error) if error.is_timeout() => println!("still running: {:?}", error.job()),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error {
    inner: Box<Inner>,
}

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
    result: Option<ExistingResult>,
    /// Whether repeating the call that failed would submit the job a second time.
    repeats_submission: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A result that exists although the operation failed. Type-erased, because its type is in a higher module.
struct ExistingResult {
    generation: Arc<dyn Any + Send + Sync>,
    urls: Vec<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let inner = Inner {
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
            result: None,
            repeats_submission: false,
            source: None,
        };
        Self { inner: Box::new(inner) }
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{what}: {source}")).with_source(source)
    }

    /// Turns this into the error of a submission whose outcome is unknown.
    pub(crate) fn into_submission_unknown(mut self) -> Self {
        if self.inner.kind != ErrorKind::SubmissionUnknown {
            self.inner.message = self.summary();
            self.inner.kind = ErrorKind::SubmissionUnknown;
        }
        self
    }

    /// Returns kind and message, without the facts that `Display` adds.
    pub(crate) fn summary(&self) -> String {
        format!("{}: {}", self.inner.kind, self.inner.message)
    }

    /// Makes this the source of another error, which takes over the facts about the response.
    pub(crate) fn into_source_of(self, mut other: Self) -> Self {
        let inner = &*self.inner;
        other.inner.status = inner.status;
        other.inner.request_id.clone_from(&inner.request_id);
        other.inner.body.clone_from(&inner.body);
        other.inner.retry_after = inner.retry_after;
        other.with_source(self)
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    pub(crate) fn with_body(mut self, body: Option<String>) -> Self {
        self.inner.body = body;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.inner.request_id = id;
        self
    }

    pub(crate) fn with_field(mut self, field: Option<String>) -> Self {
        self.inner.field = field;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.inner.retry_after = delay;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner.attempts = attempts;
        self
    }

    pub(crate) fn with_model(mut self, model: Model) -> Self {
        self.inner.model = Some(model);
        self
    }

    pub(crate) fn with_job(mut self, job: JobRef) -> Self {
        self.inner.job.get_or_insert(job);
        self
    }

    /// Attaches a result that exists although the operation failed.
    pub(crate) fn with_result(mut self, generation: Arc<dyn Any + Send + Sync>, urls: Vec<String>) -> Self {
        self.inner.result = Some(ExistingResult { generation, urls });
        self
    }

    /// Marks the error of a call that has submitted a job already.
    pub(crate) fn after_submission(mut self) -> Self {
        self.inner.repeats_submission = true;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Names the parameter in which the error occurred.
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        self.inner.message = format!("{field}: {}", self.inner.message);
        self.inner.field = Some(field.to_owned());
        self
    }

    /// Returns the attached result.
    pub(crate) fn result<T: Any>(&self) -> Option<&T> {
        self.inner.result.as_ref()?.generation.downcast_ref()
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns what happened, without the kind and the details (status, model, job…) that `Display` adds.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Returns the HTTP status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Returns the service's id of the request. Quote it to the service's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// Returns the beginning of the response body, at most 4 KiB, with secrets redacted.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.inner.body.as_deref()
    }

    /// Returns the parameter that caused the error, such as `aspect_ratio` or `images[1]`.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.inner.field.as_deref()
    }

    /// Returns how long to wait before trying again, if it is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Returns the number of requests that were sent; 0 if the error occurred before the first.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// Returns the model of the request, if it is known.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.inner.model.as_ref().or_else(|| self.inner.job.as_ref()?.model())
    }

    /// Returns the job that the error concerns. It may still be running: resume it by
    /// [`Client::attach`](crate::Client::attach).
    #[must_use]
    pub fn job(&self) -> Option<&JobRef> {
        self.inner.job.as_ref()
    }
}

/// Formats a wait, in whole seconds unless it is short.
fn seconds(delay: Duration) -> String {
    if delay < Duration::from_secs(10) && delay.subsec_millis() != 0 {
        format!("{:.1} s", delay.as_secs_f64().max(0.1))
    } else {
        format!("{} s", delay.as_secs())
    }
}

/// Lists the URLs of a result; inline content is only named.
fn addresses(urls: &[String]) -> String {
    let shown = urls.iter().map(|url| if url.starts_with("data:") { "data:…".into() } else { one_line(url) });
    shown.collect::<Vec<_>>().join(" and ")
}

/// Joins a text into one line without control characters: messages come from the service as well.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        write!(f, "{}", inner.kind)?;
        if !inner.message.is_empty() {
            write!(f, ": {}", one_line(&inner.message))?;
        }
        let mut facts = Vec::new();
        facts.extend(inner.status.map(|status| format!("HTTP {status}")));
        facts.extend(self.model().map(|model| format!("model {model}")));
        facts.extend(inner.job.as_ref().map(|job| format!("job {}", one_line(job.id()))));
        facts.extend(inner.request_id.as_ref().map(|id| format!("request {}", one_line(id))));
        facts.extend((inner.attempts > 1).then(|| format!("{} attempts", inner.attempts)));
        facts.extend(inner.retry_after.map(|delay| format!("retry after {}", seconds(delay))));
        let result = inner.result.as_ref().filter(|result| !result.urls.is_empty());
        facts.extend(result.map(|result| format!("the result is at {}", addresses(&result.urls))));
        if facts.is_empty() { Ok(()) } else { write!(f, " ({})", facts.join(", ")) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("status", &inner.status)
            .field("request_id", &inner.request_id)
            .field("field", &inner.field)
            .field("retry_after", &inner.retry_after)
            .field("attempts", &inner.attempts)
            .field("job", &inner.job)
            // The body may repeat the input, so it is shown only on request.
            .field("body", &inner.body.as_ref().map(|body| format!("{} bytes", body.len())))
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_prints_as_one_line_without_control_characters() {
        let error =
            Error::new(ErrorKind::PredictionFailed, "a\nb\x1b[2Jc\u{9b}d\te").with_request_id(Some("r\r\n1".into()));
        assert_eq!(error.to_string(), "the prediction failed: a b [2Jc d e (request r 1)");
    }

    #[test]
    fn an_existing_result_is_printed_with_its_addresses() {
        let urls = vec!["https://h/a.jpg".to_owned(), "data:image/png;base64,AAAA".to_owned()];
        let error = Error::new(ErrorKind::Io, "lion.jpg: disk full").with_result(Arc::new(7_u8), urls);
        assert_eq!(
            error.to_string(),
            "a local file could not be read or written: lion.jpg: disk full (the result is at https://h/a.jpg and data:…)"
        );
        assert_eq!((error.result::<u8>(), error.result::<u16>()), (Some(&7), None));
        let no_files = Error::new(ErrorKind::NotFound, "x").with_result(Arc::new(7_u8), Vec::new());
        assert_eq!(no_files.to_string(), "not found: x");
    }

    #[test]
    fn short_waits_are_printed_with_a_fraction() {
        for (millis, expected) in [(0, "0 s"), (40, "0.1 s"), (1500, "1.5 s"), (3000, "3 s"), (90_500, "90 s")] {
            assert_eq!(seconds(Duration::from_millis(millis)), expected);
        }
    }
}
