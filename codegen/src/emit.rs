//! From tokens to text.

use proc_macro2::TokenStream;
use quote::quote;

use crate::Error;

/// The first line of every generated file.
const HEADER: &str =
    "// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.\n\n";

/// Formats tokens as a source file.
pub(crate) fn source(tokens: TokenStream) -> Result<String, Error> {
    let file = syn::parse2(tokens).map_err(|e| Error::new(format!("what was generated is no Rust: {e}")))?;
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}

/// Documentation attributes, one a line, as `///` gives them.
pub(crate) fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#[doc = #lines])* }
}
