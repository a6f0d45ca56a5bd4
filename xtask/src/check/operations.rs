//! Whether every operation of the OpenAPI document can be reached through the library.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::finding::Finding;
use crate::{api, tree::Tree, vendored::Vendored};

/// How each operation is reached.
const FILE: &str = "xtask/operations.toml";

/// One line of the table of operations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Access {
    /// By these functions.
    Reached(Vec<String>),
    /// Only through `pruna::raw`, for this reason.
    Raw(String),
}

/// Compares the table with the document and the listing of the public API.
pub(super) fn check(tree: &Tree) -> anyhow::Result<Finding> {
    let listed: BTreeMap<String, Access> = toml::from_str(&tree.read(FILE)?).context(FILE)?;
    let document = Vendored::read(tree)?.patched()?;
    let listing = tree.find(api::LISTING)?.unwrap_or_default();
    let documented = operation_names(&document);
    let mut faults = Vec::new();
    for name in documented.iter().filter(|name| !listed.contains_key(*name)) {
        faults.push(format!("{name} is not listed"));
    }
    for (name, access) in &listed {
        if !documented.contains(name) {
            faults.push(format!("{name} is listed, but the OpenAPI document does not have it"));
        }
        match access {
            Access::Raw(reason) if reason.trim().is_empty() => faults.push(format!("{name} is raw without a reason")),
            Access::Raw(_) => {}
            Access::Reached(items) if items.is_empty() => faults.push(format!("{name} lists no function")),
            Access::Reached(items) => {
                let is_public = |item: &str| listing.lines().any(|line| line.contains(&format!("fn {item}(")));
                let missing = items.iter().filter(|item| !is_public(item));
                faults.extend(missing.map(|item| format!("{name}: {item} is not in {}", api::LISTING)));
            }
        }
    }
    Ok(Finding::from_faults(faults, format!("an edit of {FILE}")))
}

fn operation_names(document: &Value) -> Vec<String> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = METHODS.into_iter().filter(|method| item.get(method).is_some());
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}
