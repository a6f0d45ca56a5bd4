//! References to jobs: plain data that outlives the process.

use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Model, usd::Usd, wire::PredictionResponse};

/// Identifies a job. Plain data: store it, and pass it to [`Client::attach`](crate::Client::attach) later, from another
/// process too.
///
/// ```
/// use pruna::{JobRef, Model};
///
/// let job = JobRef::new("1zww7deyssrme0csqwr90phzzr", Model::VACE);
/// let saved = serde_json::to_string(&job)?;
/// assert_eq!(serde_json::from_str::<JobRef>(&saved)?, job);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobRef {
    id: String,
    #[serde(default, deserialize_with = "named_model", skip_serializing_if = "Option::is_none")]
    model: Option<Model>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    get_url: Option<String>,
    /// RFC 3339 in JSON.
    #[serde(
        default,
        serialize_with = "to_rfc3339",
        deserialize_with = "from_rfc3339",
        skip_serializing_if = "Option::is_none"
    )]
    submitted_at: Option<SystemTime>,
    #[serde(default, rename = "cost_usd", skip_serializing_if = "Option::is_none")]
    cost: Option<Usd>,
}

impl JobRef {
    /// Creates a reference from an id and the model.
    pub fn new(id: impl Into<String>, model: impl Into<Model>) -> Self {
        Self { model: Some(model.into()), ..Self::from_id(id) }
    }

    /// Creates a reference to a job whose model is unknown. Without the model, the expected duration of the job is unknown.
    pub fn from_id(id: impl Into<String>) -> Self {
        Self { id: id.into(), model: None, get_url: None, submitted_at: None, cost: None }
    }

    /// Creates a reference from a response. `None` if it names no job.
    pub(crate) fn from_response(
        response: &PredictionResponse,
        model: Model,
        submitted_at: SystemTime,
        cost: Option<Usd>,
    ) -> Option<Self> {
        let get_url = response.get_url().map(str::to_owned);
        let submitted_at = Some(submitted_at);
        response.id().map(|id| Self { id: id.to_owned(), model: Some(model), get_url, submitted_at, cost })
    }

    /// Returns the service's id of the job.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the model that runs, if it is known.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// Returns the URL of the job's status, if the service gave one.
    #[must_use]
    pub fn get_url(&self) -> Option<&str> {
        self.get_url.as_deref()
    }

    /// Returns the time of the submission by the local clock, if this library made it.
    #[must_use]
    pub fn submitted_at(&self) -> Option<SystemTime> {
        self.submitted_at
    }

    /// Returns what the job is estimated to cost, at most, by the list price at its submission or by what the
    /// [budget](crate::Budget::assume) assumed. `None` if that is not known, or if another program submitted it.
    #[must_use]
    pub fn cost(&self) -> Option<Usd> {
        self.cost
    }
}

/// Earlier versions wrote an unknown model as an empty text.
fn named_model<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Model>, D::Error> {
    let model = Option::<Model>::deserialize(deserializer)?;
    Ok(model.filter(|model| !model.as_str().is_empty()))
}

fn to_rfc3339<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| humantime::format_rfc3339_millis(time).to_string()).serialize(serializer)
}

fn from_rfc3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| humantime::parse_rfc3339(&text).map_err(serde::de::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_survives_json_with_its_time_of_submission() {
        let response = PredictionResponse::new(json!({"id": "a", "get_url": "/v1/predictions/status/a"}));
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let job = JobRef::from_response(&response, Model::VACE, time, Some(Usd::from_micros(5_000))).unwrap();
        let text = serde_json::to_value(&job).unwrap();
        assert_eq!(
            text,
            json!({
                "id": "a",
                "model": "vace",
                "get_url": "/v1/predictions/status/a",
                "submitted_at": "2023-11-14T22:13:20.123Z",
                "cost_usd": 0.005,
            })
        );
        assert_eq!(serde_json::from_value::<JobRef>(text).unwrap(), job);
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        for (text, model) in [
            (json!({"id": "a"}), None),
            (json!({"id": "a", "model": ""}), None),
            (json!({"id": "a", "model": null}), None),
            (json!({"id": "a", "model": "p-new"}), Some(Model::from("p-new"))),
        ] {
            assert_eq!(serde_json::from_value::<JobRef>(text.clone()).unwrap().model(), model.as_ref(), "{text}");
        }
        assert_eq!(serde_json::to_value(JobRef::from_id("a")).unwrap(), json!({"id": "a"}));
        assert!(serde_json::from_value::<JobRef>(json!({"id": "a", "submitted_at": "yesterday"})).is_err());
    }
}
