//! What was spent, by the entries of a ledger.

use std::{collections::BTreeMap, time::SystemTime};

use pruna::{LedgerEntry, LedgerState, Usd};
use serde::Serialize;

/// What entries are grouped by: days are those of UTC, folders those in which the program ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Grouping {
    Model,
    Day,
    Label,
    Folder,
}

/// Sums of some submissions, by list prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sums {
    /// Number of submissions, apart from those that the service certainly did not accept.
    pub(crate) submissions: u64,
    pub(crate) spent_usd: Usd,
    /// Of submissions whose outcome is not known, in addition.
    pub(crate) possibly_spent_usd: Usd,
    /// Number of submissions whose price is not known, and which the amounts therefore lack.
    pub(crate) unpriced: u64,
}

/// The sums of one group. Entries without a label or a folder have no key.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    pub(crate) key: Option<String>,
    #[serde(flatten)]
    pub(crate) sums: Sums,
}

impl Grouping {
    /// Returns the name of the groups.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Day => "day",
            Self::Label => "label",
            Self::Folder => "folder",
        }
    }

    fn key(self, entry: &LedgerEntry) -> Option<String> {
        match self {
            Self::Model => Some(entry.model.to_string()),
            Self::Day => Some(day(entry.time)),
            Self::Label => entry.label.clone(),
            Self::Folder => entry.folder.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
        }
    }
}

impl Sums {
    /// Returns the most that may have been spent.
    pub(crate) fn at_most(&self) -> Usd {
        self.spent_usd + self.possibly_spent_usd
    }

    fn add(&mut self, entry: &LedgerEntry) {
        self.submissions += 1;
        match (entry.usd, entry.state) {
            (None, _) => self.unpriced += 1,
            (Some(usd), LedgerState::Spent) => self.spent_usd += usd,
            (Some(usd), _) => self.possibly_spent_usd += usd,
        }
    }
}

/// Sums entries by groups: days in their order, others from the most expensive.
pub(crate) fn groups(entries: &[LedgerEntry], by: Grouping) -> Vec<Group> {
    let mut sums: BTreeMap<Option<String>, Sums> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| is_counted(entry)) {
        sums.entry(by.key(entry)).or_default().add(entry);
    }
    let mut groups: Vec<Group> = sums.into_iter().map(|(key, sums)| Group { key, sums }).collect();
    if by != Grouping::Day {
        groups.sort_by_key(|group| std::cmp::Reverse(group.sums.at_most()));
    }
    groups
}

/// Sums all entries.
pub(crate) fn total(entries: &[LedgerEntry]) -> Sums {
    let mut sums = Sums::default();
    entries.iter().filter(|entry| is_counted(entry)).for_each(|entry| sums.add(entry));
    sums
}

/// Whether an entry may have cost something.
fn is_counted(entry: &LedgerEntry) -> bool {
    entry.state != LedgerState::Released
}

fn day(time: SystemTime) -> String {
    let mut text = humantime::format_rfc3339_seconds(time).to_string();
    text.truncate("2026-01-31".len());
    text
}
