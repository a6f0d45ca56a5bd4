//! The Rust types of parameters.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::names::ident;

/// The type of a parameter in Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `String`.
    Text,
    /// `i64`.
    Integer,
    /// `f64`.
    Number,
    /// `bool`.
    Boolean,
    /// `Media`, for format `uri`.
    Media,
    /// `Secret`, for format `password`.
    Secret,
    /// An open enum, by the name of its type.
    OpenEnum(String),
    /// A list of another kind.
    List(Box<Kind>),
    /// `serde_json::Value`, for everything else.
    Any,
}

impl Kind {
    /// Returns the kind that a schema asks for. Open enums get their name later, see `models::enums`.
    pub(crate) fn of(schema: &Value) -> Self {
        let format = schema["format"].as_str();
        match schema["type"].as_str() {
            Some("string") if format == Some("uri") => Self::Media,
            Some("string") if format == Some("password") => Self::Secret,
            Some("string") if !enum_values(schema).is_empty() => Self::OpenEnum(String::new()),
            Some("string") => Self::Text,
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            Some("array") => match Self::of(&schema["items"]) {
                Self::OpenEnum(_) => Self::List(Box::new(Self::Text)),
                item => Self::List(Box::new(item)),
            },
            _ => Self::Any,
        }
    }

    /// Writes the kind as the macro `input!` of the library takes it: `String`, or `[String]` for a list.
    pub(crate) fn notation(&self) -> TokenStream {
        match self {
            Self::Text => quote!(String),
            Self::Integer => quote!(i64),
            Self::Number => quote!(f64),
            Self::Boolean => quote!(bool),
            Self::Media => quote!(Media),
            Self::Secret => quote!(Secret),
            Self::Any => quote!(Value),
            Self::OpenEnum(name) => {
                let name = ident(name);
                quote!(#name)
            }
            Self::List(item) => {
                let item = item.notation();
                quote!([#item])
            }
        }
    }

    /// Whether values are floating-point numbers, alone or in lists.
    pub(crate) fn holds_numbers(&self) -> bool {
        match self {
            Self::Number => true,
            Self::List(item) => item.holds_numbers(),
            _ => false,
        }
    }
}

/// Returns the texts that an enum allows, without repetitions.
pub(crate) fn enum_values(schema: &Value) -> Vec<&str> {
    let mut values: Vec<&str> = Vec::new();
    for value in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}
