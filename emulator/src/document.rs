//! The OpenAPI document as the emulator reads it: operations to route to, models with their rules.

use std::io;

use hyper::Method;
use pruna_openapi::rate_limit;
use serde_json::Value;

use crate::models::{self, Model};

/// One operation of the document.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `operationId`.
    pub(crate) id: String,
    /// Limit from the description, where one is named.
    pub(crate) per_minute: Option<u32>,
    method: Method,
    /// The path before its parameter, and whether there is one.
    prefix: String,
    parameter: bool,
}

/// The document, read.
#[derive(Debug)]
pub(crate) struct Document {
    /// Name of the header that carries the key.
    pub(crate) key_header: String,
    operations: Vec<Operation>,
    models: Vec<Model>,
}

impl Document {
    /// Reads `document`, or the one that the crate was built with.
    pub(crate) fn read(document: Option<Value>) -> io::Result<Self> {
        let document = match document {
            Some(document) => document,
            None => serde_json::from_str(pruna_openapi::DOCUMENT)?,
        };
        let operations = operations(&document);
        if operations.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the document has no operation"));
        }
        let models = models::read(&document)?;
        Ok(Self { key_header: key_header(&document), operations, models })
    }

    /// The operation that serves `method` and `path`, and the value of its path parameter.
    pub(crate) fn route<'a>(&self, method: &Method, path: &'a str) -> Option<(&Operation, &'a str)> {
        self.operations.iter().find_map(|operation| {
            let rest = path.strip_prefix(operation.prefix.as_str())?;
            let fits = operation.method == *method && operation.parameter != rest.is_empty();
            fits.then_some((operation, rest))
        })
    }

    /// The model called `id`.
    pub(crate) fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// All models, in the document's order.
    pub(crate) fn models(&self) -> &[Model] {
        &self.models
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let (Ok(method), Some(id)) =
                (Method::from_bytes(method.to_uppercase().as_bytes()), operation["operationId"].as_str())
            else {
                continue;
            };
            let (prefix, parameter) = path.split_once('{').map_or((path.as_str(), false), |(prefix, _)| (prefix, true));
            operations.push(Operation {
                id: id.to_owned(),
                per_minute: operation["description"].as_str().and_then(rate_limit),
                method,
                prefix: prefix.to_owned(),
                parameter,
            });
        }
    }
    operations
}

fn key_header(document: &Value) -> String {
    let schemes = document["components"]["securitySchemes"].as_object();
    schemes
        .into_iter()
        .flat_map(|schemes| schemes.values())
        .find(|scheme| scheme["type"] == "apiKey" && scheme["in"] == "header")
        .and_then(|scheme| scheme["name"].as_str())
        .unwrap_or("apikey")
        .to_ascii_lowercase()
}
