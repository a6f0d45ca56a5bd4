//! Typed inputs: a struct with public fields, `new` with what is required, and a builder that cannot be finished without.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::{
    Error, Field, Kind, ModelInput, docs, emit,
    names::{ident, type_name},
};

/// The source of one input.
pub(crate) fn emit(model: &ModelInput) -> Result<String, Error> {
    let input = structure(model);
    let methods = methods(model);
    let builder = builder(model);
    emit::source(quote! { #input #methods #builder })
}

/// The file that takes in all the others.
pub(crate) fn emit_index(models: &[ModelInput]) -> Result<String, Error> {
    let includes = models.iter().map(|model| {
        let file = format!("{}.snap.rs", model.module_name);
        quote! { include!(#file); }
    });
    emit::source(quote! { #(#includes)* })
}

/// The names of all types, as the argument of a macro that whoever includes the file defines: for tests of every type.
pub(crate) fn emit_types(models: &[ModelInput]) -> Result<String, Error> {
    let types = models.iter().map(|model| ident(&model.type_name));
    emit::source(quote! { for_types! { #(#types)* } })
}

fn structure(model: &ModelInput) -> TokenStream {
    let name = ident(&model.type_name);
    let doc = emit::doc(&format!("{}\n\nInput of the model `{}`.", docs::safe(&model.description), model.id));
    let fields = model.fields.iter().map(|field| {
        let rust_name = ident(&field.rust_name);
        let doc = emit::doc(&field_doc(field));
        let rust_type = rust_type(&field.kind);
        let rename = (field.rust_name != field.name).then(|| {
            let original = &field.name;
            quote! { #[serde(rename = #original)] }
        });
        // A whole number goes over the wire as one: `1`, not `1.0`.
        let number = holds_numbers(&field.kind).then(|| quote! { #[serde(serialize_with = "number")] });
        if field.required {
            quote! { #doc #rename #number pub #rust_name: #rust_type, }
        } else {
            quote! {
                #doc #rename #number
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub #rust_name: Option<#rust_type>,
            }
        }
    });
    quote! {
        #doc
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
            /// Parameters that this type does not know; sent as they are.
            #[serde(flatten)]
            pub extra: Extra,
        }
    }
}

fn methods(model: &ModelInput) -> TokenStream {
    let name = ident(&model.type_name);
    let builder = format_ident!("{}Builder", model.type_name);
    let constant = ident(&model.constant_name);
    let required: Vec<&Field> = model.fields.iter().filter(|field| field.required).collect();
    let parameters = required.iter().map(|field| {
        let (name, accepted) = (ident(&field.rust_name), accepted_type(&field.kind));
        quote! { #name: #accepted }
    });
    let set_required = required.iter().map(|field| {
        let name = ident(&field.rust_name);
        quote! { .#name(#name) }
    });
    let unset = model.fields.iter().map(|field| {
        let name = ident(&field.rust_name);
        if field.required {
            quote! { #name: Unset }
        } else {
            quote! { #name: None }
        }
    });
    let builder_doc = emit::doc(&builder_doc(model));
    let new_doc = emit::doc("With what the model requires; everything else is left to the service.");
    quote! {
        impl #name {
            #new_doc
            #[must_use]
            pub fn new(#(#parameters),*) -> Self {
                Self::builder()#(#set_required)*.build()
            }

            #builder_doc
            pub fn builder() -> #builder {
                #builder { #(#unset,)* extra: Extra::new() }
            }

            /// Sets a parameter that this type does not know.
            #[must_use]
            pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }

            /// What the service may refuse, as far as the document tells.
            #[must_use]
            pub fn warnings(&self) -> Vec<Warning> {
                Input::warnings(self)
            }
        }

        impl Input for #name {
            fn model(&self) -> Model {
                Model::#constant
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for #name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!(#name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::schema::of_model(&Model::#constant)
            }
        }
    }
}

/// Says what the builder needs, with an example for each parameter that it cannot do without.
fn builder_doc(model: &ModelInput) -> String {
    let required: Vec<&Field> = model.fields.iter().filter(|field| field.required).collect();
    let mut doc = "Starts a builder, which is finished by `build` once what the model requires is set.".to_owned();
    for missing in &required {
        let set: String = required
            .iter()
            .filter(|field| field.name != missing.name)
            .map(|field| format!(".{}({})", ident(&field.rust_name), sample(&field.kind)))
            .collect();
        let (name, parameter) = (&model.type_name, &missing.name);
        doc.push_str(&format!(
            "\n\nWithout `{parameter}` it does not compile:\n\n```compile_fail,E0599\n\
             let input = pruna::inputs::{name}::builder(){set}.build();\n```"
        ));
    }
    doc
}

/// An argument for an example.
fn sample(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Secret | Kind::Open(_) => "\"text\"".into(),
        Kind::Integer | Kind::Number => "1".into(),
        Kind::Boolean => "true".into(),
        Kind::Any => "1".into(),
        Kind::Media => "pruna::Media::path(\"a.jpg\")".into(),
        Kind::List(item) => format!("[{}]", sample(item)),
    }
}

fn builder(model: &ModelInput) -> TokenStream {
    let name = ident(&model.type_name);
    let builder = format_ident!("{}Builder", model.type_name);
    let states: Vec<Ident> = model.fields.iter().filter(|field| field.required).map(state).collect();
    let all: Vec<Ident> = model.fields.iter().map(|field| ident(&field.rust_name)).collect();
    let fields = model.fields.iter().map(|field| {
        let (name, rust_type, state) = (ident(&field.rust_name), rust_type(&field.kind), state(field));
        if field.required {
            quote! { #name: #state }
        } else {
            quote! { #name: Option<#rust_type> }
        }
    });
    let set_types: Vec<TokenStream> =
        model.fields.iter().filter(|field| field.required).map(|field| rust_type(&field.kind)).collect();
    let required_setters =
        model.fields.iter().filter(|field| field.required).map(|field| required_setter(model, field));
    let optional_setters = model.fields.iter().filter(|field| !field.required).map(optional_setter);
    let doc = emit::doc(&format!("Builder of [`{}`]. Each parameter's meaning is told there.", model.type_name));
    let derives = quote! { #[derive(Clone, Debug)] };
    let (declared, used, set) = if states.is_empty() {
        (quote!(), quote!(), quote!())
    } else {
        (quote! { <#(#states = Unset),*> }, quote! { <#(#states),*> }, quote! { <#(#set_types),*> })
    };
    quote! {
        #doc
        #derives
        #[must_use]
        pub struct #builder #declared {
            #(#fields,)*
            extra: Extra,
        }

        #(#required_setters)*

        impl #used #builder #used {
            #(#optional_setters)*

            /// Sets a parameter that the type does not know.
            pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }
        }

        impl #builder #set {
            /// The finished input.
            #[must_use]
            pub fn build(self) -> #name {
                #name { #(#all: self.#all,)* extra: self.extra }
            }
        }
    }
}

/// Sets a required parameter: the builder changes its type, so that `build` appears when all are set.
fn required_setter(model: &ModelInput, field: &Field) -> TokenStream {
    let builder = format_ident!("{}Builder", model.type_name);
    let name = ident(&field.rust_name);
    let required: Vec<&Field> = model.fields.iter().filter(|field| field.required).collect();
    let others: Vec<Ident> =
        required.iter().filter(|other| other.name != field.name).map(|other| state(other)).collect();
    let before = required.iter().map(|other| {
        if other.name == field.name {
            quote!(Unset)
        } else {
            let state = state(other);
            quote!(#state)
        }
    });
    let after = required.iter().map(|other| {
        if other.name == field.name {
            rust_type(&other.kind)
        } else {
            let state = state(other);
            quote!(#state)
        }
    });
    let kept = model.fields.iter().filter(|other| other.name != field.name).map(|other| ident(&other.rust_name));
    let (accepted, converted) = (accepted_type(&field.kind), converted(field));
    let doc = emit::doc(&first_sentence(field));
    quote! {
        impl<#(#others),*> #builder<#(#before),*> {
            #doc
            pub fn #name(self, #name: #accepted) -> #builder<#(#after),*> {
                #builder { #name: #converted, #(#kept: self.#kept,)* extra: self.extra }
            }
        }
    }
}

fn optional_setter(field: &Field) -> TokenStream {
    let name = ident(&field.rust_name);
    let (accepted, converted) = (accepted_type(&field.kind), converted(field));
    let doc = emit::doc(&first_sentence(field));
    quote! {
        #doc
        pub fn #name(mut self, #name: #accepted) -> Self {
            self.#name = Some(#converted);
            self
        }
    }
}

/// The type parameter that says whether a required parameter is set.
fn state(field: &Field) -> Ident {
    format_ident!("{}State", type_name(&field.rust_name))
}

fn rust_type(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Text => quote!(String),
        Kind::Integer => quote!(i64),
        Kind::Number => quote!(f64),
        Kind::Boolean => quote!(bool),
        Kind::Media => quote!(Media),
        Kind::Secret => quote!(Secret),
        Kind::Any => quote!(Value),
        Kind::Open(name) => {
            let name = ident(name);
            quote!(#name)
        }
        Kind::List(item) => {
            let item = rust_type(item);
            quote!(Vec<#item>)
        }
    }
}

fn holds_numbers(kind: &Kind) -> bool {
    match kind {
        Kind::Number => true,
        Kind::List(item) => holds_numbers(item),
        _ => false,
    }
}

/// What `new` and the builder take: whatever turns into the type, so that a literal does.
fn accepted_type(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Integer | Kind::Boolean => rust_type(kind),
        Kind::List(item) => {
            let item = rust_type(item);
            quote!(impl IntoIterator<Item = impl Into<#item>>)
        }
        _ => {
            let own = rust_type(kind);
            quote!(impl Into<#own>)
        }
    }
}

/// The value that was given, turned into the type of the parameter.
fn converted(field: &Field) -> TokenStream {
    let name = ident(&field.rust_name);
    match &field.kind {
        Kind::Integer | Kind::Boolean => quote!(#name),
        Kind::List(_) => quote!(#name.into_iter().map(Into::into).collect()),
        _ => quote!(#name.into()),
    }
}

/// Meaning, default, range, allowed values: what the document says, in one place.
fn field_doc(field: &Field) -> String {
    let mut doc = docs::safe(field.schema["description"].as_str().unwrap_or_default());
    let facts = facts(&field.schema);
    if doc.is_empty() {
        doc = format!("Parameter `{}`.", field.name);
    }
    if !facts.is_empty() {
        doc.push_str("\n\n");
        doc.push_str(&facts.join(" "));
    }
    doc
}

fn facts(schema: &Value) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(default) = schema.get("default") {
        facts.push(format!("Default: `{}`.", display(default)));
    }
    let (least, most) = (schema.get("minimum"), schema.get("maximum"));
    match (least, most) {
        (Some(least), Some(most)) => facts.push(format!("From {least} to {most}.")),
        (Some(least), None) => facts.push(format!("At least {least}.")),
        (None, Some(most)) => facts.push(format!("At most {most}.")),
        (None, None) => {}
    }
    if let Some(step) = schema.get("multipleOf") {
        facts.push(format!("A multiple of {step}."));
    }
    match (schema.get("minItems"), schema.get("maxItems")) {
        (Some(least), Some(most)) => facts.push(format!("{least} to {most} items.")),
        (Some(least), None) => facts.push(format!("At least {least} items.")),
        (None, Some(most)) => facts.push(format!("At most {most} items.")),
        (None, None) => {}
    }
    let values: Vec<String> =
        schema["enum"].as_array().into_iter().flatten().map(|v| format!("`{}`", display(v))).collect();
    if !values.is_empty() {
        facts.push(format!("One of {}.", values.join(", ")));
    }
    facts
}

/// A value as a person writes it; a text that would not show is quoted.
fn display(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.trim().is_empty() => text.replace('`', "'"),
        _ => value.to_string(),
    }
}

fn first_sentence(field: &Field) -> String {
    let doc = docs::safe(field.schema["description"].as_str().unwrap_or_default());
    let line = doc.lines().next().unwrap_or_default();
    let sentence = line.find(". ").map_or(line, |end| &line[..=end]);
    if sentence.is_empty() { format!("Parameter `{}`.", field.name) } else { sentence.to_owned() }
}
