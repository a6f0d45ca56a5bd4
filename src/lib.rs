//! A Rust SDK for [P-API](https://docs.api.pruna.ai), Pruna AI's service for image and video generation and LoRA training.
//!
//! ```no_run
//! use pruna::{Client, inputs::PImage};
//!
//! #[tokio::main]
//! async fn main() -> pruna::Result<()> {
//!     let client = Client::from_env()?; // reads PRUNA_API_KEY
//!     let image = client.generate(PImage::new("a lion at dusk").seed(42)).await?;
//!     image.save("lion.jpg").await?;
//!     Ok(())
//! }
//! ```
//!
//! A [`Client`] is cheap to clone, and clones share connections, rate limits and uploads: create one per key and keep it. It
//! needs a Tokio runtime. Most of the crate is generated from the service's OpenAPI document. It is unofficial and has not been
//! run against the live service.
//!
//! # Inputs
//!
//! The module [`inputs`] has a type for each model of the service. `new` takes the required parameters, so that a missing one is a
//! compile error; every parameter has a setter. Only parameters that are set are sent.
//! [`Input::warnings`](inputs::Input::warnings) checks the values against the documented schema, and
//! [`ClientBuilder::strict_inputs`] turns warnings into errors.
//!
//! For parameters that the OpenAPI document does not list, use `extra` on any input; for models, use [`Client::model`] with
//! anything that serializes to a JSON object.
//!
//! ```no_run
//! # async fn example(client: pruna::Client) -> pruna::Result<()> {
//! use pruna::inputs::{AspectRatio, PImage};
//!
//! let wide = PImage::new("a lion").aspect_ratio(AspectRatio::R16_9).extra("new_parameter", true);
//! client.generate(wide).await?;
//! client.model("p-video").input(serde_json::json!({"prompt": "waves"})).generate().await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Model`] is the catalog: [`Model::all`] lists the models, [`Model::info`] returns rate limit, typical time and list price,
//! [`Model::parameters`] describes the parameters for a form, [`ModelInfo::estimate_usd`] estimates a request in exact
//! dollars ([`Usd`]).
//!
//! # Media
//!
//! [`Media`] is an image, video or archive in an input: a URL, a local file, bytes, an [`UploadedFile`], a
//! [`SavedFile`] or an earlier [`Generation`]. Local content is uploaded when the request is submitted, identical content
//! once per client. [`Client::upload`] uploads beforehand; the service keeps uploads for 30 minutes.
//!
//! ```no_run
//! # async fn example(client: pruna::Client) -> pruna::Result<()> {
//! use pruna::{Media, inputs::{PImageEdit, WanI2v}};
//!
//! let edit = PImageEdit::new("as a watercolor").images([Media::path("me.jpg")]);
//! let painting = client.generate(edit).await?;
//! let video = client.generate(WanI2v::new("the paint begins to flow", &painting)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Results
//!
//! A [`Generation`] has the URLs of its files, usually one. The service deletes them after 24
//! hours, those of trainers after about 30 minutes, so save them:
//!
//! - [`save`](Generation::save) saves atomically and replaces an existing file; [`save_new`](Generation::save_new) never
//!   replaces one.
//! - [`bytes`](Generation::bytes) downloads into memory.
//! - [`file`](Generation::file) returns a [`Download`] with options. [`Download::open`] returns the media type, the length and
//!   the content as a stream, for example to forward it in a web service.
//!
//! Interrupted downloads are resumed when the service guarantees that the file is the same.
//!
//! # Jobs
//!
//! [`Client::generate`] submits and waits. [`Client::submit`] returns a [`Prediction`] as soon as the service has accepted the
//! job; [`Prediction::wait`] waits for the result and [`Prediction::watch`] reports [events](Event) for a progress bar.
//! A [`JobRef`] identifies the job as plain data, which [`Client::attach`] resumes after a restart or in another process.
//!
//! ```no_run
//! # async fn example(client: pruna::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use pruna::inputs::WanT2v;
//!
//! let job = client.submit(WanT2v::new("waves at night")).await?;
//! let saved = serde_json::to_string(&job.job_ref())?;
//! let video = client.attach(serde_json::from_str(&saved)?).wait().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Dropping a future or a `Prediction` does not stop a job: the service cannot cancel one.
//!
//! # Batches
//!
//! [`Client::batch`] processes any number of requests with bounded concurrency, yields each result as it finishes, and saves
//! files into a folder. A batch with a journal ([`Batch::journal`]) continues after a crash; a fleet ([`Batch::fleet`]) spreads
//! one batch over many machines. See the module [`batch`].
//!
//! # Errors
//!
//! Every operation fails with [`Error`]. [`ErrorKind`] says what each kind means and what to do about it:
//!
//! | kind | what to do |
//! |---|---|
//! | [`InvalidInput`](ErrorKind::InvalidInput) | Correct the parameter in [`Error::field`]. |
//! | [`RateLimited`](ErrorKind::RateLimited) | Send again after [`Error::retry_after`]. |
//! | [`Timeout`](ErrorKind::Timeout) | The job in [`Error::job`] may still be running: pass it to [`Client::attach`] and continue to wait. |
//! | [`SubmissionUnknown`](ErrorKind::SubmissionUnknown) | A job may be running and be billed. Decide whether to submit again. |
//! | [`Io`](ErrorKind::Io) | Fix the problem in the message. If there is a result, it is in [`Error::generation`]: save it elsewhere. |
//!
//! A submission costs money, so it is repeated only if the service certainly did not accept it: after a failed connection
//! attempt or HTTP 429. Status requests, uploads and downloads are repeated after any temporary failure, up to
//! [`max_attempts`](ClientBuilder::max_attempts). [`Error::is_transient`] is true if repeating the call is safe and may
//! succeed.
//!
//! # Time and rate limits
//!
//! Every operation has a deadline: ten times the model's typical duration and at least ten minutes, unless
//! [`ClientBuilder::deadline`] or [`Request::deadline`] sets another. Jobs are polled by a [policy](poll) that follows the
//! expected duration.
//!
//! The client stays within the documented rate limits and adjusts to the limits that the service reports; see [`limits`]. A
//! submission waits until the limit allows it. [`Client::try_submit`] does not wait, and [`Client::expected_wait`] returns
//! how long the wait would be.
//!
//! # The API key
//!
//! [`Client::from_env`] reads `PRUNA_API_KEY` and, if it is set, `PRUNA_BASE_URL`. The key is sent to the origin of
//! the base URL only, and is never printed or logged. [`Client::set_api_key`] replaces it while requests run.
//!
//! # The HTTP client
//!
//! [`ClientBuilder::configure_http`] configures the HTTP client of the re-exported crate [`reqwest`]: a proxy, a certificate, a
//! resolver. With the default features, `reqwest::Client::new` panics until the process has a crypto provider of rustls.
//! Building a [`Client`] installs `ring`, unless the program has installed another one:
//!
//! ```
//! let client = pruna::Client::builder().api_key("pru_...").build()?;
//! let http = pruna::reqwest::Client::new(); // after the first `build`
//! # Ok::<(), pruna::Error>(())
//! ```
//!
//! # Training
//!
//! [`TrainingSet`] checks, packs and uploads images with captions for the trainers; [`Lora`] reads the weights from the archive
//! that they return.
//!
//! # Testing
//!
//! With the feature `test-util`, the module [`test_util`] makes clients that receive queued responses, and constructs
//! errors and results. The crate [`pruna-emulator`](https://docs.rs/pruna-emulator) serves the API on a loopback address,
//! with generated media files and injected faults.
//!
//! # Logging
//!
//! Requests are [`tracing`](https://docs.rs/tracing) spans (`generate`, `submit`, `wait`, `upload`, `download`) with the model
//! and the job. They contain no key, prompt, header or body.
//!
//! # Features
//!
//! <!-- features -->
//! | feature | default | description |
//! |---|---|---|
//! | `generate` | yes | Generate the client from the OpenAPI document during the build. Without it, committed copies of the same sources are compiled. |
//! | `journal` |  | Batches that continue after a crash: `Batch::journal`. |
//! | `postgres` |  | Batches that many machines process together, through PostgreSQL: `Batch::fleet`. |
//! | `rustls` | yes | TLS by rustls, with ring as the crypto provider and the system's certificate verifier. |
//! | `native-tls` |  | TLS by the system's library: OpenSSL, SChannel or Secure Transport. |
//! | `http2` |  | HTTP/2, if the server offers it. |
//! | `schemars` |  | `schemars::JsonSchema` for every typed input. |
//! | `test-util` |  | Queued responses, errors and results for tests of your program: `pruna::test_util`. |
//! <!-- /features -->
//!
//! Enable `rustls` or `native-tls`: without either, only a service on a loopback address can be reached. To omit the generator,
//! which takes a third of the build time, use `default-features = false` with `rustls`; the interface is the same.
//!
#![cfg_attr(feature = "journal", doc = "[`Batch::journal`]: batch::Batch::journal")]
#![cfg_attr(not(feature = "journal"), doc = "[`Batch::journal`]: #features")]
#![cfg_attr(feature = "postgres", doc = "[`Batch::fleet`]: batch::Batch::fleet")]
#![cfg_attr(not(feature = "postgres"), doc = "[`Batch::fleet`]: #features")]
#![cfg_attr(not(feature = "test-util"), doc = "[`test_util`]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod batch;
pub mod error;
pub mod inputs;
pub mod limits;
pub mod poll;
pub mod raw;
#[cfg(feature = "test-util")]
pub mod test_util;

mod auth;
mod budget;
mod cache;
mod charge;
mod client;
mod config;
mod context;
mod digest;
mod download;
mod duration;
mod embedded;
mod exchange;
mod file_name;
mod file_type;
mod fingerprint;
mod generation;
mod headers;
mod http_client;
mod job;
mod ledger;
mod media;
mod model;
mod origin;
mod parameters;
mod prediction;
mod progress;
#[cfg(test)]
mod properties;
#[cfg(feature = "test-util")]
mod queued_responses;
mod request;
mod retry;
mod schema;
mod secret;
mod stream;
mod temporary;
mod text_value;
mod time;
mod training;
mod transfer;
mod transport;
mod upload;
mod uploaded_file;
mod usd;
mod vocabulary;
mod wire;

pub use budget::Budget;
pub use cache::{Cache, Lookup, Slot};
pub use client::{Client, ClientBuilder, ModelHandle, ModelRequest};
pub use download::{Content, Download, SavedFile};
pub use error::{Error, ErrorKind, Result};
pub use file_name::file_stem;
pub use generation::Generation;
pub use job::JobRef;
pub use ledger::{Amounts, Ledger, LedgerEntry, LedgerState, Spending};
pub use media::{IntoMedia, Media};
pub use model::{API_VERSION, Category, Estimate, Model, ModelInfo, Price, PriceRate, PriceUnit};
pub use parameters::{Parameter, ParameterType, ParameterValue};
pub use prediction::{Event, Prediction, Watch};
pub use progress::Progress;
pub use request::Request;
/// The HTTP library underneath, for [`ClientBuilder::configure_http`].
///
/// With the default features, its own clients need a crypto provider of rustls, or `reqwest::Client::new` panics. Building a
/// [`Client`] installs one, so build that first; or install one by `rustls::crypto::CryptoProvider::install_default`.
///
/// ```
/// let client = pruna::Client::builder().api_key("pru_...").build()?;
/// let http = pruna::reqwest::Client::new();
/// # Ok::<(), pruna::Error>(())
/// ```
pub use reqwest;
pub use reqwest::Url;
pub use secret::Secret;
pub use training::{Lora, TrainingSet};
pub use upload::Upload;
pub use uploaded_file::UploadedFile;
pub use usd::{ParseUsdError, Usd};
pub use wire::Status;

/// Compiles the programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
