//! Open enums: every value that the document lists by name, any other as text.

use std::collections::BTreeMap;

use crate::{
    Kind, ModelInput, emit,
    kinds::enum_values,
    names::{self, Unique},
};

/// One open enum over all models that use it.
struct OpenEnum {
    parameter: String,
    values: Vec<String>,
    models: Vec<String>,
}

/// Returns the source of all open enums: invocations of the library's macro `open_enum!`.
pub(crate) fn emit(models: &[ModelInput]) -> String {
    let enums = collect(models);
    let items: Vec<Vec<String>> = enums.iter().map(|(name, open)| item(name, open)).collect();
    emit::text(&items.join(&String::new()))
}

fn collect(models: &[ModelInput]) -> BTreeMap<String, OpenEnum> {
    let mut enums: BTreeMap<String, OpenEnum> = BTreeMap::new();
    for model in models {
        for field in &model.fields {
            let Kind::OpenEnum(name) = &field.kind else { continue };
            let open = enums.entry(name.clone()).or_insert_with(|| OpenEnum {
                parameter: field.name.clone(),
                values: Vec::new(),
                models: Vec::new(),
            });
            open.models.push(model.model.id.clone());
            for value in enum_values(&field.schema) {
                if !open.values.iter().any(|known| known == value) {
                    open.values.push(value.to_owned());
                }
            }
        }
    }
    enums
}

fn item(name: &str, open: &OpenEnum) -> Vec<String> {
    let models = open.models.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let mut lines = vec![
        "open_enum! {".to_owned(),
        format!("    /// Values of the parameter `{}` of {models}.", open.parameter.replace(['\r', '\n'], " ")),
        format!("    {} {{", names::ident(name)),
    ];
    let mut taken = Unique::default();
    taken.take("KNOWN".into());
    for value in &open.values {
        let constant = names::ident(&taken.take(names::value_name(name, value)));
        lines.push(format!("        {constant} = {value:?},"));
    }
    lines.extend(["    }".to_owned(), "}".to_owned()]);
    lines
}
