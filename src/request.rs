//! Requests: a model, its input and options, without any I/O.

use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Error, Estimate, Model, Result,
    error::ErrorKind,
    file_name::file_stem,
    inputs::{Input, Warning},
    schema,
};

/// A model, its input, and options.
///
/// Every typed input converts into a request, so pass the input itself unless options are needed. [`Request::new`] takes any
/// other input.
///
/// ```
/// use std::time::Duration;
/// use pruna::{Request, inputs::PImage};
///
/// let request = Request::from(PImage::new("a lion at dusk")).try_sync(false).deadline(Duration::from_secs(60));
/// assert_eq!(request.model(), "p-image");
/// ```
#[derive(Clone)]
#[must_use = "a request is sent by Client::generate or Client::submit"]
pub struct Request {
    model: Model,
    /// The error of serializing is reported when the request is sent.
    input: Result<Value, String>,
    try_sync: Option<bool>,
    deadline: Option<Duration>,
    /// Boxed: few requests have any, and every future that holds a request would be larger.
    names: Option<Box<Names>>,
}

/// What the caller calls a request.
#[derive(Clone, Default)]
struct Names {
    name: Option<String>,
    key: Option<String>,
    label: Option<String>,
}

impl Request {
    /// Creates a request to any model, with anything that serializes to a JSON object.
    pub fn new(model: impl Into<Model>, input: impl Serialize) -> Self {
        let input = serde_json::to_value(input).map_err(|e| e.to_string());
        Self { model: model.into(), input, try_sync: None, deadline: None, names: None }
    }

    /// Sets whether the response to the submission should contain the result (`Try-Sync`). By default, for fast models only.
    ///
    /// If the service gives up waiting, a paid job with an unknown id may be running; the error is then
    /// [`SubmissionUnknown`](ErrorKind::SubmissionUnknown).
    pub fn try_sync(mut self, try_sync: bool) -> Self {
        self.try_sync = Some(try_sync);
        self
    }

    /// Sets the maximum time from submission to result. By default the client's
    /// [`deadline`](crate::ClientBuilder::deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the file name, without extension, for this request's files in a [batch](crate::batch).
    ///
    /// [`file_stem`](crate::file_stem) says which characters are kept. Names within a batch must be unique, also in lower case.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.get_or_insert_default().name = Some(name.into());
        self
    }

    /// Sets the caller's identifier of this request in a [batch](crate::batch): by default the [name](Self::name). Not related
    /// to the API key.
    ///
    /// It is returned in [`Output::key`](crate::batch::Output::key). A batch with a journal knows the item
    /// by it, so it must be unique within the batch, and stay the same in later runs.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.names.get_or_insert_default().key = Some(key.into());
        self
    }

    /// Sets a label under which the [ledger](crate::Ledger) counts this request: a project, a user, an order. Not sent to the
    /// service. A ledger file notes the first 200 characters.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.names.get_or_insert_default().label = Some(label.into());
        self
    }

    /// Returns the model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the input as JSON.
    ///
    /// Local media appear as URLs that only this process can use. `null` if the input cannot be serialized.
    #[must_use]
    pub fn input(&self) -> &Value {
        self.input.as_ref().unwrap_or(&Value::Null)
    }

    /// Returns problems found by checking the input against the documented schema.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        schema::warnings(&self.model, self.input())
    }

    /// Estimates the cost from the list price: exact, a range, or unknown with the reason.
    ///
    /// A list price is not a promise: the service reports no price, and the bill may differ.
    ///
    /// ```
    /// use pruna::{Media, Request, inputs::WanI2v};
    ///
    /// let lion = Media::url("https://example.com/lion.jpg");
    /// let video = WanI2v::new("it roars", lion).resolution("720p");
    /// assert_eq!(Request::from(video).estimate().to_string(), "$0.11");
    /// ```
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        self.model.estimate(self.input())
    }

    pub(crate) fn use_sync(&self) -> bool {
        self.try_sync.unwrap_or(self.model.info().try_sync)
    }

    /// Whether the caller asked for `Try-Sync`.
    pub(crate) fn explicit_sync(&self) -> bool {
        self.try_sync == Some(true)
    }

    /// Returns the caller's name as a file name.
    pub(crate) fn file_stem(&self) -> Option<String> {
        file_stem(self.names.as_ref()?.name.as_deref()?)
    }

    /// Returns the deadline of this request, if the caller set one.
    pub(crate) fn own_deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Returns the name as the caller set it.
    #[cfg(feature = "postgres")]
    pub(crate) fn own_name(&self) -> Option<&str> {
        self.names.as_ref()?.name.as_deref()
    }

    /// Returns the key as the caller set it.
    #[cfg(feature = "postgres")]
    pub(crate) fn own_key(&self) -> Option<&str> {
        self.names.as_ref()?.key.as_deref()
    }

    /// Returns the label that the caller set.
    pub(crate) fn own_label(&self) -> Option<&str> {
        self.names.as_ref()?.label.as_deref()
    }

    /// Returns the caller's identifier, by default the name.
    pub(crate) fn item_key(&self) -> Option<&str> {
        let names = self.names.as_ref()?;
        names.key.as_deref().or(names.name.as_deref())
    }

    /// Returns the parameters.
    pub(crate) fn into_parameters(self) -> Result<Map<String, Value>> {
        let invalid = |why: String| Error::new(ErrorKind::InvalidInput, why).with_model(self.model);
        match self.input {
            Ok(Value::Object(parameters)) => Ok(parameters),
            Ok(_) => Err(invalid("the input must be a JSON object of parameters".into())),
            Err(why) => Err(invalid(format!("the input cannot be written as JSON: {why}"))),
        }
    }

    /// Returns the values that must not appear in an error.
    pub(crate) fn secrets(&self) -> Vec<String> {
        schema::secrets(&self.model, self.input())
    }
}

impl<I: Input> From<I> for Request {
    fn from(input: I) -> Self {
        Self::new(input.model(), input)
    }
}

impl fmt::Debug for Request {
    /// Shows the names of parameters only: prompts are private, and some parameters are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.input().as_object().into_iter().flat_map(Map::keys).collect();
        f.debug_struct("Request").field("model", &self.model).field("parameters", &names).finish_non_exhaustive()
    }
}
