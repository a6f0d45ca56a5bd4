//! `floors.toml`: the floors of every crate, as a reader sees them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

/// The file.
pub(crate) const FILE: &str = "floors.toml";

/// The sections of the file by crate.
pub(super) type Map = BTreeMap<String, Section>;

/// The floors of a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// From the top down.
    #[serde(default)]
    pub(super) floors: Vec<Floor>,
    /// Groups of modules that may use each other.
    #[serde(default)]
    pub(super) knots: Vec<Names>,
}

/// Modules that only use what is below them, and what they are for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "(Names, String)")]
pub(super) struct Floor {
    pub(super) modules: Vec<String>,
    pub(super) meaning: String,
}

/// Module paths such as `media::kind`, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Names(pub(super) Vec<String>);

impl From<String> for Names {
    fn from(text: String) -> Self {
        Self(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }
}

impl From<(Names, String)> for Floor {
    fn from((Names(modules), meaning): (Names, String)) -> Self {
        Self { modules, meaning }
    }
}

impl Section {
    /// The floors with their numbers, counted from the bottom, from the top down.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Floor)> {
        self.floors.iter().enumerate().map(|(index, floor)| (self.floors.len() - index, floor))
    }

    /// The number of the floor of a module.
    pub(super) fn floor_of(&self, module: &str) -> Option<usize> {
        self.numbered().find(|(_, floor)| floor.modules.iter().any(|name| name == module)).map(|(number, _)| number)
    }

    /// Whether two modules may use each other.
    pub(super) fn is_knot(&self, one: &str, other: &str) -> bool {
        let has = |names: &Names, name: &str| names.0.iter().any(|known| known == name);
        self.knots.iter().any(|names| has(names, one) && has(names, other))
    }

    /// Every module that stands in the section, once for each mention on a floor.
    pub(super) fn modules(&self) -> impl Iterator<Item = &str> {
        self.floors.iter().flat_map(|floor| floor.modules.iter().map(String::as_str))
    }
}

/// Reads the file.
pub(super) fn parse(text: &str) -> anyhow::Result<Map> {
    toml::from_str(text).context(FILE)
}
