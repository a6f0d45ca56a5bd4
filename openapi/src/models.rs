//! The models of the document: one component schema each, whose `input` holds the parameters.

use serde_json::{Map, Value};

use crate::{Error, inline, rate_limit, resolve};

/// The input of one model, as the document describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSchema {
    /// The id, as the header `Model` carries it.
    pub id: String,
    /// The description of the model.
    pub description: String,
    /// The rate limit named in the description, in requests per minute.
    pub requests_per_minute: Option<u32>,
    /// The schema of the input, without references.
    pub schema: Value,
    /// The example input of the document.
    pub example: Option<Value>,
}

impl ModelSchema {
    /// Returns the parameters with their schemas.
    #[must_use]
    pub fn parameters(&self) -> Option<&Map<String, Value>> {
        self.schema["properties"].as_object()
    }

    /// Whether the model has a parameter.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameters().is_some_and(|parameters| parameters.contains_key(name))
    }
}

/// Reads every model whose input is described, in the order of [`model_ids`].
///
/// # Errors
///
/// When a reference leads nowhere or in a circle.
pub fn read_models(document: &Value) -> Result<Vec<ModelSchema>, Error> {
    let mut models = Vec::new();
    for id in model_ids(document) {
        let component = resolve(document, &document["components"]["schemas"][&id])?;
        let schema = inline(document, &component["properties"]["input"])?;
        if !schema["properties"].is_object() {
            continue;
        }
        let description = component["description"].as_str().unwrap_or_default().trim().to_owned();
        models.push(ModelSchema {
            requests_per_minute: rate_limit(&description),
            description,
            schema,
            example: example(document, &id),
            id,
        });
    }
    Ok(models)
}

/// Returns the ids that the header `Model` offers, then components of a model's shape that it does not.
#[must_use]
pub fn model_ids(document: &Value) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in offered_ids(document) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    for (name, schema) in schemas {
        if !ids.contains(name) && schema.pointer("/properties/input/properties").is_some() {
            ids.push(name.clone());
        }
    }
    ids
}

/// Returns the values that the document lists for the header `Model`.
fn offered_ids(document: &Value) -> Vec<String> {
    let operation = &document["paths"]["/v1/predictions"]["post"];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let header = parameters
        .filter_map(|p| resolve(document, p).ok())
        .find(|p| p["in"] == "header" && p["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case("model")));
    let schema = header.and_then(|header| resolve(document, &header["schema"]).ok());
    let values = schema.and_then(|schema| schema["enum"].as_array()).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn example(document: &Value, id: &str) -> Option<Value> {
    let content = &document["paths"]["/v1/predictions"]["post"]["requestBody"]["content"]["application/json"];
    content["examples"].get(id)?.pointer("/value/input").cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_of_the_document_is_described_with_limit_and_example() {
        let document: Value = serde_json::from_str(crate::DOCUMENT).unwrap();
        let models = read_models(&document).unwrap();
        assert_eq!(models.iter().map(|model| model.id.clone()).collect::<Vec<_>>(), model_ids(&document));
        for model in models {
            assert!(model.requests_per_minute.is_some() && model.example.is_some(), "{}", model.id);
        }
    }
}
