//! Typed inputs: one invocation of the library's macro `input!` for each model.
//!
//! The macro, in `src/inputs/define.rs`, knows what every input has in common; what is generated is what differs.

mod docs;

use pruna_openapi::Error;
use quote::quote;

use crate::{Field, ModelInput, docs::safe, emit, names::ident};

/// Returns the source of one input.
pub(crate) fn emit(model: &ModelInput) -> String {
    let mut lines = vec!["input! {".to_owned()];
    lines.extend(emit::doc_lines(&safe(&model.model.description)).map(|line| format!("    {line}")));
    lines.push("    ///".to_owned());
    lines.push(format!("    /// Input of the model `{}`.", model.model.id));
    lines.push(format!("    {} for {};", ident(&model.type_name), ident(&model.constant_name)));
    for (group, required) in [("required", true), ("optional", false)] {
        lines.push(format!("    {group} {{"));
        for field in model.fields.iter().filter(|field| field.required == required) {
            lines.extend(parameter(field).into_iter().map(|line| format!("        {line}")));
        }
        lines.push("    }".to_owned());
    }
    lines.push("}".to_owned());
    emit::text(&lines)
}

/// Returns the source that includes all inputs.
pub(crate) fn emit_index(models: &[ModelInput]) -> Result<String, Error> {
    let includes = models.iter().map(|model| {
        let file = format!("{}.snap.rs", model.module_name);
        quote! { include!(#file); }
    });
    emit::source(quote! { #(#includes)* })
}

/// Returns the names of all types as the argument of a macro that the including file defines, for tests of every type.
pub(crate) fn emit_types(models: &[ModelInput]) -> Result<String, Error> {
    let types = models.iter().map(|model| ident(&model.type_name));
    emit::source(quote! { for_types! { #(#types)* } })
}

fn parameter(field: &Field) -> Vec<String> {
    let mut lines: Vec<String> = emit::doc_lines(&docs::of(field)).collect();
    if field.rust_name != field.name {
        lines.push(format!("#[serde(rename = {:?})]", field.name));
    }
    if field.kind.holds_numbers() {
        // A whole number is sent as one: `1`, not `1.0`.
        lines.push("#[serde(serialize_with = \"number\")]".to_owned());
    }
    lines.push(format!("{}: {},", ident(&field.rust_name), field.kind.notation()));
    lines
}
