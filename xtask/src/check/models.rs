//! Which models still lack a description.

use super::finding::Finding;
use crate::{tree::Tree, vendored::Vendored};

pub(super) fn check(tree: &Tree, deny_missing: bool) -> anyhow::Result<Finding> {
    let work = models_to_describe(tree)?;
    Ok(match work.is_empty() {
        true => Finding::Pass,
        false if deny_missing => Finding::from_faults(work, "cargo xtask model NAME, then an edit of what it wrote"),
        false => Finding::Todo(work),
    })
}

/// Lists what models lack: a type, an example, a line in models.toml; one line for each.
///
/// # Errors
///
/// When the OpenAPI document cannot be read.
pub fn models_to_describe(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let vendored = Vendored::read(tree)?;
    let table = pruna_openapi::Table::parse(&vendored.models)?;
    let inputs = vendored.read_models()?;
    let ids = pruna_openapi::model_ids(&vendored.patched()?);
    let mut work = Vec::new();
    for id in &ids {
        if !table.models().any(|listed| listed == id) {
            work.push(format!("{id} has no line in models.toml (cargo xtask model {id})"));
        }
        match inputs.iter().find(|input| input.model.id == *id) {
            None => work.push(format!("{id} has no type: the OpenAPI document does not describe its input")),
            Some(input) if input.model.example.is_none() => {
                if tree.find(format!("examples/{}.rs", input.module_name))?.is_none() {
                    work.push(format!("{id} has no example, neither in the OpenAPI document nor in examples/"));
                }
            }
            Some(_) => {}
        }
    }
    for listed in table.models().filter(|listed| !ids.iter().any(|id| id == listed)) {
        work.push(format!("{listed} has a line in models.toml, but the OpenAPI document does not have it"));
    }
    Ok(work)
}
