//! What a `use` item imports.

use proc_macro2::Span;
use syn::{Ident, ItemUse, UseTree};

/// One leaf of a `use` item.
#[derive(Clone, Debug)]
pub(super) struct Import {
    pub(super) path: Vec<String>,
    pub(super) kind: ImportKind,
    pub(super) span: Span,
}

/// How a leaf binds what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ImportKind {
    /// Under a name.
    Named(String),
    /// Under no name: `as _`.
    Anonymous,
    /// Everything in it: `*`.
    Glob,
}

/// The leaves of a `use` item; those of another crate that are marked so (`::name`) are left out.
pub(super) fn leaves(item: &ItemUse) -> Vec<Import> {
    let mut found = Vec::new();
    if item.leading_colon.is_none() {
        collect(&item.tree, &mut Vec::new(), &mut found);
    }
    found
}

fn collect(tree: &UseTree, prefix: &mut Vec<String>, found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(text(&path.ident));
            collect(&path.tree, prefix, found);
            prefix.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, prefix, found)),
        UseTree::Name(name) => {
            let path = leaf(prefix, &name.ident);
            let kind = path.last().map_or(ImportKind::Anonymous, |name| ImportKind::Named(name.clone()));
            found.push(Import { path, kind, span: name.ident.span() });
        }
        UseTree::Rename(rename) => {
            let alias = text(&rename.rename);
            let kind = if alias == "_" { ImportKind::Anonymous } else { ImportKind::Named(alias) };
            found.push(Import { path: leaf(prefix, &rename.ident), kind, span: rename.ident.span() });
        }
        UseTree::Glob(glob) => {
            found.push(Import { path: prefix.clone(), kind: ImportKind::Glob, span: glob.star_token.span });
        }
    }
}

/// `{self}` names the module before the braces.
fn leaf(prefix: &[String], name: &Ident) -> Vec<String> {
    let mut path = prefix.to_vec();
    if name != "self" || prefix.is_empty() {
        path.push(text(name));
    }
    path
}

/// A name without the mark of a raw identifier.
pub(super) fn text(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}
