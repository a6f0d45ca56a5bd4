//! What the tests share: an emulator with an HTTP client, and the document to hold answers against.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support; no test uses all of it"
)]

use std::time::Duration;

use jsonschema::Draft;
use pruna_emulator::{Builder, Emulator};
use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers)).to_str().unwrap()
    }

    /// The string at `pointer`.
    pub fn text(&self, pointer: &str) -> String {
        let body = self.json();
        body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {body}")).to_owned()
    }
}

/// An emulator and somebody who talks to it.
#[derive(Clone)]
pub struct Api {
    pub emulator: Emulator,
    pub client: Client,
}

impl Api {
    pub async fn new() -> Self {
        Self::with(Emulator::builder()).await
    }

    pub async fn with(builder: Builder) -> Self {
        install_crypto();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self { emulator: builder.start().await.unwrap(), client }
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path)).header("apikey", self.emulator.api_key())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).header("apikey", self.emulator.api_key())
    }

    /// Absolute URLs stay, paths get the emulator's origin.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with('/') { format!("{}{path}", self.emulator.url()) } else { path.to_owned() }
    }

    pub fn submission(&self, model: &str, input: Value) -> RequestBuilder {
        self.post("/v1/predictions").header("Model", model).json(&json!({"input": input}))
    }

    pub async fn submit(&self, model: &str, input: Value) -> Answer {
        send(self.submission(model, input)).await
    }

    /// Submits with `Try-Sync`.
    pub async fn run(&self, model: &str, input: Value) -> Answer {
        send(self.submission(model, input).header("Try-Sync", "true")).await
    }

    pub async fn upload(&self, name: &str, content: impl Into<Vec<u8>>, media_type: &str) -> Answer {
        let part = Part::bytes(content.into()).file_name(name.to_owned()).mime_str(media_type).unwrap();
        send(self.post("/v1/files").multipart(Form::new().part("content", part))).await
    }

    /// Submits, and downloads every file of the result.
    pub async fn files(&self, model: &str, input: Value) -> Vec<Answer> {
        let answer = self.run(model, input).await;
        let urls: Vec<String> = match &answer.json()["generation_url"] {
            Value::String(url) => vec![url.clone()],
            Value::Array(urls) => urls.iter().map(|url| url.as_str().unwrap().to_owned()).collect(),
            _ => panic!("no result: {answer:?}"),
        };
        let mut files = Vec::new();
        for url in urls {
            let file = send(self.get(&url)).await;
            assert_eq!(file.status, 200, "{file:?}");
            files.push(file);
        }
        files
    }

    pub async fn file(&self, model: &str, input: Value) -> Answer {
        self.files(model, input).await.remove(0)
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

/// Gives rustls a provider: built together with the rest of the workspace, reqwest has TLS and lacks one.
pub fn install_crypto() {
    // An error means that another test was quicker.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The OpenAPI document that the emulator was built with.
pub fn document() -> Value {
    serde_json::from_str(pruna_openapi::DOCUMENT).unwrap()
}

/// The operation called `id`.
pub fn operation<'a>(document: &'a Value, id: &str) -> &'a Value {
    let items = document["paths"].as_object().unwrap().values();
    let mut operations = items.flat_map(|item| item.as_object().unwrap().values());
    operations.find(|operation| operation["operationId"] == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// The response that the document declares, references followed.
pub fn declared(document: &Value, id: &str, status: u16) -> Option<Value> {
    let response = operation(document, id)["responses"].get(status.to_string())?;
    Some(match response["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => response.clone(),
    })
}

/// Says what is wrong with `body` by `schema`.
pub fn violations(document: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    // The document's oneOf is not exclusive: its second branch requires nothing, so that a handle fits both.
    let schema = schema.to_string().replace("\"oneOf\"", "\"anyOf\"");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().with_draft(Draft::Draft4).build(&schema).unwrap();
    validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A picture that can be uploaded.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]))
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

/// A zip with `count` pictures.
pub fn training_data(count: usize) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..count {
        archive.start_file(format!("photo{index}.png"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&png(8, 8)).unwrap();
        archive.start_file(format!("photo{index}.txt"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(b"a caption").unwrap();
    }
    archive.finish().unwrap().into_inner()
}
