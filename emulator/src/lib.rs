//! An emulator of P-API (Pruna AI) on loopback, for tests without an API key, network or cost.
//!
//! # A first test
//!
//! Start an emulator in each test. It listens on a free port and stops when its handle is dropped. Give its URL to the
//! code under test in place of `https://api.pruna.ai`, and then check the requests that arrived:
//!
//! ```
//! use pruna_emulator::Emulator;
//! use serde_json::{Value, json};
//!
//! /// The code under test: submits a prompt and returns the URL to poll.
//! async fn submit(base_url: &str, api_key: &str, prompt: &str) -> reqwest::Result<String> {
//!     let response: Value = reqwest::Client::new()
//!         .post(format!("{base_url}/v1/predictions"))
//!         .header("apikey", api_key)
//!         .header("Model", "p-image")
//!         .json(&json!({"input": {"prompt": prompt}}))
//!         .send()
//!         .await?
//!         .json()
//!         .await?;
//!     Ok(response["get_url"].as_str().unwrap_or_default().to_owned())
//! }
//!
//! # /// Built together with the rest of the workspace, reqwest has TLS without a crypto provider.
//! # fn install_crypto() {
//! #     let _ = rustls::crypto::ring::default_provider().install_default();
//! # }
//! #
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   install_crypto();
//!     let emulator = Emulator::builder().start().await?;
//!     let url = submit(emulator.url(), emulator.api_key(), "a lion at dusk").await?;
//!
//!     assert!(url.starts_with(emulator.url()));
//!     assert_eq!(emulator.requests()[0].json(), Some(json!({"input": {"prompt": "a lion at dusk"}})));
//!     assert_eq!(emulator.predictions()[0].model, "p-image");
//!     Ok(())
//! }
//! ```
//!
//! # What it emulates
//!
//! The emulator is driven by the API's OpenAPI document. It offers the same models, checks inputs against their schemas,
//! returns errors with the service's wording, and delivers real media: pictures with the prompt as text, videos, and
//! archives with LoRA weights. The same prompt and seed give the same bytes. It works with any client.
//!
//! # Time
//!
//! By default predictions finish at once. With [`Builder::speed`] they take their typical time, or a fraction of it, on
//! the emulator's own clock. Move it with [`Emulator::advance`], so that a test of a prediction that takes minutes, or of
//! a link that expires after a day, runs in milliseconds.
//!
//! # Faults
//!
//! [`Emulator::faults`] injects errors: resets, stalls, truncated bodies, any HTTP status, redirects, expired links,
//! failed predictions. See the module [`faults`]. [`Emulator::shutdown`] and [`Emulator::restart`] emulate a server that
//! crashes and comes back.
//!
//! # Safe on a developer's machine
//!
//! It listens on 127.0.0.1 only. Recorded requests show API keys and other secrets as a short [hash](secret_hash()). What is
//! kept of requests, predictions and uploads has limits in bytes ([`Builder::request_memory`] and the following), and so have
//! bodies, headers and connections.
//!
//! # Other languages
//!
//! The program `pruna-emulator` is the same emulator, for tests in other languages. Its control interface is below
//! `/_emulator/`: `requests`, `predictions`, `clock`, `faults` and `health`. The
//! [README](https://github.com/pruna-rs/pruna/tree/main/emulator#readme) describes it.
//!
//! # Differences from the service
//!
//! - Pictures show the prompt as text.
//! - Media at external URLs are not downloaded. They are assumed to be readable, unless the host cannot be reached from
//!   the internet.
//! - There is no credit.
//! - Where the OpenAPI document is silent, responses follow reports by other clients. The tests of this crate name the
//!   source of each such response.

mod clock;
mod content;
mod context;
mod document;
mod emulator;
mod error_response;
mod fault_injection;
pub mod faults;
mod id;
mod kind;
mod listing;
mod media;
mod memory;
mod models;
mod quirks;
mod recording;
mod redact;
mod reply;
mod response;
mod routes;
mod server;
mod settings;
mod sources;
mod state;
mod store;
mod sync;

pub use emulator::{Builder, Emulator};
pub use redact::secret_hash;
pub use settings::{LimitWindow, SyncTimeout};
pub use store::{PredictionRecord, RecordedRequest};

/// Every public type can be sent to and shared with other threads.
const _: fn() = || {
    fn assert_send_sync<T: Send + Sync + 'static>() {}
    assert_send_sync::<Builder>();
    assert_send_sync::<Emulator>();
    assert_send_sync::<LimitWindow>();
    assert_send_sync::<PredictionRecord>();
    assert_send_sync::<RecordedRequest>();
    assert_send_sync::<SyncTimeout>();
    assert_send_sync::<faults::Fault>();
    assert_send_sync::<faults::Faults>();
    assert_send_sync::<faults::Operation>();
    assert_send_sync::<faults::Rule>();
    assert_send_sync::<faults::RuleState>();
    assert_send_sync::<faults::UrlForm>();
    assert_send_sync::<faults::When>();
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
