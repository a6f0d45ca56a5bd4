//! Secrets in an input: found by documentation and by name, at any depth.

use serde_json::Value;

use crate::model::Model;

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
        visit(self, &mut redacted, &mut |secret| *secret = REDACTED.to_owned());
        redacted
    }
}

/// Returns the secrets of an input.
pub(crate) fn secrets(model: &Model, input: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(model, &mut input.clone(), &mut |secret| found.push(secret.clone()));
    found
}

/// Calls back with every secret of an input.
fn visit(model: &Model, input: &mut Value, on_secret: &mut impl FnMut(&mut String)) {
    for (name, value) in input.as_object_mut().into_iter().flatten() {
        let documented = model.parameters().iter().find(|parameter| parameter.name == *name);
        let is_secret = documented.map_or_else(|| is_suspicious(name), |parameter| parameter.is_secret());
        visit_value(value, is_secret, on_secret);
    }
}

fn visit_value(value: &mut Value, is_secret: bool, on_secret: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) if is_secret && !text.is_empty() => on_secret(text),
        Value::Array(items) => items.iter_mut().for_each(|item| visit_value(item, is_secret, on_secret)),
        Value::Object(map) => {
            for (name, value) in map {
                visit_value(value, is_secret || is_suspicious(name), on_secret);
            }
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
