//! The entry point: the client.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, field::Empty};

mod builder;
mod model_handle;

pub use builder::ClientBuilder;
pub use model_handle::{ModelHandle, ModelRequest};

use crate::{
    Budget, Cache, Download, Error, Generation, IntoMedia, JobRef, Lookup, Model, Prediction, Request, Result, Status,
    Upload,
    charge::Accounts,
    config::Config,
    context::Context,
    embedded,
    error::ErrorKind,
    inputs::Warning,
    ledger::Spending,
    limits::{ConcurrencyPermit, Permit, Urgency},
    time::deadline_after,
    transport::{NoopHook, Submission, SubmitHook, Transport},
};

/// A client of P-API. Cheap to clone; clones share connections, limits and uploads.
///
/// ```no_run
/// # async fn example() -> pruna::Result<()> {
/// use pruna::{Client, inputs::PImage};
///
/// let client = Client::from_env()?;
/// let image = client.generate(PImage::new("a lion at dusk").seed(42)).await?;
/// image.save("lion.jpg").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    context: Arc<Context>,
    cache: Option<Cache>,
}

/// How a request is started.
pub(crate) struct StartOptions<'a> {
    pub(crate) try_sync: bool,
    pub(crate) deadline: Instant,
    pub(crate) urgency: Urgency,
    /// A permit that was acquired beforehand.
    pub(crate) permit: Option<Permit<'a>>,
    /// The budget of the batch, which has reserved what the request costs.
    pub(crate) reserved_in: Option<&'a Budget>,
}

impl Client {
    /// Creates a client with the key in `PRUNA_API_KEY`, for the service at `PRUNA_BASE_URL` if that is set.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if there is no key, or one of the two cannot be used.
    pub fn from_env() -> Result<Self> {
        Self::builder().from_env().build()
    }

    /// Returns a builder, to configure a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_parts(transport: Transport, config: Config, accounts: Accounts) -> Self {
        Self { context: Arc::new(Context::new(transport, config, accounts)), cache: None }
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Submits a request and waits for the result.
    ///
    /// Local media in the input is uploaded first. Fast models return the result in the response to the submission
    /// (`Try-Sync`); jobs of other models are polled. A submission is repeated only if the service certainly did not accept it.
    ///
    /// Dropping the future does not stop a job that was submitted.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::{Request, inputs::PImage};
    ///
    /// let image = client.generate(PImage::new("a lion at dusk")).await?;
    /// // With options:
    /// let request = Request::from(PImage::new("a lion at dawn")).deadline(std::time::Duration::from_secs(30));
    /// let other = client.generate(request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`]; each variant documents what to do.
    pub async fn generate(&self, request: impl Into<Request>) -> Result<Generation> {
        match &self.cache {
            Some(cache) => Box::pin(self.generate_or_reuse(cache, request.into())).await,
            None => self.generate_anew(request.into()).await,
        }
    }

    async fn generate_or_reuse(&self, cache: &Cache, request: Request) -> Result<Generation> {
        let deadline = self.deadline_of(&request);
        cache.get_or_generate(&self.context, &request, deadline, self.generate_anew(request.clone())).await
    }

    async fn generate_anew(&self, request: Request) -> Result<Generation> {
        let deadline = self.deadline_of(&request);
        let span = tracing::info_span!("generate", model = %request.model());
        let try_sync = request.use_sync();
        // Not bound to a name before it is awaited: the future around it would hold it twice.
        async {
            let job = self.start(request, try_sync, deadline).await?;
            job.into_result().await.map_err(Error::after_submission)
        }
        .instrument(span)
        .await
    }

    /// Submits a request and returns the job without waiting for its result.
    ///
    /// Waits for the client's rate limit if necessary; [`try_submit`](Self::try_submit) does not. With
    /// [`Request::try_sync`], the returned job may have its result already.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::inputs::WanT2v;
    ///
    /// let job = client.submit(WanT2v::new("waves at night")).await?;
    /// println!("job {:?}", job.id());
    /// job.wait().await?.save("waves.mp4").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput), [`Unauthorized`](ErrorKind::Unauthorized),
    /// [`InsufficientCredit`](ErrorKind::InsufficientCredit), [`RateLimited`](ErrorKind::RateLimited), and
    /// [`SubmissionUnknown`](ErrorKind::SubmissionUnknown) if a job may be running although no response says so.
    pub async fn submit(&self, request: impl Into<Request>) -> Result<Prediction> {
        let request = request.into();
        let deadline = self.deadline_of(&request);
        let try_sync = request.explicit_sync();
        self.start(request, try_sync, deadline).await
    }

    /// Submits a request now, or fails with the time until it can be sent.
    ///
    /// Never waits for a rate limit and sends at most once.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::inputs::PImage;
    ///
    /// match client.try_submit(PImage::new("a lion")).await {
    ///     Ok(job) => println!("{:?}", job.id()),
    ///     Err(error) if error.is_rate_limited() => println!("try again in {:?}", error.retry_after()),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit). [`RateLimited`](ErrorKind::RateLimited) has
    /// [`retry_after`](Error::retry_after) if the client's own rate limit is exhausted, or if the service stated a time. It
    /// has none if only [`open_submissions`](crate::limits::Limits::open_submissions) are exhausted, because it is not known
    /// when one of them finishes.
    pub async fn try_submit(&self, request: impl Into<Request>) -> Result<Prediction> {
        let request = request.into();
        let (model, deadline) = (request.model().clone(), self.deadline_of(&request));
        let (concurrency, permit) = self.context.transport.limits.try_acquire_submission(&model)?;
        let urgency = Urgency::Interactive;
        let options = StartOptions {
            try_sync: request.explicit_sync(),
            deadline,
            urgency,
            permit: Some(permit),
            reserved_in: None,
        };
        self.start_with(concurrency, request, options, &NoopHook).await
    }

    /// Returns how long a submission to this model would wait for the client's rate limit if it were made now.
    ///
    /// Includes the submissions that are waiting already. Does not include waiting for one of the
    /// [`open_submissions`](crate::limits::Limits::open_submissions) to finish.
    ///
    /// ```
    /// use pruna::{Client, Model};
    ///
    /// let client = Client::builder().api_key("pru_...").build()?;
    /// assert!(client.expected_wait(&Model::P_IMAGE).is_zero());
    /// # Ok::<(), pruna::Error>(())
    /// ```
    #[must_use]
    pub fn expected_wait(&self, model: &Model) -> Duration {
        self.context.transport.limits.expected_wait(model)
    }

    /// Returns a model by name, including models that the OpenAPI document does not list.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// let video = client.model("p-video").input(serde_json::json!({"prompt": "waves"})).generate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(&self, model: impl Into<Model>) -> ModelHandle {
        ModelHandle::new(self.clone(), model.into())
    }

    /// Requests the status of a job by its id.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound), [`RateLimited`](ErrorKind::RateLimited),
    /// [`Connection`](ErrorKind::Connection).
    pub async fn status(&self, id: impl AsRef<str>) -> Result<Status> {
        self.attach(JobRef::from_id(id.as_ref())).status().await
    }

    /// Resumes a job that was submitted earlier, by this process or another. Nothing is sent yet.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let job: pruna::JobRef = serde_json::from_str(&std::fs::read_to_string("job.json")?)?;
    /// client.attach(job).wait().await?.save("waves.mp4").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn attach(&self, job: JobRef) -> Prediction {
        Prediction::attached(Arc::clone(&self.context), job)
    }

    /// Prepares an upload of a file or bytes for use as input. The service keeps them for 30 minutes.
    ///
    /// Identical content is uploaded once per client. Awaiting the returned [`Upload`] fails with
    /// [`Io`](ErrorKind::Io), [`TooLarge`](ErrorKind::TooLarge), [`RateLimited`](ErrorKind::RateLimited) or
    /// [`Connection`](ErrorKind::Connection).
    pub fn upload(&self, media: impl IntoMedia) -> Upload {
        Upload::new(Arc::clone(&self.context), media.into_media())
    }

    /// Forgets all uploads, so that the same content is uploaded again.
    ///
    /// Rarely needed: an upload is forgotten when it expires, and when the error of a failed job mentions it.
    pub fn forget_uploads(&self) {
        self.context.uploads.clear();
    }

    /// Prepares the download of a file by its URL, absolute or relative to the base URL. Nothing is sent yet.
    pub fn download(&self, url: impl Into<String>) -> Download {
        Download::new(Arc::clone(&self.context), url)
    }

    /// Returns the base URL of the service, without a trailing slash. The key is sent to its origin only.
    ///
    /// ```
    /// let client = pruna::Client::builder().api_key("pru_key").build()?;
    /// assert_eq!(client.base_url(), "https://api.pruna.ai");
    /// # Ok::<(), pruna::Error>(())
    /// ```
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.context.transport.base.as_str()
    }

    /// Returns this client with a store of results: [`generate`](Self::generate) uses a stored result of an equal request
    /// instead of submitting it again, and equal requests at the same time are submitted once.
    ///
    /// [`Cache`] says which requests are equal, and why this is off by default. Submissions and batches are not affected.
    #[must_use]
    pub fn reuse(&self, cache: Cache) -> Self {
        Self { context: Arc::clone(&self.context), cache: Some(cache) }
    }

    /// Looks for the stored result of an equal request, without sending anything: for programs that submit and wait in steps of their
    /// own. `None` if the client has no [store of results](Self::reuse).
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::{Cache, Lookup, Request, inputs::WanT2v};
    ///
    /// let client = client.reuse(Cache::open("cache")?);
    /// let request = Request::from(WanT2v::new("waves").seed(7));
    /// let video = match client.look_up(&request).await {
    ///     Some(Lookup::Stored(video)) => video,
    ///     Some(Lookup::Missing(slot)) => slot.store(client.submit(request).await?.wait().await?).await,
    ///     None => client.generate(request).await?,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    pub async fn look_up(&self, request: &Request) -> Option<Lookup> {
        Some(self.cache.as_ref()?.look_up(&self.context, request).await)
    }

    /// Returns what this client and its clones have spent, by list prices, for each model and [label](Request::label).
    ///
    /// Jobs that other processes submitted are not included; [`Ledger::file`](crate::Ledger::file) keeps those, too.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::{Request, inputs::PImage};
    ///
    /// client.generate(Request::from(PImage::new("a lion")).label("zoo")).await?;
    /// assert_eq!(client.spent().total().spent.to_string(), "$0.005");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn spent(&self) -> Spending {
        self.context.accounts.ledger.spent()
    }

    /// Replaces the API key, for this client and its clones.
    ///
    /// Requests from now on use the new key. Running jobs, rate limits reported by the service, and uploads are kept. The
    /// key is sent to the same origin as before.
    ///
    /// ```
    /// let client = pruna::Client::builder().api_key("pru_old").build()?;
    /// client.set_api_key("pru_new")?;
    /// # Ok::<(), pruna::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if the key is malformed; the previous one then stays in use.
    pub fn set_api_key(&self, key: impl AsRef<str>) -> Result<()> {
        self.context.transport.set_api_key(key.as_ref())
    }

    /// Returns the deadline of a request that begins now.
    pub(crate) fn deadline_of(&self, request: &Request) -> Instant {
        let max = request.own_deadline().unwrap_or_else(|| self.context.config.deadline(Some(request.model())));
        deadline_after(Instant::now(), max)
    }

    /// Waits for a concurrency permit, then uploads local media and submits.
    async fn start(&self, request: Request, try_sync: bool, deadline: Instant) -> Result<Prediction> {
        let urgency = Urgency::Interactive;
        let limits = &self.context.transport.limits;
        let acquired = timeout_at(deadline, limits.acquire_concurrency(request.model(), urgency)).await;
        let concurrency = acquired.map_err(|_| {
            let message = "not submitted: too many other submissions were open until the deadline";
            let wait = self.expected_wait(request.model());
            let error = Error::new(ErrorKind::RateLimited, message).with_model(request.model().clone());
            error.with_retry_after(Some(wait).filter(|wait| !wait.is_zero()))
        })?;
        let options = StartOptions { try_sync, deadline, urgency, permit: None, reserved_in: None };
        self.start_with(concurrency, request, options, &NoopHook).await
    }

    /// Uploads local media and submits. The concurrency permit is released afterwards.
    pub(crate) async fn start_with(
        &self,
        _concurrency: ConcurrencyPermit,
        request: Request,
        options: StartOptions<'_>,
        hook: &impl SubmitHook,
    ) -> Result<Prediction> {
        let StartOptions { try_sync, deadline, urgency, permit, reserved_in } = options;
        let (model, secrets) = (&request.model().clone(), request.secrets());
        let span = tracing::info_span!("submit", %model, job = Empty);
        let submitted = async {
            let mut charge = self.context.accounts.charge(model, &request, reserved_in)?;
            let parameters = self.prepare(request, deadline).await?;
            let submission = Submission { model, parameters, try_sync, deadline, urgency, permit, charge: &mut charge };
            let job = self.context.transport.submit(submission, hook).await?;
            Ok((job, charge.usd()))
        }
        .instrument(span.clone())
        .await;
        let (mut job, cost) = submitted.map_err(|error| {
            forget_uploads(&self.context, &error);
            error.with_model(model.clone()).redact_and_cut(&secrets)
        })?;
        job.response = job.response.without_input();
        let status = job.response.status();
        if status == Status::SUCCEEDED {
            self.context.config.durations.record(model, job.sent_at.elapsed(), true);
        }
        if !span.is_disabled() {
            span.record("job", job.response.id());
        }
        span.in_scope(|| tracing::debug!(%status, "submitted"));
        Ok(Prediction::submitted(Arc::clone(&self.context), model.clone(), job, cost, deadline, secrets))
    }

    /// Checks the input and uploads the local media in it.
    async fn prepare(&self, request: Request, deadline: Instant) -> Result<Map<String, Value>> {
        let (model, warnings) = (request.model().clone(), request.warnings());
        let mut input = Value::Object(request.into_parameters()?);
        self.check(&model, &warnings)?;
        let late = |_| Error::new(ErrorKind::Timeout, "the media of the input were not uploaded before the deadline");
        timeout_at(deadline, embedded::upload_all(&self.context, &model, &mut input)).await.map_err(late)??;
        match input {
            Value::Object(parameters) => Ok(parameters),
            _ => Err(Error::new(ErrorKind::InvalidInput, "the input must be a JSON object of parameters")),
        }
    }

    /// Logs warnings. For a strict client they are errors.
    fn check(&self, model: &Model, warnings: &[Warning]) -> Result<()> {
        for warning in warnings {
            tracing::warn!(%model, field = warning.field, "{}", warning.message);
        }
        match warnings.first() {
            Some(first) if self.context.config.strict_inputs => {
                let all: Vec<String> = warnings.iter().map(ToString::to_string).collect();
                let error = Error::new(ErrorKind::InvalidInput, all.join("; ")).with_field(Some(first.field.clone()));
                Err(error.with_model(model.clone()))
            }
            _ => Ok(()),
        }
    }
}

/// Forgets the uploads that an error names.
fn forget_uploads(context: &Context, error: &Error) {
    if error.is_invalid_input() {
        context.uploads.forget_mentioned(error.body().unwrap_or(error.message()));
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.context.transport.base.as_str()).finish_non_exhaustive()
    }
}
