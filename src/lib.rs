#![doc = include_str!("../README.md")]

pub mod batch;
mod builder;
mod client;
mod digest;
pub mod error;
mod generation;
pub mod inputs;
pub mod limits;
mod media;
mod model;
mod origin;
mod parameters;
pub mod poll;
mod prediction;
#[cfg(test)]
mod properties;
pub mod raw;
mod request;
mod retry;
mod schema;
mod temporary;
mod timing;
mod training;
mod transport;
mod usd;
mod vocabulary;
mod wire;

pub use builder::ClientBuilder;
pub use client::Client;
pub use error::Error;
pub use generation::Generation;
pub use media::{
    Media, Secret,
    download::{ByteStream, Download, SavedFile},
    progress::Progress,
    upload::{Upload, UploadedFile},
};
pub use model::{API_VERSION, Category, Model, ModelInfo, Price, PriceRate, PriceUnit};
pub use parameters::{Parameter, ParameterType, ParameterValue};
pub use prediction::{Deadline, Event, JobRef, Prediction};
pub use request::{ModelHandle, ModelRequest, Request};
pub use reqwest::Url;
pub use training::{Lora, TrainingSet};
pub use usd::{ParseUsdError, Usd};
pub use wire::Status;
