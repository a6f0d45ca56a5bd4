//! A directed graph of names, with the place of an example for each arrow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who uses whom. Every module is a key, whether it uses anything or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Graph {
    arrows: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    pub(super) fn add_module(&mut self, name: &str) {
        self.arrows.entry(name.to_owned()).or_default();
    }

    pub(super) fn add_arrow(&mut self, from: &str, to: &str, place: &str) {
        self.add_module(to);
        let places = self.arrows.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default();
        places.insert(place.to_owned());
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = &str> {
        self.arrows.keys().map(String::as_str)
    }

    pub(super) fn has_module(&self, name: &str) -> bool {
        self.arrows.contains_key(name)
    }

    /// The modules that a module uses.
    pub(super) fn uses(&self, from: &str) -> impl Iterator<Item = &str> {
        self.arrows.get(from).into_iter().flat_map(|to| to.keys().map(String::as_str))
    }

    /// Every arrow with the places where it is used.
    pub(super) fn arrows(&self) -> impl Iterator<Item = (&str, &str, &BTreeSet<String>)> {
        self.arrows.iter().flat_map(|(from, all)| all.iter().map(|(to, places)| (from.as_str(), to.as_str(), places)))
    }

    /// The first place of an arrow.
    pub(super) fn place(&self, from: &str, to: &str) -> &str {
        let places = self.arrows.get(from).and_then(|all| all.get(to));
        places.and_then(BTreeSet::first).map_or("", String::as_str)
    }

    /// The graph with only the arrows that `keep` wants.
    pub(super) fn filtered(&self, keep: impl Fn(&str, &str) -> bool) -> Self {
        let mut graph = Self::default();
        self.modules().for_each(|module| graph.add_module(module));
        for (from, to, places) in self.arrows().filter(|(from, to, _)| keep(from, to)) {
            places.iter().for_each(|place| graph.add_arrow(from, to, place));
        }
        graph
    }

    /// The shortest way from one module to another along the arrows, both included.
    pub(super) fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open: VecDeque<&str> = VecDeque::from([from]);
        while let Some(module) = open.pop_front() {
            for next in self.uses(module) {
                if next == to {
                    let mut path = vec![to.to_owned(), module.to_owned()];
                    let mut at = module;
                    while let Some(previous) = before.get(at).filter(|_| at != from) {
                        at = previous;
                        path.push(at.to_owned());
                    }
                    path.reverse();
                    return Some(path);
                }
                if next != from && !before.contains_key(next) {
                    before.insert(next, module);
                    open.push_back(next);
                }
            }
        }
        None
    }

    /// The groups of modules that lead to each other, with more than one member, the largest first.
    pub(super) fn knots(&self) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> = self.modules().map(|from| (from, self.reachable(from))).collect();
        let mut knots: Vec<BTreeSet<String>> = Vec::new();
        for module in self.modules() {
            if knots.iter().any(|knot| knot.contains(module)) {
                continue;
            }
            let mutual = reach[module].iter().filter(|other| reach[**other].contains(module));
            let knot: BTreeSet<String> = mutual.map(|name| (*name).to_owned()).collect();
            if knot.len() > 1 {
                knots.push(knot);
            }
        }
        knots.sort_by_key(|knot| std::cmp::Reverse(knot.len()));
        knots
    }

    /// The shortest cycle within a group of modules that lead to each other; its first member is repeated at the end.
    pub(super) fn shortest_cycle(&self, knot: &BTreeSet<String>) -> Vec<String> {
        knot.iter().filter_map(|module| self.path(module, module)).min_by_key(Vec::len).unwrap_or_default()
    }

    /// How high each module has to stand so that it only uses lower ones; modules that lead to each other stand together.
    pub(super) fn heights(&self) -> BTreeMap<&str, usize> {
        let knots = self.knots();
        let group = |module: &str| knots.iter().position(|knot| knot.contains(module));
        let mut heights: BTreeMap<&str, usize> = self.modules().map(|module| (module, 1)).collect();
        // A way through all modules is the longest that there is.
        for _ in 0..heights.len() {
            for module in self.modules() {
                let together = |other: &str| other == module || group(other).is_some() && group(other) == group(module);
                let members = self.modules().filter(|other| together(other));
                let below = members.flat_map(|member| self.uses(member)).filter(|used| !together(used));
                let height = 1 + below.map(|used| heights[used]).max().unwrap_or_default();
                heights.insert(module, height);
            }
        }
        heights
    }

    fn reachable(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.uses(from).collect();
        while let Some(module) = open.pop() {
            if reached.insert(module) {
                open.extend(self.uses(module));
            }
        }
        reached
    }
}
