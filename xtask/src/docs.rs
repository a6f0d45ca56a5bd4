//! `cargo xtask docs`: the reference of the models, the tables in README.md, the floors in DESIGN.md.

use std::fmt::Write as _;

use anyhow::Context as _;
use pruna_codegen::{Amount, Field, Kind, ModelEntry, ModelInput, Price, Table, describe};
use serde_json::Value;

use crate::{floors, outcome::Outcome, tree::Tree, vendored::Vendored};

/// The page that is made.
const PAGE: &str = "docs/models.md";
const README: &str = "README.md";
const DESIGN: &str = "DESIGN.md";
/// The generated blocks of each file.
const BLOCKS: [(&str, &str); 3] = [(README, "models"), (README, "features"), (DESIGN, "floors")];

/// Writes the page, the tables and the floors.
///
/// # Errors
///
/// When the document cannot be read, or a file cannot be written.
pub fn run(tree: &mut Tree) -> anyhow::Result<Outcome> {
    let vendored = Vendored::read(tree)?;
    stage(tree, &vendored)?;
    Ok(Outcome::of_files(&tree.commit()?))
}

/// Plans to write the page, the tables and the floors. A file that does not exist, or has no marks, is left alone.
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
    if let Some(design) = tree.find(DESIGN)? {
        tree.write(DESIGN, fill(&design, "floors", &format!("```text\n{}```\n", floors::picture(tree)?)));
    }
    Ok(())
}

/// The generated blocks whose marks are missing.
///
/// # Errors
///
/// When a file cannot be read.
pub fn missing_marks(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for (file, name) in BLOCKS {
        if tree.find(file)?.is_none_or(|text| between(&text, name).is_none()) {
            missing.push(format!("{file} has no block <!-- {name} --> … <!-- /{name} -->"));
        }
    }
    Ok(missing)
}

/// All that is known of all models.
struct Catalogue {
    version: String,
    models: Vec<(String, Option<ModelInput>, ModelEntry)>,
}

impl Catalogue {
    fn read(vendored: &Vendored) -> anyhow::Result<Self> {
        let document = vendored.patched()?;
        let table = Table::parse(&vendored.models)?;
        let inputs = vendored.read_models()?;
        let models = pruna_codegen::model_ids(&document).into_iter().map(|id| {
            let input = inputs.iter().find(|input| input.id == id).cloned();
            let entry = describe(&id, input.as_ref(), &table);
            (id, input, entry)
        });
        Ok(Self { version: vendored.version()?, models: models.collect() })
    }

    /// One line for each model, with links into the page.
    fn overview(&self, page: &str) -> String {
        let mut text = String::from(
            "| model | input | for | makes | usual time | list price | submissions a minute |\n\
             |---|---|---|---|--:|---|--:|\n",
        );
        for (id, input, entry) in &self.models {
            let _ = writeln!(
                text,
                "| [`{id}`]({page}#{}) | {} | {} | {} | {} | {} | {} |",
                anchor(id),
                input.as_ref().map_or_else(|| "untyped".into(), |input| format!("`{}`", input.type_name)),
                entry.category.as_deref().unwrap_or_default(),
                entry.outputs.join(", "),
                duration(entry.typical_seconds.unwrap_or_default()),
                entry.price.as_ref().map_or_else(|| "not known".into(), price),
                entry.requests_per_minute.map_or_else(|| "not known".into(), |limit| limit.to_string()),
            );
        }
        text
    }

    fn page(&self) -> String {
        let mut text = format!(
            "<!-- Made by `cargo xtask docs`; changes made here are lost. -->\n\n\
             # The models of P-API {}\n\n\
             Parameters, defaults, ranges and limits are those of the document. Times and prices are readings and list \
             prices, good enough to plan with, never a promise.\n\n{}",
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
        prose(&input.description),
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
    if let Some(example) = &input.example {
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
        Kind::Open(name) => format!("`{name}`"),
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
    let per = &price.per;
    match &price.usd {
        Amount::Flat(usd) => format!("${usd} / {per}"),
        Amount::By(amounts) => {
            let amounts: Vec<String> = amounts.iter().map(|(value, usd)| format!("${usd} ({value})")).collect();
            format!("{} / {per}", amounts.join(", "))
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
