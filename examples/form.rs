//! A form for any model, filled in at the terminal: `cargo run -p pruna-examples --example form -- p-image lion.jpg`

use std::io::Write as _;

use pruna::{Client, Media, Model, Parameter, ParameterType};
use serde_json::{Map, Value, json};

/// Describes a parameter in one line: `seed (integer, default 42)`.
fn prompt(parameter: &Parameter) -> String {
    let mut notes = Vec::new();
    if parameter.is_required {
        notes.push("required".to_owned());
    }
    if let Some(default) = parameter.default {
        notes.push(format!("default {default}"));
    }
    if let (Some(minimum), Some(maximum)) = (parameter.minimum, parameter.maximum) {
        notes.push(format!("{minimum} to {maximum}"));
    }
    if !parameter.choices.is_empty() {
        let choices: Vec<String> = parameter.choices.iter().map(ToString::to_string).collect();
        notes.push(choices.join(", "));
    }
    format!("{}\n{} ({}): ", parameter.docs, parameter.name, notes.join("; "))
}

/// Converts an answer. The user of a terminal may name local files; a web server must only call `parse`.
fn value(parameter: &Parameter, answer: &str) -> pruna::Result<Value> {
    match parameter.parameter_type {
        ParameterType::Media => Ok(json!(Media::path(answer))),
        ParameterType::List(_) if parameter.is_media() => {
            Ok(answer.split_whitespace().map(|path| json!(Media::path(path))).collect())
        }
        _ => parameter.parse(answer),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(path)) = (arguments.next().map(Model::from), arguments.next()) else {
        return Err("usage: form MODEL OUTPUT".into());
    };
    let mut answers = std::io::stdin().lines();
    let mut input = Map::new();
    for parameter in model.parameters() {
        print!("{}", prompt(parameter));
        std::io::stdout().flush()?;
        let answer = answers.next().transpose()?.unwrap_or_default();
        // An empty answer is not sent: the service applies its default.
        if !answer.is_empty() {
            input.insert(parameter.name.to_owned(), value(parameter, &answer)?);
        }
    }
    let file = Client::from_env()?.model(model).input(input).generate().await?.save(path).await?;
    println!("Saved {}", file.path.display());
    Ok(())
}
