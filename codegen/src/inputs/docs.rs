//! Documentation of a parameter: its meaning, default, range and allowed values.

use serde_json::Value;

use crate::{Field, docs::safe};

/// Writes the documentation. Its first line is the first sentence, which also documents the setter.
pub(super) fn of(field: &Field) -> String {
    let mut doc = safe(field.schema["description"].as_str().unwrap_or_default());
    if doc.is_empty() {
        doc = format!("Parameter `{}`.", field.name);
    }
    if let Some(end) = end_of_first_sentence(&doc) {
        doc.replace_range(end..=end, "\n");
    }
    let facts = facts(&field.schema);
    if !facts.is_empty() {
        doc.push_str("\n\n");
        doc.push_str(&facts.join(" "));
    }
    doc
}

/// Returns the place of the space after the first sentence, if a line may begin with what follows: a number or a sign
/// could turn into a list or a heading there.
fn end_of_first_sentence(doc: &str) -> Option<usize> {
    let line = doc.lines().next()?;
    let end = line.find(". ")? + 1;
    line[end + 1..].starts_with(|c: char| c.is_alphabetic() || c == '`').then_some(end)
}

fn facts(schema: &Value) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(default) = schema.get("default") {
        facts.push(format!("Default: `{}`.", display(default)));
    }
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(minimum), Some(maximum)) => facts.push(format!("From {minimum} to {maximum}.")),
        (Some(minimum), None) => facts.push(format!("At least {minimum}.")),
        (None, Some(maximum)) => facts.push(format!("At most {maximum}.")),
        (None, None) => {}
    }
    if let Some(step) = schema.get("multipleOf") {
        facts.push(format!("A multiple of {step}."));
    }
    match (schema.get("minItems"), schema.get("maxItems")) {
        (Some(minimum), Some(maximum)) => facts.push(format!("{minimum} to {maximum} items.")),
        (Some(minimum), None) => facts.push(format!("At least {minimum} items.")),
        (None, Some(maximum)) => facts.push(format!("At most {maximum} items.")),
        (None, None) => {}
    }
    let values: Vec<String> =
        schema["enum"].as_array().into_iter().flatten().map(|v| format!("`{}`", display(v))).collect();
    if !values.is_empty() {
        facts.push(format!("One of {}.", values.join(", ")));
    }
    facts
}

/// Writes a value as a person would; blank text is quoted.
fn display(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.trim().is_empty() => text.replace('`', "'"),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Kind;

    #[test]
    fn the_first_line_is_the_first_sentence() {
        for (description, expected) in [
            ("One. Two.", "One.\nTwo."),
            ("One. `two` three.", "One.\n`two` three."),
            ("One. 2. Three.", "One. 2. Three."),
            ("One", "One"),
            ("", "Parameter `seed`."),
        ] {
            let field = Field {
                name: "seed".into(),
                rust_name: "seed".into(),
                required: false,
                kind: Kind::Integer,
                schema: json!({"description": description}),
            };
            assert_eq!(of(&field), expected);
        }
    }
}
