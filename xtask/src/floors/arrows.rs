//! Which module uses which, from the imports and the paths in the code.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Attribute, Field, ImplItem, Item, ItemUse, Macro, Meta, Stmt, TraitItem, Variant, Visibility,
    visit::{self, Visit},
};

use super::{
    cfg::{attributes, is_test_only},
    imports::{self, ImportKind, text},
    modules::{Id, ModuleTree},
    resolve::{Resolver, Target},
};

const QUOTATIONS: [&str; 3] = ["quote", "quote_spanned", "parse_quote"];

/// A use of one module by another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    pub(super) from: Id,
    pub(super) to: Id,
    /// `file:line` of the use.
    pub(super) place: String,
}

/// Finds every arrow of a crate. A module does not point to itself.
pub(super) fn arrows(tree: &ModuleTree) -> BTreeSet<Arrow> {
    let resolver = Resolver::new(tree);
    let mut found = BTreeSet::new();
    for (id, module) in tree.modules.iter().enumerate() {
        let mut finder = Finder { resolver: &resolver, module: id, uses: Vec::new(), aliases: BTreeMap::new() };
        module.items.iter().for_each(|item| finder.visit_item(item));
        let unused =
            finder.aliases.into_values().filter(|alias| !alias.is_used).map(|alias| (alias.module, alias.span));
        let uses = finder.uses.into_iter().chain(unused).filter(|(to, _)| *to != id);
        found.extend(uses.map(|(to, span)| {
            let place = format!("{}:{}", module.file.display(), span.start().line);
            Arrow { from: id, to, place }
        }));
    }
    found
}

/// An imported module. What counts is what is used of it: `use crate::media;` with `media::kind::guess()` is a use of
/// `media::kind`.
struct Alias {
    module: Id,
    span: Span,
    is_used: bool,
}

struct Finder<'r> {
    resolver: &'r Resolver<'r>,
    module: Id,
    uses: Vec<(Id, Span)>,
    aliases: BTreeMap<String, Alias>,
}

impl Finder<'_> {
    /// A path in the code.
    fn path(&mut self, path: &[String], span: Span) {
        match self.resolver.resolve(self.module, path) {
            // One name alone is a variable far more often than a module.
            Some(Target::Module(_)) if path.len() == 1 => {}
            Some(target) => {
                self.uses.push((target.module(), span));
                if path.len() > 1
                    && let Some(alias) = path.first().and_then(|name| self.aliases.get_mut(name))
                {
                    alias.is_used = true;
                }
            }
            None => {}
        }
    }

    /// Every path in the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_colon = |index: usize| matches!(tokens.get(index), Some(TokenTree::Punct(p)) if p.as_char() == ':');
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![text(first)];
                    while let (true, true, Some(TokenTree::Ident(next))) =
                        (is_colon(index + 1), is_colon(index + 2), tokens.get(index + 3))
                    {
                        path.push(text(next));
                        index += 3;
                    }
                    if path.len() > 1 {
                        self.path(&path, first.span());
                    }
                }
                _ => {}
            }
            index += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for import in imports::leaves(item) {
            match (self.resolver.resolve(self.module, &import.path), import.kind) {
                (Some(Target::Module(module)), ImportKind::Named(name)) => {
                    self.aliases.entry(name).or_insert(Alias { module, span: import.span, is_used: false });
                }
                (Some(target), _) => self.uses.push((target.module(), import.span)),
                (None, _) => {}
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            let names: Vec<String> = path.segments.iter().map(|segment| text(&segment.ident)).collect();
            self.path(&names, first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        // The tokens of a quotation are the code of another crate.
        if !call.path.segments.last().is_some_and(|name| QUOTATIONS.iter().any(|quotation| name.ident == quotation)) {
            self.tokens(call.tokens.clone());
        }
    }

    /// `#[serde(with = "crate::wire::seconds")]` is a use; a link in the documentation is none.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let Meta::List(list) = &attribute.meta else { return };
        self.tokens(list.tokens.clone());
        for token in list.tokens.clone() {
            if let TokenTree::Literal(literal) = token
                && let syn::Lit::Str(text) = syn::Lit::new(literal)
                && let Ok(path) = text.parse::<syn::Path>()
                && path.segments.len() > 1
            {
                let names: Vec<String> = path.segments.iter().map(|segment| imports::text(&segment.ident)).collect();
                self.path(&names, text.span());
            }
        }
    }

    /// `pub(in crate::media)` uses nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !is_test_only(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !is_test_only(attributes) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes = match statement {
            Stmt::Local(local) => local.attrs.as_slice(),
            Stmt::Macro(call) => &call.attrs,
            _ => &[],
        };
        if !is_test_only(attributes) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if !is_test_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        if !is_test_only(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }
}
