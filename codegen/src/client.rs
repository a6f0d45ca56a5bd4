//! The raw client: what progenitor makes of the document once the rules have been over it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;
use serde_json::Value;
use syn::{ImplItem, Item};

use crate::{Error, emit, rules};

/// Schemas that stand for types of the library, which are lenient where the document is strict.
const REPLACEMENTS: [(&str, &str); 2] =
    [("CreatePredictionAnswer", "crate::wire::Answer"), ("PredictionStatusResponse", "crate::wire::Answer")];

/// Gives the source of the client and what the rules changed.
pub(crate) fn generate(document: &Value) -> Result<(String, Vec<String>), Error> {
    let (reduced, changes) = rules::apply(document)?;
    let spec: openapiv3::OpenAPI = serde_json::from_value(reduced)
        .map_err(|e| Error::new(format!("the document is no OpenAPI 3.0 after the rules: {e}")))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::transport::Session));
    for (schema, replacement) in REPLACEMENTS {
        settings.with_replacement(schema, replacement, std::iter::empty());
    }
    // progenitor panics on some constructs; a panic here would say nothing of the document.
    let tokens = catch_unwind(AssertUnwindSafe(|| Generator::new(&settings).generate_tokens(&spec)))
        .map_err(|panic| Error::new(format!("progenitor cannot express the document: {}", panic_text(&*panic))))?
        .map_err(|e| Error::new(format!("progenitor refuses the document: {e}")))?;
    Ok((emit::source(without_constructors(tokens)?)?, changes))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_else(|| "it panicked".into())
}

/// Takes `Client::new` away: it panics when no TLS provider is installed, and its timeout is shorter than a generation.
fn without_constructors(tokens: TokenStream) -> Result<TokenStream, Error> {
    let mut file: syn::File =
        syn::parse2(tokens).map_err(|e| Error::new(format!("what progenitor generated is no Rust: {e}")))?;
    for item in &mut file.items {
        if let Item::Impl(block) = item {
            block.items.retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"));
        }
    }
    Ok(quote!(#file))
}
