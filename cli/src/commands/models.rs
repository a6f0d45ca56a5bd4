//! `pruna models`: lists the models and their parameters.

use std::time::Duration;

use clap::Subcommand;
use comfy_table::{Attribute, Cell};
use pruna::{Model, ModelInfo, Price, PriceRate};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{failure::Failure, output, suggest, table, units::format_duration};

/// List the models, or show the parameters of one
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  pruna models
  pruna models --json | jq -r '.[] | select(.category == \"text-to-video\").id'

Prices are list prices and times are third-party measurements. They are estimates, not guarantees."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    show: Option<Show>,
    /// Print the models as a JSON array of objects
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Show {
    /// Show the parameters of a model: type, default, range, values, description
    #[command(after_help = "\
Examples:
  pruna models show p-image
  pruna models show wan-t2v --json > wan-t2v.schema.json")]
    Show {
        /// Model id; `pruna models` lists all models
        model: Model,
        /// Print the JSON Schema of the input
        #[arg(long)]
        json: bool,
    },
}

/// A model as `--json` prints it.
#[derive(Serialize)]
struct ModelEntry {
    id: Model,
    category: &'static str,
    rate_limit_per_minute: Option<u32>,
    typical_seconds: f64,
    /// In US dollars: `{"usd", "per"}`, or `{"usd": {VALUE: AMOUNT}, "by", "per"}`.
    price: Option<Value>,
    outputs: &'static [&'static str],
    try_sync: bool,
    description: &'static str,
}

impl Args {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.show {
            Some(Show::Show { model, json }) => show(&model, json),
            None if self.json => output::pretty_json(&Model::all().map(ModelEntry::from).collect::<Vec<_>>()),
            None => list(),
        }
    }
}

impl From<Model> for ModelEntry {
    fn from(model: Model) -> Self {
        let info = model.info();
        Self {
            id: model,
            category: info.category.as_str(),
            rate_limit_per_minute: info.requests_per_minute,
            typical_seconds: info.typical_seconds,
            price: info.price.as_ref().and_then(price_json),
            outputs: info.outputs,
            try_sync: info.try_sync,
            description: info.description,
        }
    }
}

fn price_json(price: &Price) -> Option<Value> {
    let per = price.unit.to_string();
    match price.rate {
        PriceRate::Flat(usd) => Some(json!({"usd": usd, "per": per})),
        PriceRate::ByParameter { parameter, rates, .. } => {
            let usd: serde_json::Map<_, _> = rates.iter().map(|(of, usd)| ((*of).to_owned(), json!(usd))).collect();
            Some(json!({"usd": usd, "by": parameter, "per": per}))
        }
        _ => None,
    }
}

/// Lists the models by category, in the order of the OpenAPI document.
fn list() -> Result<(), Failure> {
    let models: Vec<(Model, &ModelInfo)> = Model::all().map(|model| (model.clone(), model.info())).collect();
    let mut categories: Vec<&str> = Vec::new();
    for (_, info) in &models {
        if !categories.contains(&info.category.as_str()) {
            categories.push(info.category.as_str());
        }
    }
    let mut table = table::new(&["category", "model", "output", "typical time", "per minute", "list price"], 0);
    for category in categories {
        let members = models.iter().filter(|(_, info)| info.category == category);
        for (index, (model, info)) in members.enumerate() {
            table.add_row([
                if index == 0 { category.to_owned() } else { String::new() },
                model.to_string(),
                info.outputs.first().map_or_else(String::new, |kind| (*kind).to_owned()),
                format_duration(Duration::from_secs_f64(info.typical_seconds)),
                info.requests_per_minute.map_or_else(String::new, |limit| limit.to_string()),
                info.price.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string),
            ]);
        }
    }
    output::styled(table.trim_fmt())
}

/// Shows the parameters of a model.
fn show(model: &Model, json: bool) -> Result<(), Failure> {
    let Some(schema) = model.schema() else {
        return Err(Failure::usage(format!("the model {model} is not documented")).hint(suggest::unknown_model(model)));
    };
    if json {
        return output::pretty_json(schema);
    }
    let info = model.info();
    output::line(format_args!("{model} ({})\n{}\n\nParameters (* required):", info.category, info.description))?;
    let mut table = table::new(&["parameter", "type", "default", "range, values", "description"], 2);
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|names| names.contains(&name.into()));
    let mut parameters: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
    parameters.sort_by_key(|(name, _)| !is_required(name));
    for (name, property) in parameters {
        let required = is_required(name);
        let cell = Cell::new(if required { format!("{name} *") } else { name.clone() });
        table.add_row([
            if required { cell.add_attribute(Attribute::Bold) } else { cell },
            Cell::new(type_name(property)),
            Cell::new(property.get("default").map(plain).unwrap_or_default()),
            Cell::new(values(property)),
            Cell::new(property["description"].as_str().unwrap_or_default()),
        ]);
    }
    output::styled(table.trim_fmt())
}

/// Returns the type of a parameter as the table shows it.
fn type_name(property: &Value) -> String {
    let item = &property["items"];
    match (property["type"].as_str(), property["format"].as_str()) {
        (Some("array"), _) => format!("list of {}", type_name(item)),
        (_, Some("uri")) => "media".into(),
        (_, Some("password")) => "secret".into(),
        (Some(name), _) => name.into(),
        (None, _) => "any".into(),
    }
}

/// Returns the range or the values of a parameter as the table shows them.
fn values(property: &Value) -> String {
    if let Some(values) = property["enum"].as_array() {
        return values.iter().map(plain).collect::<Vec<_>>().join(", ");
    }
    let bound = |name: &str| property.get(name).map(plain);
    match (bound("minimum"), bound("maximum"), bound("maxItems")) {
        (Some(min), Some(max), _) => format!("{min} to {max}"),
        (Some(min), None, _) => format!("at least {min}"),
        (None, Some(max), _) => format!("at most {max}"),
        (None, None, Some(max)) => format!("at most {max} items"),
        (None, None, None) => String::new(),
    }
}

/// Formats a value as it is typed on the command line.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
