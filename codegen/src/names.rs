//! From names in the document to names in Rust.

use std::collections::BTreeSet;

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Ident, Span};

/// Names in scope of the generated modules; a model of that name gets a suffix.
const RESERVED_TYPES: [&str; 47] = [
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Box",
    "Clone",
    "Copy",
    "Default",
    "Deserialize",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "ExactSizeIterator",
    "Extend",
    "Extra",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Input",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "IntoMedia",
    "Iterator",
    "Media",
    "Model",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Secret",
    "Self",
    "Send",
    "Serialize",
    "Sized",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Vec",
];
/// Names of this library alone, with the same effect.
const RESERVED_HERE: [&str; 2] = ["Value", "Warning"];

/// Methods that every input has. A parameter of that name gets a suffix, since its setter would hide the method.
const RESERVED_FIELDS: [&str; 14] = [
    "clone",
    "crate",
    "eq",
    "extra",
    "into",
    "model",
    "ne",
    "new",
    "self",
    "serialize",
    "super",
    "to_owned",
    "try_into",
    "warnings",
];

/// Names of generated files that are not a model's.
const RESERVED_MODULES: [&str; 8] =
    ["catalog", "client", "inputs", "models", "parameters", "schemas", "types", "vocabulary"];

/// `p-image` becomes `PImage`.
pub(crate) fn type_name(name: &str) -> String {
    let camel = word(&name.to_upper_camel_case(), "Model");
    let reserved = RESERVED_TYPES.contains(&camel.as_str()) || RESERVED_HERE.contains(&camel.as_str());
    if reserved { format!("{camel}Input") } else { camel }
}

/// `p-image` becomes `p_image`.
pub(crate) fn module_name(name: &str) -> String {
    let snake = word(&name.to_snake_case(), "model");
    if RESERVED_MODULES.contains(&snake.as_str()) { format!("{snake}_input") } else { snake }
}

/// `p-image` becomes `P_IMAGE`.
pub(crate) fn constant_name(name: &str) -> String {
    word(&name.to_shouty_snake_case(), "VALUE")
}

/// `aspect_ratio` stays, `first-frame` becomes `first_frame`, `model` becomes `model_`.
pub(crate) fn field_name(name: &str) -> String {
    let snake = word(&name.to_snake_case(), "field");
    if RESERVED_FIELDS.contains(&snake.as_str()) { format!("{snake}_") } else { snake }
}

/// Returns the constant for one value of an open enum.
///
/// `16:9` of `AspectRatio` becomes `R16_9`: a name may not begin with a digit, and the last word of the type says what the
/// number is.
pub(crate) fn value_name(type_name: &str, value: &str) -> String {
    let spelled = spell(value);
    let shouty = spelled.to_shouty_snake_case();
    if shouty.starts_with(|c: char| c.is_ascii_digit()) {
        let last_word = type_name.to_snake_case();
        let initial = last_word.rsplit('_').next().and_then(|w| w.chars().next()).unwrap_or('v');
        // Shouty snake case would split `480p` into words, and lose the point of `0.25`.
        let digits: String = spelled.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        return format!("{initial}{digits}").to_uppercase();
    }
    word(&shouty, "VALUE")
}

/// Keeps letters and digits, spells out signs, and drops emoji and remarks in parentheses.
fn spell(value: &str) -> String {
    let mut spelled = String::new();
    let mut depth = 0_usize;
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '+' => spelled.push_str(" plus "),
            '*' => spelled.push('x'),
            c if c.is_alphanumeric() => spelled.push(c),
            _ => spelled.push(' '),
        }
    }
    spelled.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Keeps the characters that a Rust name may have.
fn word(text: &str, fallback: &str) -> String {
    let kept: String = text.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    match kept.chars().next() {
        None => fallback.to_owned(),
        Some(c) if c.is_numeric() => format!("{fallback}{kept}"),
        Some(_) if syn::parse_str::<Ident>(&kept).is_ok() || is_keyword(&kept) => kept,
        Some(_) => fallback.to_owned(),
    }
}

fn is_keyword(name: &str) -> bool {
    syn::parse_str::<Ident>(&format!("r#{name}")).is_ok() || matches!(name, "self" | "Self" | "super" | "crate")
}

/// Returns an identifier, raw when the name is a keyword.
pub(crate) fn ident(name: &str) -> Ident {
    if syn::parse_str::<Ident>(name).is_ok() {
        Ident::new(name, Span::call_site())
    } else {
        Ident::new_raw(name, Span::call_site())
    }
}

/// Hands out each name only once.
#[derive(Default)]
pub(crate) struct Unique(BTreeSet<String>);

impl Unique {
    /// Returns the name itself, or the name with the first free number appended.
    pub(crate) fn take(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let mut number = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{}_{number}", name.trim_end_matches('_'));
            number += 1;
        }
        candidate
    }

    /// Does the same for a type, without an underscore before the number.
    pub(crate) fn take_type(&mut self, name: String) -> String {
        let mut candidate = name.clone();
        let mut number = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_names_that_a_person_would_choose() {
        for (type_name, value, name) in [
            ("AspectRatio", "16:9", "R16_9"),
            ("AspectRatio", "match_input_image", "MATCH_INPUT_IMAGE"),
            ("Resolution", "480p", "R480P"),
            ("VaceSize", "720*1280", "S720X1280"),
            ("Megapixels", "0.25", "M0_25"),
            ("SampleSolver", "dpm++", "DPM_PLUS_PLUS"),
            ("SpeedMode", "Juiced 🔥 (default)", "JUICED"),
            ("SpeedMode", "Blink of an eye 👁️", "BLINK_OF_AN_EYE"),
            ("Voice", "Zephyr (Female)", "ZEPHYR"),
            ("Odd", "🔥", "VALUE"),
            ("Odd", "", "VALUE"),
        ] {
            assert_eq!(value_name(type_name, value), name, "{value}");
        }
    }

    #[test]
    fn names_of_models_are_valid_even_when_the_document_is_odd() {
        for (id, expected_type, module) in [
            ("flux-2-klein-4b", "Flux2Klein4b", "flux_2_klein_4b"),
            ("media", "MediaInput", "media"),
            ("client", "Client", "client_input"),
            ("self", "SelfInput", "self"),
            ("größe", "Größe", "größe"),
            ("🔥", "ModelInput", "model"),
            ("3d", "Model3d", "model3d"),
        ] {
            assert_eq!((type_name(id).as_str(), module_name(id).as_str()), (expected_type, module), "{id}");
        }
    }
}
