//! Secrets in an input: found by documentation and by name, at any depth.

use serde_json::Value;

use crate::{model::Model, parameters::Parameter};

/// Parts of a name that suggest a secret, in lower case without separators.
const SUSPICIOUS: [&str; 7] = ["token", "secret", "password", "passwd", "apikey", "accesskey", "credential"];
/// The text that replaces a secret.
const REDACTED: &str = "[secret]";

impl Model {
    /// Returns an input with its secrets replaced, for a log or a report.
    ///
    /// A secret is a parameter that the OpenAPI document marks as one, or a value at any depth under a name that suggests
    /// one, such as `hfToken` or `API-KEY`.
    ///
    /// ```
    /// use pruna::Model;
    /// use serde_json::json;
    ///
    /// let input = json!({"prompt": "a lion", "extra": {"hfToken": "hf_abc"}});
    /// let expected = json!({"prompt": "a lion", "extra": {"hfToken": "[secret]"}});
    /// assert_eq!(Model::P_IMAGE.redact_input(&input), expected);
    /// ```
    #[must_use]
    pub fn redact_input(&self, input: &Value) -> Value {
        let mut redacted = input.clone();
        for (name, value) in redacted.as_object_mut().into_iter().flatten() {
            redact(value, is_secret_parameter(self, name));
        }
        redacted
    }
}

/// Returns the secrets of an input.
pub(crate) fn secrets(model: &Model, input: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        collect(value, is_secret_parameter(model, name), &mut found);
    }
    found
}

fn is_secret_parameter(model: &Model, name: &str) -> bool {
    let documented = model.parameters().iter().find(|parameter| parameter.name == name);
    documented.map_or_else(|| is_suspicious(name), Parameter::is_secret)
}

/// Collects the secrets in a value: what [`redact`] replaces.
fn collect(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret && !text.is_empty() => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret, found)),
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| collect(value, is_secret || is_suspicious(name), found));
        }
        _ => {}
    }
}

/// Replaces the secrets in a value.
fn redact(value: &mut Value, is_secret: bool) {
    match value {
        Value::String(text) if is_secret && !text.is_empty() => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, is_secret)),
        Value::Object(map) => {
            map.iter_mut().for_each(|(name, value)| redact(value, is_secret || is_suspicious(name)));
        }
        _ => {}
    }
}

/// Whether a name suggests a secret. In doubt, it does.
fn is_suspicious(name: &str) -> bool {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SUSPICIOUS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_found_at_any_depth_and_in_any_spelling() {
        let input = json!({
            "prompt": "my token of love",
            "hf_api_token": "a", "hfToken": "b", "HF_TOKEN": "c", "accessToken": "d", "apiKey": "e", "Password": "f",
            "API-KEY": "", "max_tokens": 7, "nested": [{"deep": {"client_secret": ["g", {"any": "h"}]}}, "shown"],
        });
        let mut found = secrets(&Model::P_IMAGE, &input);
        found.sort();
        assert_eq!(found, ["a", "b", "c", "d", "e", "f", "g", "h"]);
        let redacted = Model::P_IMAGE.redact_input(&input).to_string();
        assert_eq!(redacted.matches(REDACTED).count(), 8);
        assert!(redacted.contains("my token of love") && redacted.contains("shown"));
    }
}
