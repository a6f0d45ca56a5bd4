//! The catalog: every model that the document offers, with what is known of it.

use proc_macro2::TokenStream;
use pruna_openapi::{Error, ModelFacts, Price, PriceRate, PriceUnit, Table, model_ids};
use quote::quote;
use serde_json::{Map, Value, json};

use crate::{
    ModelInput, docs, emit,
    names::{self, ident},
};

/// Returns the constants of `Model`.
pub(crate) fn emit_model_names(models: &[ModelInput]) -> Result<String, Error> {
    let constants = models.iter().map(|input| {
        let (constant, id) = (ident(&input.constant_name), &input.model.id);
        let doc = emit::doc(&format!("`{id}`. {}", docs::safe(&input.model.description)));
        quote! { #doc pub const #constant: Self = Self::from_static(#id); }
    });
    emit::source(quote! { impl Model { #(#constants)* } })
}

/// Returns the table behind `Model::info`.
pub(crate) fn emit(document: &Value, models: &[ModelInput], table: &Table) -> Result<String, Error> {
    let entries = model_ids(document).into_iter().map(|id| {
        let input = models.iter().find(|input| input.model.id == id);
        let info = entry(input, &table.facts(&id, input.map(|input| &input.model)));
        quote! { (Model::from_static(#id), #info) }
    });
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let base = document["servers"][0]["url"].as_str().unwrap_or_default();
    emit::source(quote! {
        /// Version of the OpenAPI document that this library was made from.
        pub const API_VERSION: &str = #version;

        /// Address of the service in the OpenAPI document.
        pub(crate) const BASE_URL: &str = #base;

        /// Every model that the OpenAPI document offers, in its order.
        pub(crate) static MODELS: &[(Model, ModelInfo)] = &[#(#entries),*];
    })
}

fn entry(input: Option<&ModelInput>, facts: &ModelFacts) -> TokenStream {
    let type_name = optional(input.map(|input| input.type_name.as_str()));
    let description = input.map(|input| input.model.description.as_str()).unwrap_or_default();
    let parameters = input.map_or_else(
        || quote!(&[]),
        |input| {
            let constant = ident(&input.constant_name);
            quote!(crate::parameters::tables::#constant)
        },
    );
    let category = &facts.category;
    let outputs = &facts.outputs;
    let limit = optional(facts.requests_per_minute);
    let (seconds, try_sync) = (facts.typical_seconds, facts.try_sync);
    let price = optional(facts.price.as_ref().map(price));
    let expected = &facts.expected;
    quote! {
        ModelInfo {
            input_type: #type_name,
            description: #description,
            category: Category::from_static(#category),
            outputs: &[#(#outputs),*],
            requests_per_minute: #limit,
            typical_seconds: #seconds,
            try_sync: #try_sync,
            price: #price,
            parameters: #parameters,
            expected: &[#(#expected),*],
        }
    }
}

fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}

fn price(price: &Price) -> TokenStream {
    let unit = match price.unit {
        PriceUnit::Image => quote!(Image),
        PriceUnit::Video => quote!(Video),
        PriceUnit::Second => quote!(Second),
        PriceUnit::ThousandSteps => quote!(ThousandSteps),
    };
    let rate = match &price.rate {
        PriceRate::Flat(usd) => {
            let micros = usd.micros;
            quote!(PriceRate::Flat(Usd::from_micros(#micros)))
        }
        PriceRate::ByParameter { parameter, rates } => {
            let rates = rates.iter().map(|(value, usd)| {
                let micros = usd.micros;
                quote!((#value, Usd::from_micros(#micros)))
            });
            quote!(PriceRate::ByParameter { parameter: #parameter, rates: &[#(#rates),*] })
        }
    };
    quote!(Price { unit: PriceUnit::#unit, rate: #rate })
}

/// Returns the schemas of all inputs as one JSON object, each with the example of the document.
pub(crate) fn schemas(models: &[ModelInput]) -> Result<String, Error> {
    let mut all = Map::new();
    for input in models {
        let model = &input.model;
        let mut schema = model.schema.clone();
        if let Some(map) = schema.as_object_mut() {
            map.insert("title".into(), json!(names::type_name(&model.id)));
            map.insert("description".into(), json!(model.description));
            if let Some(example) = &model.example {
                map.insert("examples".into(), json!([example]));
            }
        }
        all.insert(model.id.clone(), schema);
    }
    let text = serde_json::to_string_pretty(&Value::Object(all)).map_err(|e| Error::new(e.to_string()))?;
    Ok(format!("{text}\n"))
}
