//! `cargo xtask floors`: the modules of every crate in layers, and what breaks them.
//!
//! `floors.toml` says which modules stand on which floor. The arrows come from the sources: imports, paths in the code and
//! paths in the tokens of macros, each followed to the module that defines what it names. A module uses lower floors, its
//! own floor as long as no cycle results, and its own children; a child may use its parent. Code for tests does not count.

mod arrows;
mod cfg;
mod graph;
mod imports;
mod map;
mod modules;
mod packages;
mod picture;
mod resolve;
mod rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use anyhow::bail;
use graph::Graph;
use map::{Map, Section};
use modules::{Id, ModuleTree, ROOT, ROOT_NAME};
use packages::Package;

use crate::{outcome::Outcome, tree::Tree};

/// What `cargo xtask floors` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Only this crate.
    pub package: Option<String>,
    /// Only the arrows from and to this module, each with all its places.
    pub module: Option<String>,
    /// Show every module, also those without a floor of their own.
    pub nested: bool,
}

/// Prints floors, arrows, cycles and faults.
///
/// # Errors
///
/// When a source file or `floors.toml` cannot be read, or there is no such crate.
pub fn run(tree: &Tree, options: &Options) -> anyhow::Result<Outcome> {
    let map = read_map(tree)?;
    let mut packages = packages::packages(tree)?;
    if let Some(name) = &options.package {
        packages.retain(|package| package.name == *name);
        if packages.is_empty() {
            bail!("the workspace has no crate {name}");
        }
    }
    let mut outcome = Outcome { text: String::new(), success: true };
    for package in &packages {
        let checked = Checked::read(tree, package, &map)?;
        if let Some(module) = &options.module
            && !checked.graph(options).has_module(module)
        {
            bail!("{} has no module {module} with a floor of its own; --nested shows all modules", package.name);
        }
        if !outcome.text.is_empty() {
            outcome.text.push('\n');
        }
        outcome.text.push_str(&checked.report(options));
        outcome.success &= checked.faults.is_empty();
    }
    Ok(outcome)
}

/// What is wrong with the modules of all crates, one line each.
///
/// # Errors
///
/// When a source file or `floors.toml` cannot be read.
pub fn faults(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let map = read_map(tree)?;
    let packages = packages::packages(tree)?;
    let mut faults = Vec::new();
    for package in &packages {
        faults.extend(Checked::read(tree, package, &map)?.faults);
    }
    let unknown = map.keys().filter(|name| !packages.iter().any(|package| package.name == **name));
    faults.extend(unknown.map(|name| format!("{}: the workspace has no crate {name}; remove its section", map::FILE)));
    Ok(faults)
}

/// The floors of all crates as text.
///
/// # Errors
///
/// When `floors.toml` or a manifest cannot be read.
pub fn picture(tree: &Tree) -> anyhow::Result<String> {
    let map = read_map(tree)?;
    let packages = packages::packages(tree)?;
    let sections = packages.iter().filter_map(|package| Some((&package.name, map.get(&package.name)?)));
    let drawn: Vec<String> = sections.map(|(name, section)| picture::draw(name, section)).collect();
    Ok(drawn.join("\n"))
}

/// Reads the floors; without the file no module has one.
fn read_map(tree: &Tree) -> anyhow::Result<Map> {
    map::parse(&tree.find(map::FILE)?.unwrap_or_default())
}

/// A crate with its floors and everything that was found out about it.
struct Checked {
    name: String,
    section: Section,
    /// The arrows between the modules that have floors of their own.
    graph: Graph,
    /// The arrows between all modules.
    nested: Graph,
    faults: Vec<String>,
}

impl Checked {
    fn read(tree: &Tree, package: &Package, map: &Map) -> anyhow::Result<Self> {
        let section = map.get(&package.name).cloned().unwrap_or_default();
        let modules = ModuleTree::read(tree, Path::new(&package.root))?;
        let names: BTreeMap<Id, String> = (0..modules.modules.len()).map(|id| (id, modules.name(id))).collect();
        let (mut graph, mut nested) = (Graph::default(), Graph::default());
        let mut within: BTreeMap<Id, Graph> = BTreeMap::new();
        for (id, name) in &names {
            nested.add_module(name);
            graph.add_module(&names[&unit(&modules, *id, &section)]);
        }
        for arrow in arrows::arrows(&modules) {
            nested.add_arrow(&names[&arrow.from], &names[&arrow.to], &arrow.place);
            let (from, to) = (unit(&modules, arrow.from, &section), unit(&modules, arrow.to, &section));
            let (graph, from, to) = match from == to {
                true => (within.entry(from).or_default(), arrow.from, arrow.to),
                false => (&mut graph, from, to),
            };
            graph.add_arrow(&names[&from], &names[&to], &arrow.place);
        }
        let within: Vec<Graph> = within.into_values().collect();
        let modules: BTreeSet<String> = names.into_values().collect();
        let faults = rules::faults(&rules::Subject {
            name: &package.name,
            section: &section,
            graph: &graph,
            within: &within,
            modules: &modules,
        });
        Ok(Self { name: package.name.clone(), section, graph, nested, faults })
    }

    /// The arrows to print.
    fn graph(&self, options: &Options) -> &Graph {
        if options.nested { &self.nested } else { &self.graph }
    }

    fn report(&self, options: &Options) -> String {
        let graph = self.graph(options);
        let mut text = picture::draw(&self.name, &self.section);
        match &options.module {
            Some(module) => text.push_str(&around(graph, module)),
            None => text.push_str(&uses(graph, &self.section)),
        }
        let without_root = graph.filtered(|from, _| from != ROOT_NAME);
        for knot in without_root.knots() {
            let members: Vec<&str> = knot.iter().map(String::as_str).collect();
            let _ = writeln!(text, "\nlead to each other ({}): {}", knot.len(), members.join(", "));
            let inner = without_root.filtered(|from, to| knot.contains(from) && knot.contains(to));
            let _ = writeln!(text, "  {}", rules::describe_cycle(&inner, &inner.shortest_cycle(&knot)));
        }
        let _ = writeln!(text, "\n{} faults", self.faults.len());
        for fault in &self.faults {
            let _ = writeln!(text, "  {fault}");
        }
        text
    }
}

/// The module with a floor of its own that a module belongs to: itself, or its nearest ancestor.
fn unit(modules: &ModuleTree, id: Id, section: &Section) -> Id {
    let mut id = id;
    while modules.modules[id].parent != ROOT && section.floor_of(&modules.name(id)).is_none() {
        id = modules.modules[id].parent;
    }
    id
}

/// Who uses whom, one line for each module, the lowest floor that it could stand on before it; `↑` marks an arrow that the
/// floors forbid.
fn uses(graph: &Graph, section: &Section) -> String {
    let graph = graph.filtered(|from, _| from != ROOT_NAME);
    let mut modules: Vec<(&str, usize)> =
        graph.heights().into_iter().filter(|(module, _)| *module != ROOT_NAME).collect();
    modules.sort_by_key(|(module, height)| (std::cmp::Reverse(*height), *module));
    let mut text = String::from("\nuses\n");
    for (module, height) in modules {
        let mark = |used: &str| if rules::is_upward(section, module, used) { "↑" } else { "" };
        let used: Vec<String> = graph.uses(module).map(|used| format!("{used}{}", mark(used))).collect();
        let _ = writeln!(text, "  {height:>2}  {module}: {}", used.join(", "));
    }
    text
}

/// The arrows from and to a module, with all their places.
fn around(graph: &Graph, module: &str) -> String {
    let mut text = String::new();
    for (heading, is_from) in [("uses", true), ("is used by", false)] {
        let _ = writeln!(text, "\n{module} {heading}");
        for (from, to, places) in graph.arrows() {
            let (this, other) = if is_from { (from, to) } else { (to, from) };
            if this == module {
                let places: Vec<&str> = places.iter().map(String::as_str).collect();
                let _ = writeln!(text, "  {other}: {}", places.join(" "));
            }
        }
    }
    text
}
