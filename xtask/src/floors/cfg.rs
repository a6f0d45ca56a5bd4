//! Which code is compiled for tests alone.

use syn::{Attribute, Item, Meta, Token, punctuated::Punctuated};

/// Whether code with these attributes exists only in a build for tests.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let condition = || attribute.parse_args::<Meta>().is_ok_and(|condition| requires_test(&condition));
        path.is_ident("test") || path.is_ident("cfg") && condition()
    })
}

/// Whether a condition of `cfg` can only hold in a build for tests.
fn requires_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else {
        return ["test", "doctest"].iter().any(|name| condition.path().is_ident(name));
    };
    let Ok(inner) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else { return false };
    if list.path.is_ident("all") {
        inner.iter().any(requires_test)
    } else {
        list.path.is_ident("any") && !inner.is_empty() && inner.iter().all(requires_test)
    }
}

/// The attributes of an item.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
