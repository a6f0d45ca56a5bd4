//! Open enums: every value that the document lists by name, any other as text.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    Error, ModelInput, emit,
    models::{Kind, allowed},
    names::{self, Unique},
};

/// One open enum over all models that use it.
struct OpenEnum {
    parameter: String,
    values: Vec<String>,
    models: Vec<String>,
}

/// The source of all open enums.
pub(crate) fn emit(models: &[ModelInput]) -> Result<String, Error> {
    let enums = collect(models);
    let items = enums.iter().map(|(name, open)| item(name, open));
    emit::source(quote! { #(#items)* })
}

fn collect(models: &[ModelInput]) -> BTreeMap<String, OpenEnum> {
    let mut enums: BTreeMap<String, OpenEnum> = BTreeMap::new();
    for model in models {
        for field in &model.fields {
            let Kind::Open(name) = &field.kind else { continue };
            let open = enums.entry(name.clone()).or_insert_with(|| OpenEnum {
                parameter: field.name.clone(),
                values: Vec::new(),
                models: Vec::new(),
            });
            open.models.push(model.id.clone());
            for value in allowed(&field.schema) {
                if !open.values.iter().any(|known| known == value) {
                    open.values.push(value.to_owned());
                }
            }
        }
    }
    enums
}

fn item(name: &str, open: &OpenEnum) -> TokenStream {
    let type_name = names::ident(name);
    let models = open.models.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let doc = emit::doc(&format!(
        "Values of the parameter `{}` of {models}.\n\nOpen: any other text is kept, printed and sent as it is.",
        open.parameter
    ));
    let mut taken = Unique::default();
    taken.take("KNOWN".into());
    let named: Vec<_> =
        open.values.iter().map(|value| (names::ident(&taken.take(names::value_name(name, value))), value)).collect();
    let constants = named.iter().map(|(constant, value)| {
        let doc = emit::doc(&format!("`{}`", value.replace('`', "'")));
        quote! { #doc pub const #constant: Self = Self(std::borrow::Cow::Borrowed(#value)); }
    });
    let known = named.iter().map(|(constant, _)| constant);
    quote! {
        #doc
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct #type_name(std::borrow::Cow<'static, str>);

        impl #type_name {
            #(#constants)*

            /// Every value that the document lists, in its order.
            pub const KNOWN: &'static [Self] = &[#(Self::#known),*];
        }

        crate::vocabulary::open_enum!(#type_name);
    }
}
