//! Help, lists, manual pages and completions.

use libtest_mimic::Trial;
use pruna::{Model, Parameter, PriceRate};
use serde_json::{Value, json};

use crate::support::{Service, bare, finish};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_help_of_every_command_matches_the_snapshot,
        the_list_of_models_is_that_of_the_readme,
        the_json_list_has_the_facts_of_every_model,
        the_json_of_a_model_is_its_schema,
        every_parameter_of_a_model_is_shown_with_its_type_default_and_description,
        every_command_has_a_manual_page,
        completions_contain_every_command,
    ]
}

const COMMANDS: [&[&str]; 14] = [
    &["models"],
    &["models", "show"],
    &["run"],
    &["submit"],
    &["status"],
    &["wait"],
    &["download"],
    &["upload"],
    &["train"],
    &["batch"],
    &["spend"],
    &["emulator"],
    &["completions"],
    &["man"],
];

fn output(args: &[&str]) -> String {
    let mut command = bare();
    command.args(args);
    let run = finish(command, "");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout
}

fn the_help_of_every_command_matches_the_snapshot() {
    let mut all = output(&["--help"]);
    for command in COMMANDS {
        let help = output(&[command, &["--help"]].concat());
        let examples = help.split("Examples:\n").nth(1).unwrap_or_default();
        assert!(examples.matches("pruna ").count() >= 2, "{command:?}");
        all += &format!("\n======== pruna {} --help\n{help}", command.join(" "));
    }
    insta::assert_snapshot!("help", all);
}

/// Returns the lines of the output of `pruna models show`, each split into its cells.
fn shown_parameters(model: &str) -> Vec<Vec<String>> {
    let output = output(&["models", "show", model]);
    let rows = output.lines().skip_while(|line| !line.starts_with(" parameter "));
    rows.map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect())
        .collect()
}

/// `cargo xtask regenerate` writes the list in the README.
fn the_list_of_models_is_that_of_the_readme() {
    let readme = include_str!("../README.md");
    let listed = readme.split("$ pruna models\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(Some(output(&["models"]).as_str()), listed);
}

fn the_json_list_has_the_facts_of_every_model() {
    let listed: Vec<Value> = serde_json::from_str(&output(&["models", "--json"])).unwrap();
    assert_eq!(listed.len(), Model::all().count());
    for (entry, model) in listed.iter().zip(Model::all()) {
        let info = model.info();
        let keys: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "id",
                "category",
                "rate_limit_per_minute",
                "typical_seconds",
                "price",
                "outputs",
                "try_sync",
                "description"
            ]
        );
        for (key, expected) in [
            ("id", json!(model)),
            ("category", json!(info.category.as_str())),
            ("rate_limit_per_minute", json!(info.requests_per_minute)),
            ("typical_seconds", json!(info.typical_seconds)),
            ("outputs", json!(info.outputs)),
            ("try_sync", json!(info.try_sync)),
            ("description", json!(info.description)),
        ] {
            assert_eq!(entry[key], expected, "{model} {key}");
        }
        let price = info.price.as_ref().map(|price| match price.rate {
            PriceRate::Flat(usd) => json!({"usd": usd, "per": price.unit.to_string()}),
            PriceRate::ByParameter { parameter, rates, .. } => {
                let rates: Value = rates.iter().map(|(value, usd)| ((*value).to_owned(), json!(usd))).collect();
                json!({"usd": rates, "by": parameter, "per": price.unit.to_string()})
            }
            _ => panic!("{model} has another kind of price"),
        });
        assert_eq!(entry["price"], json!(price), "{model}");
    }
}

fn the_json_of_a_model_is_its_schema() {
    for model in Model::all() {
        let schema: Value = serde_json::from_str(&output(&["models", "show", model.as_str(), "--json"])).unwrap();
        assert_eq!(Some(&schema), model.schema());
    }
}

fn every_parameter_of_a_model_is_shown_with_its_type_default_and_description() {
    for model in Model::all() {
        let rows = shown_parameters(model.as_str());
        assert_eq!(rows[0], ["parameter", "type", "default", "range, values", "description"], "{model}");
        let (required, optional): (Vec<&Parameter>, Vec<&Parameter>) =
            model.parameters().iter().partition(|known| known.is_required);
        assert_eq!(rows.len(), 1 + required.len() + optional.len(), "{model}");
        for (parameter, row) in required.into_iter().chain(optional).zip(&rows[1..]) {
            let star = if parameter.is_required { " *" } else { "" };
            assert_eq!(row[0], format!("{}{star}", parameter.name), "{model}");
            let docs = parameter.docs.lines().next().unwrap_or_default().split("  ").next().unwrap_or_default();
            assert!(row.iter().any(|cell| cell.starts_with(docs.trim())), "{model} {row:?}");
            if let Some(default) = parameter.default.map(|value| value.to_json()) {
                let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
                assert!(default.trim().is_empty() || row[2] == default.trim(), "{model} {row:?}");
            }
        }
    }
}

fn every_command_has_a_manual_page() {
    let service = Service::start();
    assert_eq!(service.run(&["man", "pages"]).code, 0);
    for command in [&[][..]].into_iter().chain(COMMANDS) {
        let name = [&["pruna"], command].concat().join("-");
        let page = std::fs::read_to_string(service.path(&format!("pages/{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains("Examples:"), "{name}");
    }
}

fn completions_contain_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output(&["completions", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command[0])), "{shell}");
    }
    // The script is valid in the shell.
    let script = output(&["completions", "bash"]);
    let mut bash = std::process::Command::new("bash");
    bash.args(["-n", "/dev/stdin"]);
    let checked = finish(bash, &script);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""));
}
