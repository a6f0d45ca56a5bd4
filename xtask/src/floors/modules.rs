//! The module tree of a crate, parsed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use syn::{Attribute, Item, ItemMod};

use super::cfg::{attributes, is_test_only};
use crate::tree::Tree;

/// The position of a module in its [`ModuleTree`].
pub(super) type Id = usize;
/// The crate root.
pub(super) const ROOT: Id = 0;

/// The name of the crate root in `floors.toml`.
pub(super) const ROOT_NAME: &str = "crate";

/// The modules of a crate, the crate root first. Modules and items for tests are left out.
pub(super) struct ModuleTree {
    pub(super) modules: Vec<Module>,
}

/// A module.
pub(super) struct Module {
    /// Its path without `crate::`; empty for the crate root.
    pub(super) path: Vec<String>,
    pub(super) parent: Id,
    pub(super) children: BTreeMap<String, Id>,
    /// The file that it stands in.
    pub(super) file: PathBuf,
    /// Everything but its child modules.
    pub(super) items: Vec<Item>,
}

impl ModuleTree {
    /// Reads a crate from its root file.
    pub(super) fn read(tree: &Tree, root: &Path) -> anyhow::Result<Self> {
        let mut reader = Reader { tree, modules: Vec::new() };
        let items = reader.parse(root)?;
        let folder = root.parent().unwrap_or(Path::new("")).to_path_buf();
        reader.add(Vec::new(), ROOT, Place { file: root.to_path_buf(), folder }, items)?;
        Ok(Self { modules: reader.modules })
    }

    /// A module's path as it is written in `floors.toml`.
    pub(super) fn name(&self, id: Id) -> String {
        if id == ROOT { ROOT_NAME.into() } else { self.modules[id].path.join("::") }
    }
}

/// Where the text of a module stands.
#[derive(Clone, Debug)]
struct Place {
    file: PathBuf,
    /// Where the files of its children are.
    folder: PathBuf,
}

struct Reader<'t> {
    tree: &'t Tree,
    modules: Vec<Module>,
}

impl Reader<'_> {
    fn parse(&self, file: &Path) -> anyhow::Result<Vec<Item>> {
        let parsed = syn::parse_file(&self.tree.read(file)?).with_context(|| file.display().to_string())?;
        Ok(if is_test_only(&parsed.attrs) { Vec::new() } else { parsed.items })
    }

    fn add(&mut self, path: Vec<String>, parent: Id, place: Place, items: Vec<Item>) -> anyhow::Result<Id> {
        let id = self.modules.len();
        let file = place.file.clone();
        self.modules.push(Module { path, parent, children: BTreeMap::new(), file, items: Vec::new() });
        for item in items {
            match item {
                item if is_test_only(attributes(&item)) => {}
                Item::Mod(module) => self.add_child(id, &place, module)?,
                item => self.modules[id].items.push(item),
            }
        }
        Ok(id)
    }

    fn add_child(&mut self, parent: Id, place: &Place, module: ItemMod) -> anyhow::Result<()> {
        let name = module.ident.to_string().trim_start_matches("r#").to_owned();
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        let (place, items) = match module.content {
            Some((_, items)) => (Place { file: place.file.clone(), folder: place.folder.join(&name) }, items),
            None => {
                let place = self.locate(place, &name, &module.attrs)?;
                let items = self.parse(&place.file)?;
                (place, items)
            }
        };
        let id = self.add(path, parent, place, items)?;
        self.modules[parent].children.insert(name, id);
        Ok(())
    }

    /// The file of a module that is declared as `mod name;`.
    fn locate(&self, declared: &Place, name: &str, attributes: &[Attribute]) -> anyhow::Result<Place> {
        if let Some(path) = path_attribute(attributes) {
            let file = declared.file.parent().unwrap_or(Path::new("")).join(path);
            let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
            return Ok(Place { file, folder });
        }
        let folder = declared.folder.join(name);
        for file in [declared.folder.join(format!("{name}.rs")), folder.join("mod.rs")] {
            if self.tree.find(&file)?.is_some() {
                return Ok(Place { file, folder });
            }
        }
        anyhow::bail!("{}: the file of `mod {name};` does not exist", declared.file.display())
    }
}

/// The value of `#[path = "…"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}
