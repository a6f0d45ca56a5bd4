//! `cargo xtask docs`: the reference of the models, and the tables in README.md.

use std::fmt::Write as _;

use anyhow::Context as _;
use pruna_codegen::{Field, Kind, ModelInput};
use pruna_openapi::{ModelFacts, Price, PriceRate, Table};
use serde_json::Value;

use crate::{Outcome, regenerate, tree::Tree, vendored::Vendored};

/// The page that is made.
const PAGE: &str = "docs/models.md";
const README: &str = "README.md";

/// Writes the page and the tables.
///
/// # Errors
///
/// When the document cannot be read, or a file cannot be written.
pub fn run(tree: &mut Tree) -> anyhow::Result<Outcome> {
    let vendored = Vendored::read(tree)?;
    stage(tree, &vendored)?;
    Ok(Outcome { text: regenerate::told(tree.commit()?), success: true })
}

/// Plans to write the page and the tables. A README that does not exist, or has no marks, is left alone.
///
/// # Errors
///
/// When a file cannot be read.
pub fn stage(tree: &mut Tree, vendored: &Vendored) -> anyhow::Result<()> {
    let catalogue = Catalogue::read(vendored)?;
    tree.write(PAGE, catalogue.page());
    if let Some(readme) = tree.find(README)? {
        let readme = fill(&readme, "models", &catalogue.overview("docs/models.md"));
        tree.write(README, fill(&readme, "features", &features(&tree.read("Cargo.toml")?)?));
    }
    Ok(())
}

/// The marks of README.md that are missing.
///
/// # Errors
///
/// When the file cannot be read.
pub fn missing_marks(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let readme = tree.read(README)?;
    let missing = ["models", "features"].into_iter().filter(|name| between(&readme, name).is_none());
    Ok(missing.map(|name| format!("{README} has no block <!-- {name} --> … <!-- /{name} -->")).collect())
}

/// All that is known of all models.
struct Catalogue {
    version: String,
    models: Vec<(String, Option<ModelInput>, ModelFacts)>,
}

impl Catalogue {
    fn read(vendored: &Vendored) -> anyhow::Result<Self> {
        let document = vendored.patched()?;
        let table = Table::parse(&vendored.models)?;
        let inputs = vendored.read_models()?;
        let models = pruna_openapi::model_ids(&document).into_iter().map(|id| {
            let input = inputs.iter().find(|input| input.model.id == id).cloned();
            let facts = table.facts(&id, input.as_ref().map(|input| &input.model));
            (id, input, facts)
        });
        Ok(Self { version: vendored.version()?, models: models.collect() })
    }

    /// One line for each model, with links into the page.
    fn overview(&self, page: &str) -> String {
        let mut text = String::from(
            "| model | input | for | makes | usual time | list price | submissions a minute |\n\
             |---|---|---|---|--:|---|--:|\n",
        );
        for (id, input, facts) in &self.models {
            let _ = writeln!(
                text,
                "| [`{id}`]({page}#{}) | {} | {} | {} | {} | {} | {} |",
                anchor(id),
                input.as_ref().map_or_else(|| "untyped".into(), |input| format!("`{}`", input.type_name)),
                facts.category,
                facts.outputs.join(", "),
                duration(facts.typical_seconds),
                facts.price.as_ref().map_or_else(|| "not known".into(), price),
                facts.requests_per_minute.map_or_else(|| "not known".into(), |limit| limit.to_string()),
            );
        }
        text
    }

    fn page(&self) -> String {
        let mut text = format!(
            "<!-- Made by `cargo xtask docs`; changes made here are lost. -->\n\n\
             # The models of P-API {}\n\n\
             Parameters, defaults, ranges and limits are those of the OpenAPI document. Times and prices are readings and \
             list prices, for planning; they are not guaranteed.\n\n{}",
            self.version,
            self.overview("")
        );
        for (id, input, _) in &self.models {
            let _ = write!(text, "\n## {id}\n\n");
            match input {
                Some(input) => section(&mut text, input),
                None => text.push_str("The document does not describe its input.\n"),
            }
        }
        text
    }
}

fn section(text: &mut String, input: &ModelInput) {
    let _ = write!(
        text,
        "{}\n\n`pruna::inputs::{}`\n\n| parameter | type | default | allowed | meaning |\n|---|---|---|---|---|\n",
        prose(&input.model.description),
        input.type_name
    );
    for field in &input.fields {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            if field.required { format!("**`{}`**", field.name) } else { format!("`{}`", field.name) },
            kind(&field.kind),
            default(field),
            allowed(&field.schema),
            prose(field.schema["description"].as_str().unwrap_or_default()),
        );
    }
    text.push_str("\nParameters in bold are required.\n");
    if let Some(example) = &input.model.example {
        let _ = write!(text, "\n```json\n{example:#}\n```\n");
    }
}

fn default(field: &Field) -> String {
    match field.schema.get("default") {
        _ if field.required => "required".into(),
        Some(default) => code(default),
        None => String::new(),
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::Integer => "integer".into(),
        Kind::Number => "number".into(),
        Kind::Boolean => "yes or no".into(),
        Kind::Media => "file or address".into(),
        Kind::Secret => "secret".into(),
        Kind::OpenEnum(name) => format!("`{name}`"),
        Kind::List(item) => format!("list of {}", self::kind(item)),
        Kind::Any => "JSON".into(),
    }
}

/// Range, count, values.
fn allowed(schema: &Value) -> String {
    let mut facts = Vec::new();
    for (least, most, unit) in
        [("minimum", "maximum", ""), ("minItems", "maxItems", " items"), ("minLength", "maxLength", " characters")]
    {
        match (schema.get(least), schema.get(most)) {
            (Some(least), Some(most)) => facts.push(format!("{least} to {most}{unit}")),
            (Some(least), None) => facts.push(format!("from {least}{unit}")),
            (None, Some(most)) => facts.push(format!("up to {most}{unit}")),
            (None, None) => {}
        }
    }
    if let Some(step) = schema.get("multipleOf") {
        facts.push(format!("a multiple of {step}"));
    }
    let values: Vec<String> = schema["enum"].as_array().into_iter().flatten().map(code).collect();
    if !values.is_empty() {
        facts.push(values.join(" "));
    }
    facts.join("; ")
}

fn code(value: &Value) -> String {
    let text = value.as_str().filter(|text| !text.trim().is_empty()).map_or_else(|| value.to_string(), str::to_owned);
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace('\n', " "))
}

/// Prose as one line of a table cell.
fn prose(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('<', "\\<")
}

fn duration(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds} s") } else { format!("{:.0} min", seconds / 60.0) }
}

fn price(price: &Price) -> String {
    let unit = price.unit.as_str();
    match &price.rate {
        PriceRate::Flat(usd) => format!("{usd} / {unit}"),
        PriceRate::ByParameter { rates, .. } => {
            let rates: Vec<String> = rates.iter().map(|(value, usd)| format!("{usd} ({value})")).collect();
            format!("{} / {unit}", rates.join(", "))
        }
    }
}

/// The anchor that renderers give to a heading: letters, digits, hyphens and underscores, in small letters.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// The features of a manifest, each with the `##` comment above it.
fn features(manifest: &str) -> anyhow::Result<String> {
    let manifest: toml_edit::DocumentMut = manifest.parse().context("Cargo.toml")?;
    let features = manifest["features"].as_table().context("Cargo.toml has no [features]")?;
    let on: Vec<&str> = features
        .get("default")
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str())
        .collect();
    let mut text = String::from("| feature | on | what it does |\n|---|---|---|\n");
    for (name, _) in features.iter().filter(|(name, _)| *name != "default") {
        let above = features.key(name).and_then(|key| key.leaf_decor().prefix()).and_then(|prefix| prefix.as_str());
        let words: Vec<&str> =
            above.unwrap_or_default().lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
        let _ = writeln!(text, "| `{name}` | {} | {} |", if on.contains(&name) { "yes" } else { "" }, words.join(" "));
    }
    Ok(text)
}

/// Where the text between `<!-- name -->` and `<!-- /name -->` starts and ends.
fn between(text: &str, name: &str) -> Option<(usize, usize)> {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = text.find(&open)? + open.len();
    Some((start, start + text[start..].find(&close)?))
}

fn fill(text: &str, name: &str, block: &str) -> String {
    match between(text, name) {
        Some((start, end)) => format!("{}\n{}{}", &text[..start], block, &text[end..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{anchor, features, fill};

    #[test]
    fn only_the_marked_block_is_replaced() {
        let readme = "a\n<!-- models -->\nold\n<!-- /models -->\nb\n";
        assert_eq!(fill(readme, "models", "new\n"), "a\n<!-- models -->\nnew\n<!-- /models -->\nb\n");
        assert_eq!(fill("no mark", "models", "new\n"), "no mark");
    }

    #[test]
    fn features_are_told_with_the_words_above_them() {
        let manifest = "[features]\ndefault = [\"a\"]\n## Does this.\na = []\n## Does\n## that.\nb = []\n";
        let table =
            "| feature | on | what it does |\n|---|---|---|\n| `a` | yes | Does this. |\n| `b` |  | Does that. |\n";
        assert_eq!(features(manifest).unwrap(), table);
    }

    #[test]
    fn anchors_are_those_of_a_renderer() {
        assert_eq!(anchor("Flux-2.klein 4b"), "flux-2klein4b");
    }
}
