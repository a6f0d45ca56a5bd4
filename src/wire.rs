//! Answers of the service, read leniently: five shapes of one thing, told apart by their keys.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::vocabulary::open_enum;

/// How far a job is. Open: an unknown status means that it is still running.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status {
    text: Cow<'static, str>,
}
open_enum!(Status);

impl Status {
    /// Waiting for a machine.
    pub const STARTING: Self = Self::from_static("starting");
    /// The model is running.
    pub const PROCESSING: Self = Self::from_static("processing");
    /// Finished; the result can be fetched.
    pub const SUCCEEDED: Self = Self::from_static("succeeded");
    /// Ended with an error.
    pub const FAILED: Self = Self::from_static("failed");
    /// Stopped on the side of the service.
    pub const CANCELED: Self = Self::from_static("canceled");

    /// Whether nothing will change any more.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        [Self::SUCCEEDED, Self::FAILED, Self::CANCELED].contains(self)
    }
}

/// An answer to a submission or to a status call.
///
/// The document declares two shapes for the first and one for the second; the service has been seen to send more: no
/// `id`, no `status`, an address that is relative, a list of addresses, an error under status 200. So nothing is required
/// here, and every part is read on its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answer(Value);

impl Answer {
    pub(crate) fn new(answer: Value) -> Self {
        Self(answer)
    }

    /// The answer as it came.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Whether it says anything that a client knows how to read.
    pub(crate) fn is_meaningful(&self) -> bool {
        self.id().is_some() || self.0["status"].is_string() || !self.urls().is_empty() || self.error().is_some()
    }

    /// Whether it is the document's error object, `{"error": {"code", "message"}}`, and says nothing of a job. A job's own
    /// `error` is a text.
    pub(crate) fn is_error_envelope(&self) -> bool {
        self.0["error"].is_object() && !self.0["status"].is_string() && self.urls().is_empty()
    }

    /// The job's id; taken from the end of `get_url` when the answer has no `id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let from_url = || self.get_url()?.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next();
        self.text("id").or_else(from_url).filter(|id| !id.is_empty())
    }

    /// Where the job's status can be asked for.
    #[must_use]
    pub fn get_url(&self) -> Option<&str> {
        self.text("get_url")
    }

    /// How far the job is, from whatever the answer says.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.text("status") {
            Some(status) => status.into(),
            None if !self.urls().is_empty() => Status::SUCCEEDED,
            None if self.error().is_some() => Status::FAILED,
            None => Status::STARTING,
        }
    }

    /// Where the results are, as the service wrote it.
    #[must_use]
    pub fn urls(&self) -> Vec<&str> {
        match &self.0["generation_url"] {
            Value::String(url) if !url.is_empty() => vec![url],
            Value::Array(urls) => urls.iter().filter_map(Value::as_str).filter(|url| !url.is_empty()).collect(),
            _ => Vec::new(),
        }
    }

    /// Why the job failed.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        match &self.0["error"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Object(error) => Some(
                error.get("message").and_then(Value::as_str).map_or_else(|| self.0["error"].to_string(), str::to_owned),
            ),
            other => Some(other.to_string()),
        }
    }

    /// What the service says beside the status.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.text("message")
    }

    /// Leaves the echo of the input out, which may hold a secret.
    pub(crate) fn without_input(mut self) -> Self {
        if let Some(map) = self.0.as_object_mut() {
            map.remove("input");
        }
        self
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0[name].as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_of_answer_is_understood() {
        for (answer, id, status, urls) in [
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
            (json!({"status": "sleeping"}), None, "sleeping", vec![]),
            (json!({"status": "succeeded", "generation_url": null, "scores": [1]}), None, "succeeded", vec![]),
        ] {
            let answer = Answer(answer);
            assert_eq!((answer.id(), answer.status().as_str(), answer.urls()), (id, status, urls), "{answer:?}");
            assert!(answer.is_meaningful());
        }
        for nothing in [json!(null), json!([]), json!("x"), json!({}), json!({"hello": 1})] {
            assert!(!Answer(nothing).is_meaningful());
        }
    }
}
