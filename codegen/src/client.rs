//! The raw client: the output of progenitor for the document after the rules.

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use pruna_openapi::Error;
use quote::quote;
use serde_json::Value;
use syn::{ImplItem, Item};

use crate::{document::for_each_operation, emit, panics, rules};

/// Schemas replaced by types of the library, which are lenient where the document is strict.
const REPLACEMENTS: [(&str, &str); 2] = [
    ("CreatePredictionAnswer", "crate::wire::PredictionResponse"),
    ("PredictionStatusResponse", "crate::wire::PredictionResponse"),
];

/// Returns the source of the client and the log of the rules.
pub(crate) fn generate(document: &Value) -> Result<(String, Vec<String>), Error> {
    let (mut reduced, mut changes) = rules::apply(document)?;
    let tokens = match tokens(&reduced) {
        Ok(tokens) => tokens,
        Err(error) => {
            drop_failing_operations(&mut reduced, &mut changes, error)?;
            tokens(&reduced)?
        }
    };
    Ok((emit::source(without_constructors(tokens)?)?, changes))
}

/// Drops each operation that progenitor cannot generate by itself, so that the others are generated.
fn drop_failing_operations(reduced: &mut Value, changes: &mut Vec<String>, error: Error) -> Result<(), Error> {
    let mut failing = Vec::new();
    for_each_operation(&mut reduced.clone(), |path, method, _| {
        if let Err(error) = tokens(&rules::only(reduced, &[(path, method)])) {
            failing.push((path.to_owned(), method.to_owned(), error));
        }
    });
    if failing.is_empty() {
        return Err(error);
    }
    let mut kept = Vec::new();
    for_each_operation(&mut reduced.clone(), |path, method, _| {
        if !failing.iter().any(|(p, m, _)| p == path && m == method) {
            kept.push((path.to_owned(), method.to_owned()));
        }
    });
    let kept: Vec<(&str, &str)> = kept.iter().map(|(path, method)| (path.as_str(), method.as_str())).collect();
    *reduced = rules::only(reduced, &kept);
    for (path, method, error) in failing {
        changes.push(format!("{} {path}: not generated, {error}", method.to_uppercase()));
    }
    Ok(())
}

fn tokens(reduced: &Value) -> Result<TokenStream, Error> {
    let spec: openapiv3::OpenAPI = serde_json::from_value(reduced.clone())
        .map_err(|e| Error::new(format!("the document is not OpenAPI 3.0 after the rules: {e}")))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::auth::Auth));
    for (schema, replacement) in REPLACEMENTS {
        settings.with_replacement(schema, replacement, std::iter::empty());
    }
    // progenitor panics on some constructs.
    panics::catch(|| Generator::new(&settings).generate_tokens(&spec))
        .map_err(|panic| Error::new(format!("progenitor cannot express it: {panic}")))?
        .map_err(|e| Error::new(format!("progenitor rejects it: {e}")))
}

/// Takes the constructors away from callers. `Client::new` panics without a TLS provider, and its timeout is shorter than a
/// generation; `new_with_client` would put the key on an HTTP client that follows redirects.
fn without_constructors(tokens: TokenStream) -> Result<TokenStream, Error> {
    let mut file: syn::File =
        syn::parse2(tokens).map_err(|e| Error::new(format!("what progenitor generated is not Rust: {e}")))?;
    for item in &mut file.items {
        let Item::Impl(block) = item else { continue };
        block.items.retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"));
        for item in &mut block.items {
            if let ImplItem::Fn(function) = item
                && function.sig.ident == "new_with_client"
            {
                function.vis = syn::parse_quote!(pub(crate));
            }
        }
    }
    Ok(quote!(#file))
}
