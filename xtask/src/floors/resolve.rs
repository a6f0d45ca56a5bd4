//! From a path in the source to the module that defines what it names.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemUse, visit::Visit};

use super::{
    cfg::is_test_only,
    imports::{self, ImportKind, text},
    modules::{Id, ModuleTree, ROOT},
};

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A module itself.
    Module(Id),
    /// An item that the module defines.
    Item(Id),
}

impl Target {
    /// The module, or the one that defines the item.
    pub(super) fn module(self) -> Id {
        match self {
            Self::Module(id) | Self::Item(id) => id,
        }
    }
}

/// Looks up names as the compiler does, without telling types, values and macros apart.
pub(super) struct Resolver<'t> {
    tree: &'t ModuleTree,
    scopes: Vec<Scope>,
    /// `#[macro_export]` puts a macro into the crate root, wherever it is defined.
    exported_macros: BTreeMap<String, Id>,
}

/// The names of a module other than those of its children.
#[derive(Default)]
struct Scope {
    defined: BTreeSet<String>,
    /// The same name may be imported as a type and as a macro, or on several platforms.
    imported: BTreeMap<String, Vec<Vec<String>>>,
    globs: Vec<Vec<String>>,
}

/// Lookups under way: an import that leads back to itself names nothing.
type Pending = BTreeSet<(Id, String)>;

impl<'t> Resolver<'t> {
    pub(super) fn new(tree: &'t ModuleTree) -> Self {
        let mut exported_macros = BTreeMap::new();
        let scopes = tree.modules.iter().enumerate().map(|(id, module)| {
            let mut scope = Scope::default();
            for item in &module.items {
                scope.defined.extend(defined_name(item));
                scope.visit_item(item);
                if let Item::Macro(item) = item
                    && item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
                {
                    exported_macros.extend(item.ident.as_ref().map(|name| (text(name), id)));
                }
            }
            scope
        });
        Self { tree, scopes: scopes.collect(), exported_macros }
    }

    /// What a path means in a module; `None` when it leads into another crate.
    pub(super) fn resolve(&self, module: Id, path: &[String]) -> Option<Target> {
        self.walk(module, path, &mut Pending::new())
    }

    fn walk(&self, module: Id, path: &[String], pending: &mut Pending) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(ROOT),
            "self" => Target::Module(module),
            "super" => Target::Module(self.tree.modules[module].parent),
            name => self.look_up(module, name, pending)?,
        };
        while let (Target::Module(module), Some((name, after))) = (target, rest.split_first()) {
            target = match name.as_str() {
                "super" => Target::Module(self.tree.modules[module].parent),
                "self" => target,
                // A function may share its name with a module; only the function can end a path in the code.
                name if after.is_empty() && self.scopes[module].defined.contains(name) => Target::Item(module),
                // A name that is not found comes from a macro, an included file, or another crate.
                name => self.look_up(module, name, pending).unwrap_or(Target::Item(module)),
            };
            rest = after;
        }
        Some(target)
    }

    fn look_up(&self, module: Id, name: &str, pending: &mut Pending) -> Option<Target> {
        if let Some(child) = self.tree.modules[module].children.get(name) {
            return Some(Target::Module(*child));
        }
        let scope = &self.scopes[module];
        if scope.defined.contains(name) {
            return Some(Target::Item(module));
        }
        let key = (module, name.to_owned());
        if !pending.insert(key.clone()) {
            return None;
        }
        let imported = scope.imported.get(name).into_iter().flatten();
        let found = imported.map(|path| self.walk(module, path, pending)).find(Option::is_some).flatten();
        let found = found.or_else(|| {
            let macros = (module == ROOT).then_some(&self.exported_macros);
            macros.and_then(|macros| macros.get(name)).map(|id| Target::Item(*id))
        });
        let found = found.or_else(|| {
            scope.globs.iter().find_map(|path| match self.walk(module, path, pending)? {
                Target::Module(source) => self.look_up(source, name, pending),
                Target::Item(_) => None,
            })
        });
        pending.remove(&key);
        found
    }
}

/// Also imports within functions.
impl<'ast> Visit<'ast> for Scope {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if is_test_only(&item.attrs) {
            return;
        }
        for import in imports::leaves(item) {
            match import.kind {
                ImportKind::Named(name) => self.imported.entry(name).or_default().push(import.path),
                ImportKind::Glob => self.globs.push(import.path),
                ImportKind::Anonymous => {}
            }
        }
    }
}

fn defined_name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => text(&item.ident),
        Item::Enum(item) => text(&item.ident),
        Item::Fn(item) => text(&item.sig.ident),
        Item::Macro(item) => text(item.ident.as_ref()?),
        Item::Static(item) => text(&item.ident),
        Item::Struct(item) => text(&item.ident),
        Item::Trait(item) => text(&item.ident),
        Item::Type(item) => text(&item.ident),
        Item::Union(item) => text(&item.ident),
        _ => return None,
    })
}
