//! The client: from an input to a job, from a job to a result.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, field::Empty};

use crate::{
    ClientBuilder, Error, Generation, JobRef, Media, Model, ModelHandle, Prediction, Request, Status,
    builder::Config,
    error::ErrorKind,
    inputs::Warning,
    limits::Slot,
    media::{
        download::Download,
        embedded,
        upload::{Upload, Uploads},
    },
    timing,
    transport::Transport,
    wire::Answer,
};

/// A client of the service. Cheap to clone; clones share connections and uploads.
///
/// ```no_run
/// # async fn example() -> Result<(), pruna::Error> {
/// use pruna::{Client, inputs::PImage};
///
/// let client = Client::from_env()?;
/// let image = client.generate(PImage::new("a lion at dusk")).await?;
/// image.save("lion.jpg").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    transport: Transport,
    uploads: Uploads,
    config: Config,
}

impl Client {
    /// A client with the key in `PRUNA_API_KEY`, for the service at `PRUNA_BASE_URL` if that is set.
    ///
    /// # Errors
    ///
    /// Configuration, when there is no key or one of the two cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().from_env().build()
    }

    /// Starts to set up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_parts(transport: Transport, config: Config) -> Self {
        let uploads = Uploads::new(config.transfer_deadline);
        Self(Arc::new(Inner { transport, uploads, config }))
    }

    /// Generates and waits for the result: within the submission where the model is quick, by polling otherwise. When the
    /// service answers a synchronous submission with a handle, that handle is polled; nothing is submitted twice.
    ///
    /// Local media in the input is uploaded first.
    ///
    /// # Errors
    ///
    /// Any kind; the predicates of [`Error`] say what to do next.
    pub async fn generate(&self, request: impl Into<Request>) -> Result<Generation, Error> {
        let request = request.into();
        let deadline = self.deadline_of(&request);
        let span = tracing::info_span!("generate", model = %request.model());
        let try_sync = request.wants_sync();
        let generated = async { self.start(request, try_sync, deadline).await?.into_result().await };
        generated.instrument(span).await
    }

    /// Submits and returns at once, with a handle. A request that asks for [`try_sync`](Request::try_sync) itself may
    /// return with a handle that has its result already.
    ///
    /// # Errors
    ///
    /// Invalid input, unauthorized, no credit, rate limited; submission unknown when it may be running all the same.
    pub async fn submit(&self, request: impl Into<Request>) -> Result<Prediction, Error> {
        let request = request.into();
        let deadline = self.deadline_of(&request);
        let try_sync = request.asks_for_sync();
        self.start(request, try_sync, deadline).await
    }

    /// A model by name, also one that the document does not know.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
    /// let video = client.model("p-video").input(serde_json::json!({"prompt": "waves"})).generate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(&self, model: impl Into<Model>) -> ModelHandle {
        ModelHandle::new(self.clone(), model.into())
    }

    /// How far a job is.
    ///
    /// # Errors
    ///
    /// Not found, rate limited, connection.
    pub async fn status(&self, id: impl AsRef<str>) -> Result<Status, Error> {
        Ok(self.ask(&JobRef::new(id.as_ref(), ""), &[]).await?.status())
    }

    /// Goes on with a job that was submitted earlier, by this process or another.
    #[must_use]
    pub fn attach(&self, job: JobRef) -> Prediction {
        let started = Instant::now();
        let deadline = timing::after(started, self.config().deadline(job.model()));
        Prediction::new(self.clone(), job, started, deadline, None)
    }

    /// Uploads a file or bytes, to be used as input for half an hour. Equal content is uploaded once.
    ///
    /// # Errors
    ///
    /// Io, too large, rate limited, connection.
    pub fn upload(&self, media: impl Into<Media>) -> Upload {
        Upload::new(self.clone(), media.into())
    }

    /// A file of the service by its address, absolute or relative.
    pub fn download(&self, url: impl Into<String>) -> Download {
        Download::new(self.clone(), url)
    }

    pub(crate) fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Asks for a job's status. The secrets are those of its input, as far as they are known.
    pub(crate) async fn ask(&self, job: &JobRef, secrets: &[String]) -> Result<Answer, Error> {
        let deadline = timing::after(Instant::now(), self.config().deadline(job.model()));
        self.transport().status(job.id(), deadline).await.map_err(|error| error.with_job(job.clone()).scrubbed(secrets))
    }

    /// Until when a request that begins now has to have its result.
    pub(crate) fn deadline_of(&self, request: &Request) -> Instant {
        let allowed = request.own_deadline().unwrap_or_else(|| self.config().deadline(request.model()));
        timing::after(Instant::now(), allowed)
    }

    /// Waits for a place among the open submissions of the model, uploads what is local and submits.
    async fn start(&self, request: Request, try_sync: bool, deadline: Instant) -> Result<Prediction, Error> {
        let slot = timeout_at(deadline, self.transport().limits.slot(request.model())).await;
        let slot = slot.map_err(|_| {
            let message = "not submitted: until the deadline too many other submissions were open";
            Error::new(ErrorKind::RateLimited, message).with_model(request.model().clone())
        })?;
        self.start_in(slot, request, try_sync, deadline, &Unnoted).await
    }

    /// Uploads what is local and submits. The place among the open submissions is free again when that is done.
    pub(crate) async fn start_in(
        &self,
        _slot: Slot,
        request: Request,
        try_sync: bool,
        deadline: Instant,
        intent: &impl Intent,
    ) -> Result<Prediction, Error> {
        let model = &request.model().clone();
        let secrets = request.secrets();
        let span = tracing::info_span!("submit", %model, job = Empty);
        let submitted = async {
            let parameters = self.prepare(request, deadline).await?;
            self.transport().submit(model, parameters, try_sync, deadline, intent).await
        };
        let submitted = submitted.instrument(span.clone()).await;
        let mut told = submitted.map_err(|error| error.with_model(model.clone()).scrubbed(&secrets))?;
        told.answer = told.answer.without_input();
        if told.answer.status() == Status::SUCCEEDED {
            self.config().usual.learn(model, told.asked.elapsed(), true);
        }
        let job = JobRef::from_answer(&told.answer, model.clone());
        span.record("job", job.id());
        span.in_scope(|| tracing::debug!(status = %told.answer.status(), "submitted"));
        Ok(Prediction::new(self.clone(), job, told.asked, deadline, Some(told)).keeping(secrets))
    }

    /// Checks the input and uploads the local media in it.
    async fn prepare(&self, request: Request, deadline: Instant) -> Result<Map<String, Value>, Error> {
        let (model, warnings) = (request.model().clone(), request.warnings());
        let mut input = Value::Object(request.into_parameters()?);
        self.check(&model, &warnings)?;
        let uploads = embedded::upload_all(self.transport(), &self.0.uploads, &model, &mut input);
        let late = |_| Error::new(ErrorKind::Timeout, "the media of the input were not uploaded in time");
        timeout_at(deadline, uploads).await.map_err(late)??;
        match input {
            Value::Object(parameters) => Ok(parameters),
            _ => Err(Error::new(ErrorKind::InvalidInput, "the input must be an object of parameters")),
        }
    }

    /// Logs what the service may refuse; a strict client refuses it itself.
    fn check(&self, model: &Model, warnings: &[Warning]) -> Result<(), Error> {
        for warning in warnings {
            tracing::warn!(%model, field = warning.field, "{}", warning.message);
        }
        match warnings.first() {
            Some(first) if self.config().strict_inputs => {
                let all: Vec<String> = warnings.iter().map(ToString::to_string).collect();
                let error = Error::new(ErrorKind::InvalidInput, all.join("; ")).with_field(Some(first.field.clone()));
                Err(error.with_model(model.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.transport().base.as_str()).finish_non_exhaustive()
    }
}

/// Told each time that a submission is about to be sent. An error keeps it from being sent.
pub(crate) trait Intent: Sync {
    fn declare(&self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Nobody takes note.
struct Unnoted;

impl Intent for Unnoted {
    async fn declare(&self) -> Result<(), Error> {
        Ok(())
    }
}
