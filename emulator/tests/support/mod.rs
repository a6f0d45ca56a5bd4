//! Shared by the tests: an emulator with an HTTP client, and the OpenAPI document to check responses against.

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

/// A response with its whole body.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers)).to_str().unwrap()
    }

    /// Returns the string at `pointer`.
    pub fn text(&self, pointer: &str) -> String {
        let body = self.json();
        body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {body}")).to_owned()
    }
}

/// An emulator and an HTTP client.
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

    /// Returns the URL of a path; absolute URLs are unchanged.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with('/') { format!("{}{path}", self.emulator.url()) } else { path.to_owned() }
    }

    pub fn submission(&self, model: &str, input: Value) -> RequestBuilder {
        self.post("/v1/predictions").header("Model", model).json(&json!({"input": input}))
    }

    pub async fn submit(&self, model: &str, input: Value) -> Response {
        send(self.submission(model, input)).await
    }

    /// Submits with `Try-Sync`.
    pub async fn run(&self, model: &str, input: Value) -> Response {
        send(self.submission(model, input).header("Try-Sync", "true")).await
    }

    pub async fn upload(&self, name: &str, content: impl Into<Vec<u8>>, media_type: &str) -> Response {
        let part = Part::bytes(content.into()).file_name(name.to_owned()).mime_str(media_type).unwrap();
        send(self.post("/v1/files").multipart(Form::new().part("content", part))).await
    }

    /// Submits with `Try-Sync` and downloads all output files.
    pub async fn files(&self, model: &str, input: Value) -> Vec<Response> {
        let response = self.run(model, input).await;
        let urls: Vec<String> = match &response.json()["generation_url"] {
            Value::String(url) => vec![url.clone()],
            Value::Array(urls) => urls.iter().map(|url| url.as_str().unwrap().to_owned()).collect(),
            _ => panic!("no result: {response:?}"),
        };
        let mut files = Vec::new();
        for url in urls {
            let file = send(self.get(&url)).await;
            assert_eq!(file.status, 200, "{file:?}");
            files.push(file);
        }
        files
    }

    pub async fn file(&self, model: &str, input: Value) -> Response {
        self.files(model, input).await.remove(0)
    }
}

pub async fn send(request: RequestBuilder) -> Response {
    let response = request.send().await.unwrap();
    Response {
        status: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

/// Waits until `condition` holds, for at most 30 seconds.
pub async fn wait_until(condition: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "the condition does not hold after 30 seconds");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Installs a crypto provider: built together with the rest of the workspace, reqwest has TLS without one.
pub fn install_crypto() {
    // An error means that another test has installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Returns the OpenAPI document that the emulator was built with.
pub fn document() -> Value {
    serde_json::from_str(pruna_openapi::DOCUMENT).unwrap()
}

/// Returns the operation with this id.
pub fn operation<'a>(document: &'a Value, id: &str) -> &'a Value {
    let items = document["paths"].as_object().unwrap().values();
    let mut operations = items.flat_map(|item| item.as_object().unwrap().values());
    operations.find(|operation| operation["operationId"] == id).unwrap_or_else(|| panic!("no operation {id}"))
}

/// Returns the declared response, with references resolved.
pub fn declared(document: &Value, id: &str, status: u16) -> Option<Value> {
    let response = operation(document, id)["responses"].get(status.to_string())?;
    Some(match response["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => response.clone(),
    })
}

/// Returns the violations of `schema` by `body`.
pub fn violations(document: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    // The document's oneOf is not exclusive: its second branch requires nothing, so a 201 response matches both.
    let schema = schema.to_string().replace("\"oneOf\"", "\"anyOf\"");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().with_draft(Draft::Draft4).build(&schema).unwrap();
    validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Returns a PNG file.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]))
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

/// Returns a zip archive with `count` images and their captions.
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
