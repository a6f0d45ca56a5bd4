//! The name that was probably meant.

use pruna::Model;

/// Below this likeness two names have nothing to do with each other.
const ALIKE: f64 = 0.5;

/// The most similar of some names, if one is similar at all.
pub(crate) fn of<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let likeness = |name: &str| {
        // Part of a name, as `ratio` of `aspect_ratio`, is a good guess too.
        let part = given.len() >= 4 && name.contains(&given);
        strsim::normalized_damerau_levenshtein(&given, name).max(if part { 0.6 } else { 0.0 })
    };
    let best = names.into_iter().map(|name| (likeness(name), name)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

/// The documented parameter that was probably meant, when the given one is not documented.
pub(crate) fn parameter<'a>(model: &Model, field: &str) -> Option<&'a str> {
    let parameters = model.schema()?["properties"].as_object()?;
    let name = field.split(['[', '.']).next().unwrap_or(field);
    if parameters.contains_key(name) { None } else { of(name, parameters.keys().map(String::as_str)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_recognised() {
        let names: Vec<Model> = Model::all().collect();
        for (given, expected) in [
            ("p-imgae", Some("p-image")),
            ("P-Image", Some("p-image")),
            ("wan-tv2", Some("wan-t2v")),
            ("qwen-image-fats", Some("qwen-image-fast")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(of(given, names.iter().map(Model::as_str)), expected, "{given}");
        }
        for (given, expected) in [("seeds", Some("seed")), ("ratio", Some("aspect_ratio")), ("seed", None), ("q", None)]
        {
            assert_eq!(parameter(&Model::P_IMAGE, given), expected, "{given}");
        }
    }
}
