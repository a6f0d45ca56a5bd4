//! Errors, results and clients for the tests of programs that use this crate (feature `test-util`).
//!
//! A client with [`QueuedResponses`] receives prepared responses instead of sending requests, so that a test needs neither a
//! server nor the network:
//!
//! ```
//! use pruna::{inputs::PImage, test_util::{QueuedResponses, client}};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> pruna::Result<()> {
//! let responses = QueuedResponses::new()
//!     .json(201, json!({"status": "succeeded", "generation_url": "https://example.org/lion.jpg"}))
//!     .file("image/jpeg", b"\xff\xd8\xff...".as_slice());
//!
//! let image = client(&responses).generate(PImage::new("a lion")).await?;
//! assert_eq!(image.bytes().await?.len(), 6);
//! assert_eq!(responses.requests()[0].url.path(), "/v1/predictions");
//! # Ok(())
//! # }
//! ```
//!
//! For tests over real HTTP, with real media and injected faults, there is the crate `pruna-emulator`.

pub use crate::queued_responses::{QueuedResponses, RecordedRequest};

use serde_json::json;

use crate::{
    Client, ClientBuilder, Error, ErrorKind, Generation, JobRef, Model, limits::Limits, wire::PredictionResponse,
};

/// Creates a client that receives queued responses, without rate limits.
///
/// # Panics
///
/// Never with the default configuration; see [`client_with`] for another one.
#[must_use]
pub fn client(responses: &QueuedResponses) -> Client {
    #[allow(clippy::expect_used, reason = "a constant configuration, for tests")]
    client_with(Client::builder().limits(Limits::none()), responses).expect("the configuration is valid")
}

/// Creates a client that receives queued responses, with a configuration. Key and base URL need not be set.
///
/// # Errors
///
/// As [`ClientBuilder::build`].
pub fn client_with(builder: ClientBuilder, responses: &QueuedResponses) -> crate::Result<Client> {
    builder.api_key("pru_test").queued_responses(responses.clone()).build()
}

/// Creates an error of any kind, for tests of error handling.
///
/// ```
/// use pruna::{ErrorKind, test_util};
///
/// let error = test_util::error(ErrorKind::RateLimited, "slow down");
/// assert!(error.is_rate_limited() && error.to_string().contains("slow down"));
/// ```
#[must_use]
pub fn error(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, message)
}

/// Creates an error of any kind that concerns a job.
#[must_use]
pub fn job_error(kind: ErrorKind, message: &str, job: JobRef) -> Error {
    Error::new(kind, message).with_job(job)
}

/// Creates a result with files at these URLs, which `client` downloads.
///
/// ```
/// use pruna::{Model, test_util::{self, QueuedResponses}};
///
/// let client = test_util::client(&QueuedResponses::new());
/// let image = test_util::generation(&client, Model::P_IMAGE, ["https://example.org/lion.jpg"])?;
/// assert_eq!(image.urls(), ["https://example.org/lion.jpg"]);
/// # Ok::<(), pruna::Error>(())
/// ```
///
/// # Errors
///
/// [`Decode`](ErrorKind::Decode) if a URL is not valid.
pub fn generation<U: Into<String>>(
    client: &Client,
    model: impl Into<Model>,
    urls: impl IntoIterator<Item = U>,
) -> crate::Result<Generation> {
    let urls: Vec<String> = urls.into_iter().map(Into::into).collect();
    let response = PredictionResponse::new(json!({"status": "succeeded", "generation_url": urls}));
    Generation::from_response(client.context().clone(), None, Some(model.into()), response)
}
