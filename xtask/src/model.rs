//! `cargo xtask model`: starts the description of a new model with what the OpenAPI document says about it.

use std::{
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use pruna_codegen::{Field, Kind, ModelInput};
use pruna_openapi::{ModelFacts, Table};
use serde_json::Value;
use toml_edit::DocumentMut;

use crate::{outcome::Outcome, tree::Tree, vendored::Vendored};

const TABLE: &str = "openapi/models.toml";
const EXAMPLES: &str = "examples/Cargo.toml";

/// Adds a table to models.toml and a program to examples/ unless they exist.
///
/// # Errors
///
/// When the OpenAPI document does not have the model.
pub fn run(tree: &mut Tree, id: &str) -> anyhow::Result<Outcome> {
    let vendored = Vendored::read(tree)?;
    let ids = pruna_openapi::model_ids(&vendored.patched()?);
    if !ids.iter().any(|known| known == id) {
        bail!("the OpenAPI document does not have the model {id}; it has {}", ids.join(", "));
    }
    let inputs = vendored.read_models()?;
    let input = inputs.iter().find(|input| input.model.id == id);
    let table = Table::parse(&vendored.models)?;
    let mut text = String::new();

    if table.models().any(|listed| listed == id) {
        let _ = writeln!(text, "{TABLE} already has {id}");
    } else {
        let entry = entry(id, &table.facts(id, input.map(|input| &input.model)));
        tree.write(TABLE, format!("{}\n{entry}", vendored.models));
        text.push_str("guessed, please check: category, outputs, typical_seconds, try_sync; missing: price\n");
    }
    match input {
        None => text.push_str("no example: the OpenAPI document does not describe the input\n"),
        Some(input) => {
            let path = format!("examples/{}.rs", input.module_name);
            match (tree.find(&path)?, example(input)) {
                (Some(_), _) => writeln!(text, "{path} already exists")?,
                (None, Err(why)) => writeln!(text, "no example: {why}")?,
                (None, Ok(program)) => {
                    tree.write(path, formatted(program));
                    let manifest = declared(&tree.read(EXAMPLES)?, &input.module_name)?;
                    tree.write(EXAMPLES, manifest);
                }
            }
        }
    }
    for line in tree.commit()? {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("then: cargo xtask regenerate\n");
    Ok(Outcome::success(text))
}

/// Renders the table of a model with guessed values.
fn entry(id: &str, facts: &ModelFacts) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string().trim().to_owned();
    let key = toml_edit::Key::new(id).display_repr().into_owned();
    let outputs: Vec<String> = facts.outputs.iter().map(|output| quoted(output)).collect();
    format!(
        "# Guessed from the OpenAPI document by `cargo xtask model`; please check.\n[{key}]\ncategory = {}\noutputs = [{}]\n\
         typical_seconds = {:?}\ntry_sync = {}\n",
        quoted(&facts.category),
        outputs.join(", "),
        facts.typical_seconds,
        facts.try_sync,
    )
}

/// Renders a program that submits the example in the OpenAPI document.
fn example(model: &ModelInput) -> anyhow::Result<String> {
    let shown = model.model.example.as_ref().and_then(Value::as_object).context("the OpenAPI document has none")?;
    if let Some(field) = model.fields.iter().find(|field| field.required && !shown.contains_key(&field.name)) {
        bail!("the example in the OpenAPI document lacks {}, which the model requires", field.name);
    }
    let mut arguments = Vec::new();
    for field in model.fields.iter().filter(|field| field.required) {
        let value = &shown[&field.name];
        let literal = literal(&field.kind, value);
        arguments.push(literal.with_context(|| {
            format!("{value} in the example of the OpenAPI document does not fit the parameter {}", field.name)
        })?);
    }
    let mut calls = String::new();
    for (name, value) in shown {
        let field = model.fields.iter().find(|field| field.name == *name);
        match field.map(|field| (field, literal(&field.kind, value))) {
            Some((field, _)) if field.required => {}
            Some((field, Some(literal))) => writeln!(calls, ".{}({literal})", method(field))?,
            _ => writeln!(calls, ".extra({name:?}, serde_json::json!({value}))")?,
        }
    }
    let (id, module) = (&model.model.id, &model.module_name);
    let call = format!("{}::new({}){}", model.type_name, arguments.join(", "), calls.trim_end());
    let input = &model.type_name;
    let media = if call.contains("Media::url(") { "Media, " } else { "" };
    Ok(format!(
        r#"//! The example of {id} in the OpenAPI document: `cargo run -p pruna-examples --example {module} -- FOLDER`

use pruna::{{Client, {media}inputs::{input}}};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let input = {call};
    for file in Client::from_env()?.generate(input).await?.save_all(folder).await? {{
        println!("Saved {{}}", file.path.display());
    }}
    Ok(())
}}
"#
    ))
}

/// Adds an example to a manifest, behind the others.
fn declared(manifest: &str, name: &str) -> anyhow::Result<String> {
    let mut manifest: DocumentMut = manifest.parse().context(EXAMPLES)?;
    let examples = manifest.get_mut("example").and_then(|examples| examples.as_array_of_tables_mut());
    let mut example = toml_edit::Table::new();
    example.insert("name", toml_edit::value(name));
    example.insert("path", toml_edit::value(format!("{name}.rs")));
    examples.with_context(|| format!("{EXAMPLES} declares no examples"))?.push(example);
    Ok(manifest.to_string())
}

/// Renders a value as a setter takes it; `None` when its type does not match the parameter.
fn literal(kind: &Kind, value: &Value) -> Option<String> {
    Some(match (kind, value) {
        (Kind::Text | Kind::Secret | Kind::OpenEnum(_), Value::String(text)) => format!("{text:?}"),
        (Kind::Media, Value::String(text)) => format!("Media::url({text:?})"),
        (Kind::Integer, number) => number.as_i64()?.to_string(),
        (Kind::Number, number) => format!("{:?}", number.as_f64()?),
        (Kind::Boolean, Value::Bool(flag)) => flag.to_string(),
        (Kind::List(item), Value::Array(values)) if !values.is_empty() => {
            let items: Option<Vec<String>> = values.iter().map(|value| literal(item, value)).collect();
            format!("[{}]", items?.join(", "))
        }
        (Kind::Any, value) => format!("serde_json::json!({value})"),
        _ => return None,
    })
}

/// Names the setter of a parameter; a keyword becomes a raw identifier, as in the generated code.
fn method(field: &Field) -> String {
    const KEYWORDS: [&str; 12] = ["as", "box", "do", "fn", "for", "in", "loop", "mod", "move", "ref", "type", "where"];
    let name = &field.rust_name;
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name.clone() }
}

/// Formats a program; returns it unchanged when rustfmt is not installed.
fn formatted(program: String) -> String {
    let rustfmt = || -> anyhow::Result<String> {
        let mut child = Command::new("rustfmt")
            .args(["--edition", "2024", "--config", "max_width=120,use_small_heuristics=Max"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        child.stdin.take().context("no input")?.write_all(program.as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("not formatted");
        }
        Ok(String::from_utf8(output.stdout)?)
    };
    rustfmt().unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn an_example_is_declared_behind_the_others() {
        let manifest = "[[example]]\nname = \"a\"\npath = \"a.rs\"\n\n# Lints.\n[lints]\nworkspace = true\n";
        let expected = "[[example]]\nname = \"a\"\npath = \"a.rs\"\n\n[[example]]\nname = \"b\"\npath = \"b.rs\"\n\n\
                        # Lints.\n[lints]\nworkspace = true\n";
        assert_eq!(declared(manifest, "b").unwrap(), expected);
    }
}
