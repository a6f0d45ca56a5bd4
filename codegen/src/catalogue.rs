//! The catalogue: every model the document offers, with what it does not say of them.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value, json};

use crate::{
    Error, ModelEntry, ModelInput, Table, docs, emit,
    models::model_ids,
    names::{self, Unique, ident},
    table::Amount,
};

/// The constants of `Model`.
pub(crate) fn emit_model_names(models: &[ModelInput]) -> Result<String, Error> {
    let constants = models.iter().map(|model| {
        let (constant, id) = (ident(&model.constant_name), &model.id);
        let doc = emit::doc(&format!("`{id}`. {}", docs::safe(&model.description)));
        quote! { #doc pub const #constant: Self = Self(std::borrow::Cow::Borrowed(#id)); }
    });
    emit::source(quote! { impl Model { #(#constants)* } })
}

/// The table behind `Model::info`.
pub(crate) fn emit(document: &Value, models: &[ModelInput], table: &Table) -> Result<String, Error> {
    let mut taken = Unique::default();
    let entries = model_ids(document).into_iter().filter(|id| taken.take(id.clone()) == *id).map(|id| {
        let model = models.iter().find(|model| model.id == id);
        entry(&id, model, &describe(&id, model, table))
    });
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let base = document["servers"][0]["url"].as_str().unwrap_or_default();
    emit::source(quote! {
        /// Version of the document that this library was made from.
        pub const API_VERSION: &str = #version;

        /// Where the document says that the service is.
        pub(crate) const BASE_URL: &str = #base;

        /// Every model that the document offers, in its order.
        pub(crate) static MODELS: &[ModelInfo] = &[#(#entries),*];
    })
}

/// What is known of a model, with a guess wherever the table says nothing: what the catalogue tells of it.
pub fn describe(id: &str, model: Option<&ModelInput>, table: &Table) -> ModelEntry {
    let mut known = table.entry(id);
    let category = known.category.get_or_insert_with(|| guess_category(id, model)).clone();
    if known.outputs.is_empty() {
        known.outputs = guess_outputs(&category);
    }
    let seconds = *known.typical_seconds.get_or_insert_with(|| guess_seconds(&category));
    known.try_sync.get_or_insert(seconds < 20.0);
    known.requests_per_minute = known.requests_per_minute.or_else(|| model.and_then(|m| m.requests_per_minute));
    known
}

fn entry(id: &str, model: Option<&ModelInput>, known: &ModelEntry) -> TokenStream {
    let type_name = optional(model.map(|model| model.type_name.as_str()));
    let description = model.map(|model| model.description.as_str()).unwrap_or_default();
    let category = known.category.as_deref().unwrap_or_default();
    let outputs = &known.outputs;
    let limit = optional(known.requests_per_minute);
    let seconds = known.typical_seconds.unwrap_or_default();
    let try_sync = known.try_sync.unwrap_or_default();
    let price = price(known);
    let multiple_of = known.multiple_of.iter().map(|(name, step)| quote!((#name, #step)));
    let max_items = known.max_items.iter().map(|(name, most)| quote!((#name, #most)));
    let expected = &known.expected;
    quote! {
        ModelInfo {
            id: #id,
            input_type: #type_name,
            description: #description,
            category: Category::from_static(#category),
            outputs: &[#(#outputs),*],
            requests_per_minute: #limit,
            typical_seconds: #seconds,
            try_sync: #try_sync,
            price: #price,
            hints: Hints {
                multiple_of: &[#(#multiple_of),*],
                max_items: &[#(#max_items),*],
                expected: &[#(#expected),*],
            },
        }
    }
}

fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}

fn price(known: &ModelEntry) -> TokenStream {
    let Some(price) = &known.price else { return quote!(None) };
    let per = match price.per.as_str() {
        "video" => quote!(PriceUnit::Video),
        "second" => quote!(PriceUnit::Second),
        "1000 steps" => quote!(PriceUnit::ThousandSteps),
        _ => quote!(PriceUnit::Image),
    };
    let by = optional(price.by.as_deref());
    let amounts = match &price.usd {
        Amount::Flat(usd) => quote!(("", #usd)),
        Amount::By(amounts) => {
            let amounts = amounts.iter().map(|(value, usd)| quote!((#value, #usd)));
            quote!(#(#amounts),*)
        }
    };
    quote!(Some(Price { per: #per, by: #by, amounts: &[#amounts] }))
}

/// For a model that nobody has described yet: from its name and its parameters.
fn guess_category(id: &str, model: Option<&ModelInput>) -> String {
    let has = |name: &str| model.is_some_and(|model| model.fields.iter().any(|field| field.name == name));
    let category = if id.contains("trainer") {
        "trainer"
    } else if ["video", "t2v", "i2v"].iter().any(|part| id.contains(part)) || has("num_frames") || has("src_video") {
        if has("image") { "image-to-video" } else { "text-to-video" }
    } else if has("images") || has("image") || has("person_image") {
        "image-editing"
    } else {
        "text-to-image"
    };
    category.to_owned()
}

fn guess_outputs(category: &str) -> Vec<String> {
    let kind = match category {
        "trainer" => "zip",
        category if category.contains("video") => "mp4",
        _ => "jpg",
    };
    vec![kind.to_owned()]
}

fn guess_seconds(category: &str) -> f64 {
    match category {
        "trainer" => 1200.0,
        category if category.contains("video") => 60.0,
        _ => 3.0,
    }
}

/// The schemas of all inputs as one JSON object, each with the document's example in it.
pub(crate) fn schemas(models: &[ModelInput]) -> Result<String, Error> {
    let mut all = Map::new();
    for model in models {
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
