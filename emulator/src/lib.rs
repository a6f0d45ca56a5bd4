//! P-API (Pruna AI) on loopback, for tests, demos and work without a key.
//!
//! The emulator reads the API's own document: it offers the models, checks inputs against their schemas, words its
//! refusals as the service does, and delivers real media, drawn from prompt and seed. It is independent of any client.
//!
//! # Testing your own code
//!
//! Start one per test: it takes a free port, and is gone when the handle is dropped. Give your code its URL in place of
//! `https://api.pruna.ai`, run it, and look at what arrived:
//!
//! ```
//! use pruna_emulator::Emulator;
//! use serde_json::json;
//!
//! /// The code under test: submits a prompt and returns where to ask for the result.
//! async fn order_a_picture(base: &str, key: &str, prompt: &str) -> reqwest::Result<String> {
//!     let answer: serde_json::Value = reqwest::Client::new()
//!         .post(format!("{base}/v1/predictions"))
//!         .header("apikey", key)
//!         .header("Model", "p-image")
//!         .json(&json!({"input": {"prompt": prompt}}))
//!         .send()
//!         .await?
//!         .json()
//!         .await?;
//!     Ok(answer["get_url"].as_str().unwrap_or_default().to_owned())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! let emulator = Emulator::builder().start().await?;
//! let url = order_a_picture(emulator.url(), emulator.api_key(), "a lion at dusk").await?;
//!
//! assert!(url.starts_with(emulator.url()));
//! assert_eq!(emulator.requests()[0].json(), Some(json!({"input": {"prompt": "a lion at dusk"}})));
//! assert_eq!(emulator.predictions()[0].model, "p-image");
//! # Ok(())
//! # }
//! ```
//!
//! # Time
//!
//! By default every run is finished at once. With [`Builder::speed`] it takes its usual time, or a share of it, on a
//! clock that a test moves with [`Emulator::advance`], or pauses with `tokio::time::pause`: a video that takes minutes
//! or a link that expires after a day is a matter of milliseconds.
//!
//! # Faults
//!
//! [`Emulator::faults`] orders what goes wrong: resets, stalls, truncated bodies, any status, redirects, links that have
//! expired, runs that fail. See [`faults`]. [`Emulator::shutdown`] and [`Emulator::restart`] play a server that dies and
//! comes back.
//!
//! # Other languages
//!
//! The program `pruna-emulator` is the same thing for tests that are not written in Rust. Record, clock and faults are
//! at `/_emulator/requests`, `/_emulator/predictions`, `/_emulator/clock` and `/_emulator/faults`.
//!
//! # Where it differs from the service
//!
//! It paints no lions: a picture shows the prompt. It fetches nothing: media at foreign addresses count as readable,
//! unless the address could not be reached from a cloud. It knows no credit. What the service answers where its document
//! is silent follows reports of other clients; the tests of this crate name the source of each such answer.

mod answer;
mod builder;
mod call;
mod clock;
mod control;
mod delivery;
mod document;
mod emulator;
pub mod faults;
mod files;
mod gateway;
mod limits;
mod media;
mod models;
mod predictions;
mod quirks;
mod record;
mod server;
mod sources;
mod state;
mod sync;
mod validate;
mod wire;

pub use builder::Builder;
pub use emulator::Emulator;
pub use predictions::PredictionRecord;
pub use record::RecordedRequest;
pub use state::SyncTimeout;

/// The examples of the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
