#![doc = include_str!("../README.md")]

pub mod batch;
pub mod error;
pub mod inputs;
pub mod limits;
pub mod poll;
pub mod raw;
#[cfg(feature = "test-util")]
pub mod test_util;

mod auth;
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
mod generation;
mod headers;
mod http_client;
mod job;
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

pub use client::{Client, ClientBuilder, ModelHandle, ModelRequest};
pub use download::{Content, Download, SavedFile};
pub use error::{Error, ErrorKind, Result};
pub use file_name::file_stem;
pub use generation::Generation;
pub use job::JobRef;
pub use media::{IntoMedia, Media};
pub use model::{API_VERSION, Category, Model, ModelInfo, Price, PriceRate, PriceUnit};
pub use parameters::{Parameter, ParameterType, ParameterValue};
pub use prediction::{Event, Prediction, Watch};
pub use progress::Progress;
pub use request::Request;
pub use reqwest::{self, Url};
pub use secret::Secret;
pub use training::{Lora, TrainingSet};
pub use upload::Upload;
pub use uploaded_file::UploadedFile;
pub use usd::{ParseUsdError, Usd};
pub use wire::Status;
