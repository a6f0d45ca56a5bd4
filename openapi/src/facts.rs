//! What is known of a model: its entry in `models.toml`, and a guess for every gap.

use std::collections::BTreeMap;

use crate::{ModelSchema, Price, Table};

/// Synchronous waiting is worth while for models that are faster than this.
const MAX_SYNC_SECONDS: f64 = 20.0;

/// The entry of a model with every gap filled; see [`Table::facts`].
#[derive(Clone, Debug)]
pub struct ModelFacts {
    /// What the model is for.
    pub category: String,
    /// File name extensions of its results, the usual one first; never empty.
    pub outputs: Vec<String>,
    /// Usual seconds from submission to result.
    pub typical_seconds: f64,
    /// Whether waiting within the submission is worth while.
    pub try_sync: bool,
    /// List price, where it is known.
    pub price: Option<Price>,
    /// Requests per minute, where a limit is known.
    pub requests_per_minute: Option<u32>,
    /// Parameters that must be a multiple of a number.
    pub multiple_of: BTreeMap<String, u32>,
    /// Parameters that the model needs although the document does not require them.
    pub expected: Vec<String>,
    /// Maximum lengths of lists, where the document does not limit them.
    pub max_items: BTreeMap<String, u32>,
}

impl Table {
    /// Returns what is known of a model, with a guess from its name and its parameters for each gap of the table.
    #[must_use]
    pub fn facts(&self, id: &str, model: Option<&ModelSchema>) -> ModelFacts {
        let entry = self.entry(id);
        let category = entry.category.unwrap_or_else(|| guess_category(id, model).to_owned());
        let outputs = if entry.outputs.is_empty() { vec![guess_output(&category).to_owned()] } else { entry.outputs };
        let typical_seconds = entry.typical_seconds.unwrap_or_else(|| guess_seconds(&category));
        ModelFacts {
            try_sync: entry.try_sync.unwrap_or(typical_seconds < MAX_SYNC_SECONDS),
            requests_per_minute: entry.requests_per_minute.or_else(|| model?.requests_per_minute),
            category,
            outputs,
            typical_seconds,
            price: entry.price,
            multiple_of: entry.multiple_of,
            expected: entry.expected,
            max_items: entry.max_items,
        }
    }
}

fn guess_category(id: &str, model: Option<&ModelSchema>) -> &'static str {
    let has = |name: &str| model.is_some_and(|model| model.has_parameter(name));
    if id.contains("trainer") {
        "trainer"
    } else if ["video", "t2v", "i2v"].iter().any(|part| id.contains(part)) || has("num_frames") || has("src_video") {
        if has("image") { "image-to-video" } else { "text-to-video" }
    } else if has("images") || has("image") || has("person_image") {
        "image-editing"
    } else {
        "text-to-image"
    }
}

fn guess_output(category: &str) -> &'static str {
    match category {
        "trainer" => "zip",
        category if category.contains("video") => "mp4",
        _ => "jpg",
    }
}

fn guess_seconds(category: &str) -> f64 {
    match category {
        "trainer" => 1200.0,
        category if category.contains("video") => 60.0,
        _ => 3.0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn model(properties: Value) -> ModelSchema {
        ModelSchema {
            id: String::new(),
            description: String::new(),
            requests_per_minute: Some(7),
            schema: json!({"properties": properties}),
            example: None,
        }
    }

    #[test]
    fn gaps_are_filled_from_name_and_parameters() {
        for (id, properties, category, output, seconds, try_sync) in [
            ("p-new", json!({}), "text-to-image", "jpg", 3.0, true),
            ("p-new", json!({"images": {}}), "image-editing", "jpg", 3.0, true),
            ("p-video", json!({}), "text-to-video", "mp4", 60.0, false),
            ("p-new", json!({"num_frames": {}, "image": {}}), "image-to-video", "mp4", 60.0, false),
            ("p-new-trainer", json!({}), "trainer", "zip", 1200.0, false),
        ] {
            let facts = Table::default().facts(id, Some(&model(properties)));
            assert_eq!((facts.category.as_str(), facts.outputs.as_slice()), (category, [output.to_owned()].as_slice()));
            assert_eq!(
                (facts.typical_seconds, facts.try_sync, facts.requests_per_minute),
                (seconds, try_sync, Some(7))
            );
        }
    }

    #[test]
    fn the_table_comes_before_a_guess() {
        let table = Table::parse("[p-video]\ntypical_seconds = 5.0\nrequests_per_minute = 9\n").unwrap();
        let facts = table.facts("p-video", Some(&model(json!({}))));
        assert_eq!((facts.typical_seconds, facts.try_sync, facts.requests_per_minute), (5.0, true, Some(9)));
        assert_eq!(facts.outputs, ["mp4"]);
    }
}
