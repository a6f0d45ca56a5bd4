//! Responses of the service, read leniently.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::vocabulary::open_enum;

/// The status of a job. Any status other than the documented ones means that the job is still running.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status {
    text: Cow<'static, str>,
}
open_enum!(Status);

impl Status {
    /// Waiting to be run.
    pub const STARTING: Self = Self::from_static("starting");
    /// The model is running.
    pub const PROCESSING: Self = Self::from_static("processing");
    /// Finished; the result can be downloaded.
    pub const SUCCEEDED: Self = Self::from_static("succeeded");
    /// Ended with an error.
    pub const FAILED: Self = Self::from_static("failed");
    /// Stopped by the service.
    pub const CANCELED: Self = Self::from_static("canceled");

    /// Whether the job has ended: succeeded, failed or canceled.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        [Self::SUCCEEDED, Self::FAILED, Self::CANCELED].contains(self)
    }

    /// Returns the status of a name. A documented one is not copied.
    fn from_name(name: &str) -> Self {
        // The most frequent first.
        let known = [Self::SUCCEEDED, Self::PROCESSING, Self::STARTING, Self::FAILED, Self::CANCELED];
        known.into_iter().find(|known| known == name).unwrap_or_else(|| name.into())
    }
}

/// The response to a submission or a status request.
///
/// The OpenAPI document declares two shapes for the first and one for the second, and the service has been seen to send
/// more: no `id`, no `status`, a relative URL, a list of URLs, an error under status 200. So no part is required
/// here, and each is read on its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PredictionResponse {
    body: Value,
}

impl PredictionResponse {
    pub(crate) fn new(body: Value) -> Self {
        Self { body }
    }

    /// Returns the body as it arrived.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.body
    }

    /// Whether it has any part that a client can use.
    pub(crate) fn is_meaningful(&self) -> bool {
        self.text("status").is_some() || self.has_urls() || self.id().is_some() || self.error().is_some()
    }

    /// Whether it is the documented error object, `{"error": {"code", "message"}}`, without a job. The `error` of a job is a
    /// text.
    pub(crate) fn is_error_envelope(&self) -> bool {
        self.part("error").is_some_and(Value::is_object)
            && self.text("status").is_none()
            && !self.has_urls()
            && self.id().is_none()
    }

    /// Returns the id of the job; taken from the end of `get_url` if there is no `id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let from_url = || self.get_url()?.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next();
        self.text("id").or_else(from_url).filter(|id| !id.is_empty())
    }

    /// Returns the URL of the job's status.
    #[must_use]
    pub fn get_url(&self) -> Option<&str> {
        self.text("get_url")
    }

    /// Returns the status of the job, derived from the other parts if it is missing.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.text("status") {
            Some(status) => Status::from_name(status),
            None if self.has_urls() => Status::SUCCEEDED,
            // An error object beside an id concerns the request; the job itself is polled.
            None if self.body["error"].is_object() && self.id().is_some() => Status::STARTING,
            None if self.error().is_some() => Status::FAILED,
            None => Status::STARTING,
        }
    }

    /// Returns the URLs of the results, as the service wrote them.
    #[must_use]
    pub fn urls(&self) -> Vec<&str> {
        match self.part("generation_url") {
            Some(Value::String(url)) if !url.is_empty() => vec![url],
            Some(Value::Array(urls)) => urls.iter().filter_map(Value::as_str).filter(|url| !url.is_empty()).collect(),
            _ => Vec::new(),
        }
    }

    fn has_urls(&self) -> bool {
        match self.part("generation_url") {
            Some(Value::String(url)) => !url.is_empty(),
            Some(Value::Array(urls)) => urls.iter().filter_map(Value::as_str).any(|url| !url.is_empty()),
            _ => false,
        }
    }

    /// Returns the reason of a failure.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        match &self.body["error"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Object(error) => Some(
                error
                    .get("message")
                    .and_then(Value::as_str)
                    .map_or_else(|| self.body["error"].to_string(), str::to_owned),
            ),
            other => Some(other.to_string()),
        }
    }

    /// Returns the service's remark beside the status.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.text("message")
    }

    /// Removes the echo of the input, which may hold a secret.
    pub(crate) fn without_input(mut self) -> Self {
        if let Some(map) = self.body.as_object_mut() {
            map.remove("input");
        }
        self
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.part(name)?.as_str()
    }

    fn part(&self, name: &str) -> Option<&Value> {
        self.body.as_object()?.get(name)
    }
}

/// The response to an upload, read leniently: only the URL is required.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadResponse {
    body: Value,
}

impl UploadResponse {
    /// Returns the body as it arrived.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.body
    }

    /// Returns the URL of the uploaded file.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.body["urls"]["get"].as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_of_response_is_understood() {
        for (body, id, status, urls) in [
            (
                json!({"id": "a", "model": "vace", "input": {}, "get_url": "https://h/v1/predictions/status/a"}),
                Some("a"),
                "starting",
                vec![],
            ),
            (json!({"get_url": "/v1/predictions/status/b"}), Some("b"), "starting", vec![]),
            (json!({"id": "c", "status": "processing"}), Some("c"), "processing", vec![]),
            (
                json!({"status": "succeeded", "generation_url": "https://h/x.jpg"}),
                None,
                "succeeded",
                vec!["https://h/x.jpg"],
            ),
            (json!({"generation_url": ["/a.jpg", "/b.jpg"]}), None, "succeeded", vec!["/a.jpg", "/b.jpg"]),
            (json!({"status": "failed", "error": "no"}), None, "failed", vec![]),
            (json!({"message": "Training failed", "error": "no"}), None, "failed", vec![]),
            (json!({"id": "d", "error": {"code": "X", "message": "no"}}), Some("d"), "starting", vec![]),
            (json!({"status": "sleeping"}), None, "sleeping", vec![]),
            (json!({"status": "succeeded", "generation_url": null, "scores": [1]}), None, "succeeded", vec![]),
        ] {
            let response = PredictionResponse::new(body);
            assert_eq!(
                (response.id(), response.status().as_str(), response.urls()),
                (id, status, urls),
                "{response:?}"
            );
            assert!(response.is_meaningful());
        }
        for nothing in [json!(null), json!([]), json!("x"), json!({}), json!({"hello": 1})] {
            assert!(!PredictionResponse::new(nothing).is_meaningful());
        }
    }
}
