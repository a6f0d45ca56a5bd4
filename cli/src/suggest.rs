//! Suggestions for mistyped names.

use pruna::Model;

/// Minimum similarity of a suggestion, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.5;
/// Similarity of a name that contains the given one, as `aspect_ratio` contains `ratio`.
const PART_SIMILARITY: f64 = 0.6;
/// Minimum length of a given name that is looked for as a part.
const MIN_PART_LENGTH: usize = 4;

/// Returns the most similar of some names, if one is similar enough.
fn most_similar<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let similarity = |name: &str| {
        let is_part = given.len() >= MIN_PART_LENGTH && name.contains(&given);
        strsim::normalized_damerau_levenshtein(&given, name).max(if is_part { PART_SIMILARITY } else { 0.0 })
    };
    let best = names.into_iter().map(|name| (similarity(name), name)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= MIN_SIMILARITY).then_some(best.1)
}

/// Returns the documented parameter most similar to one that is not documented.
pub(crate) fn parameter<'a>(model: &Model, field: &str) -> Option<&'a str> {
    let parameters = model.schema()?["properties"].as_object()?;
    let name = field.split(['[', '.']).next().unwrap_or(field);
    if parameters.contains_key(name) { None } else { most_similar(name, parameters.keys().map(String::as_str)) }
}

/// Returns a hint about a model that is not documented.
pub(crate) fn unknown_model(model: &Model) -> String {
    let models: Vec<Model> = Model::all().collect();
    match most_similar(model.as_str(), models.iter().map(Model::as_str)) {
        Some(name) if *model != name => format!("did you mean `{name}`? `pruna models` lists all models"),
        _ => "`pruna models` lists the documented models".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_recognized() {
        let models: Vec<Model> = Model::all().collect();
        for (given, expected) in [
            ("p-imgae", Some("p-image")),
            ("P-Image", Some("p-image")),
            ("wan-tv2", Some("wan-t2v")),
            ("qwen-image-fats", Some("qwen-image-fast")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(most_similar(given, models.iter().map(Model::as_str)), expected, "{given}");
        }
        for (given, expected) in [("seeds", Some("seed")), ("ratio", Some("aspect_ratio")), ("seed", None), ("q", None)]
        {
            assert_eq!(parameter(&Model::P_IMAGE, given), expected, "{given}");
        }
    }
}
