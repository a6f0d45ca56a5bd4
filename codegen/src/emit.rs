//! From tokens and lines to source files.

use proc_macro2::TokenStream;
use pruna_openapi::Error;
use quote::quote;

/// The first line of every generated file.
const HEADER: &str = "// Generated from openapi/ by `cargo xtask regenerate`; do not edit.\n\n";

/// Formats tokens as a source file.
pub(crate) fn source(tokens: TokenStream) -> Result<String, Error> {
    let file = syn::parse2(tokens).map_err(|e| Error::new(format!("what was generated is not Rust: {e}")))?;
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}

/// Joins lines to a source file. For macros and tables, which no formatter lays out.
pub(crate) fn text(lines: &[String]) -> String {
    format!("{HEADER}{}\n", lines.join("\n"))
}

/// Writes documentation as attributes, one a line.
pub(crate) fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#[doc = #lines])* }
}

/// Writes documentation as comments, one a line.
pub(crate) fn doc_lines(text: &str) -> impl Iterator<Item = String> {
    // A comment must not hold a carriage return.
    text.lines().map(|line| format!("/// {}", line.replace('\r', " ")).trim_end().to_owned())
}
