//! What is to be generated, apart from any I/O.

use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Client, Error, Generation, Model, Prediction, error::ErrorKind, inputs::Input, inputs::Warning, schema};

/// A model, its input and how to wait for it. Made of every typed input by itself; [`Request::new`] takes any other.
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
    /// Why the input could not be serialised, if it could not: reported when the request is sent.
    input: Result<Value, String>,
    try_sync: Option<bool>,
    deadline: Option<Duration>,
    name: Option<String>,
}

impl Request {
    /// A request to any model, with anything that serialises to a JSON object.
    pub fn new(model: impl Into<Model>, input: impl Serialize) -> Self {
        let input = serde_json::to_value(input).map_err(|e| e.to_string());
        Self { model: model.into(), input, try_sync: None, deadline: None, name: None }
    }

    /// Whether the service is asked to answer with the result (`Try-Sync`). By default where the model is quick enough.
    ///
    /// When such a wait times out on the side of the service, a paid job may be running that nobody has a handle of.
    pub fn try_sync(mut self, try_sync: bool) -> Self {
        self.try_sync = Some(try_sync);
        self
    }

    /// How long the whole may take, from submission to result. By default the client's
    /// [`deadline`](crate::ClientBuilder::deadline).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What its files are called in a [batch](crate::batch), without the extension: letters, digits, blanks and `._-` of
    /// it. The names in a batch must differ, because files of the same name replace each other.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The input as JSON; local media as addresses that only this process can read. `null` when it cannot be serialised.
    #[must_use]
    pub fn input(&self) -> &Value {
        self.input.as_ref().unwrap_or(&Value::Null)
    }

    /// What the service may refuse, as far as the document tells.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        schema::warnings(&self.model, self.input())
    }

    pub(crate) fn wants_sync(&self) -> bool {
        self.try_sync.unwrap_or(self.model.info().try_sync)
    }

    /// Whether the caller asked for it, whatever suits the model.
    pub(crate) fn asks_for_sync(&self) -> bool {
        self.try_sync == Some(true)
    }

    /// The caller's name, as far as it is harmless on every file system.
    pub(crate) fn file_stem(&self) -> Option<String> {
        let harmless = |c: &char| c.is_alphanumeric() || " ._-".contains(*c);
        let name: String = self.name.as_deref()?.chars().filter(harmless).take(100).collect();
        let name = name.trim_matches(['.', ' ']);
        (!name.is_empty()).then(|| name.to_owned())
    }

    pub(crate) fn own_deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The parameters, when the input is what an input must be.
    pub(crate) fn into_parameters(self) -> Result<Map<String, Value>, Error> {
        let refuse = |why: String| Error::new(ErrorKind::InvalidInput, why).with_model(self.model);
        match self.input {
            Ok(Value::Object(parameters)) => Ok(parameters),
            Ok(_) => Err(refuse("the input must be an object of parameters".into())),
            Err(why) => Err(refuse(format!("the input cannot be written as JSON: {why}"))),
        }
    }

    /// The values that must not show in an error.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let parameters = self.input().as_object().into_iter().flatten();
        let secret = parameters.filter(|(name, _)| schema::is_secret(&self.model, name));
        secret.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect()
    }
}

impl<I: Input> From<I> for Request {
    fn from(input: I) -> Self {
        Self::new(input.model(), input)
    }
}

impl fmt::Debug for Request {
    /// Names of parameters, not their values: prompts are private and some parameters are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.input().as_object().into_iter().flat_map(Map::keys).collect();
        f.debug_struct("Request").field("model", &self.model).field("parameters", &names).finish_non_exhaustive()
    }
}

/// A model of a client, by name: see [`Client::model`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before an input is given and awaited"]
pub struct ModelHandle {
    client: Client,
    model: Model,
}

impl ModelHandle {
    pub(crate) fn new(client: Client, model: Model) -> Self {
        Self { client, model }
    }

    /// Gives the input: anything that serialises to a JSON object.
    pub fn input(self, input: impl Serialize) -> ModelRequest {
        ModelRequest { request: Request::new(self.model, input), client: self.client }
    }
}

/// A request with the client that will send it: see [`Client::model`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before generate or submit is awaited"]
pub struct ModelRequest {
    client: Client,
    request: Request,
}

impl ModelRequest {
    /// See [`Request::try_sync`].
    pub fn try_sync(mut self, try_sync: bool) -> Self {
        self.request = self.request.try_sync(try_sync);
        self
    }

    /// See [`Request::deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request = self.request.deadline(deadline);
        self
    }

    /// See [`Client::generate`].
    ///
    /// # Errors
    ///
    /// As [`Client::generate`].
    pub async fn generate(self) -> Result<Generation, Error> {
        self.client.generate(self.request).await
    }

    /// See [`Client::submit`].
    ///
    /// # Errors
    ///
    /// As [`Client::submit`].
    pub async fn submit(self) -> Result<Prediction, Error> {
        self.client.submit(self.request).await
    }
}
