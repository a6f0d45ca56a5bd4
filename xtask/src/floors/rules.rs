//! What is wrong with the modules of a crate, measured by its floors.

use std::collections::BTreeSet;

use super::{
    graph::Graph,
    map::{FILE, Section},
    modules::ROOT_NAME,
};

/// How many modules may use each other in a circle.
const MAX_CYCLE: usize = 3;

/// A crate as the rules see it.
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    pub(super) section: &'a Section,
    /// The arrows between the modules that have floors of their own.
    pub(super) graph: &'a Graph,
    /// For each of these, the arrows between the modules that it consists of.
    pub(super) within: &'a [Graph],
    /// Every module of the crate.
    pub(super) modules: &'a BTreeSet<String>,
}

/// The faults, one line each.
pub(super) fn faults(subject: &Subject<'_>) -> Vec<String> {
    let mut faults = entries(subject);
    faults.extend(upward_arrows(subject));
    faults.extend(cycles(subject));
    faults.iter().map(|fault| format!("{}: {fault}", subject.name)).collect()
}

/// Whether one module is within the other.
fn is_family(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"));
    within(one, other) || within(other, one)
}

/// Modules without a floor, and entries without a module.
fn entries(subject: &Subject<'_>) -> Vec<String> {
    let Subject { name, section, graph, modules, .. } = subject;
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for module in section.modules() {
        if !seen.insert(module) {
            faults.push(format!("{module} is on two floors; remove one of them from [{name}] in {FILE}"));
        } else if !modules.contains(module) {
            faults.push(format!("there is no module {module}; remove it from [{name}] in {FILE}"));
        }
    }
    for module in graph.modules().filter(|module| *module != ROOT_NAME && !seen.contains(module)) {
        faults.push(format!("{module} is on no floor; add it to [{name}] in {FILE}"));
    }
    for knot in &section.knots {
        let names = knot.0.join(", ");
        if knot.0.len() > MAX_CYCLE {
            faults.push(format!("the knot `{names}` in {FILE} has more than {MAX_CYCLE} modules"));
        }
        if let Some(unknown) = knot.0.iter().find(|module| !graph.has_module(module)) {
            faults.push(format!("the knot `{names}` in {FILE} names {unknown}, which is on no floor"));
            continue;
        }
        if !graph.knots().iter().any(|found| knot.0.iter().all(|module| found.contains(module))) {
            faults.push(format!("the modules of the knot `{names}` no longer use each other; remove it from {FILE}"));
        }
    }
    faults
}

/// Whether the rules forbid an arrow whatever the others are.
pub(super) fn is_upward(section: &Section, from: &str, to: &str) -> bool {
    if from == ROOT_NAME || is_family(from, to) || section.is_knot(from, to) {
        return false;
    }
    match (section.floor_of(from), section.floor_of(to)) {
        (Some(from), Some(to)) => from < to,
        _ => to == ROOT_NAME,
    }
}

fn upward_arrows(subject: &Subject<'_>) -> Vec<String> {
    let section = subject.section;
    let upward = subject.graph.arrows().filter(|(from, to, _)| is_upward(section, from, to));
    upward
        .map(|(from, to, places)| {
            let place = places.first().map_or("", String::as_str);
            let more = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
            match (section.floor_of(from), section.floor_of(to)) {
                (Some(low), Some(high)) => format!(
                    "{from} uses {to}, which is on a higher floor ({from}: floor {low}, {to}: floor {high}) at {place}{more}; \
                     move what {from} needs below floor {high}, or {from} up to it"
                ),
                _ => format!(
                    "{from} uses the crate root, which is above every floor, at {place}{more}; \
                     move what {from} needs into a module below it"
                ),
            }
        })
        .collect()
}

/// Cycles among the arrows that are not faults by themselves.
fn cycles(subject: &Subject<'_>) -> Vec<String> {
    let graph = subject.graph.filtered(|from, to| from != ROOT_NAME && !is_upward(subject.section, from, to));
    let mut faults = Vec::new();
    check_cycles(subject.section, &graph, &mut faults);
    subject.within.iter().for_each(|graph| check_cycles(subject.section, graph, &mut faults));
    faults
}

fn check_cycles(section: &Section, graph: &Graph, faults: &mut Vec<String>) {
    for knot in graph.knots() {
        let inner = graph.filtered(|from, to| knot.contains(from) && knot.contains(to));
        if section.knots.iter().any(|allowed| knot.iter().all(|module| allowed.0.contains(module))) {
            continue;
        }
        let Some(parent) = knot
            .iter()
            .find(|parent| knot.iter().all(|module| module == *parent || module.starts_with(&format!("{parent}::"))))
        else {
            faults.push(describe_cycle(&inner, &inner.shortest_cycle(&knot)));
            continue;
        };
        // A child may use its parent, as long as that closes no long way around.
        let long = knot.iter().filter(|child| inner.uses(child).any(|used| used == parent)).find_map(|child| {
            let mut way = inner.path(parent, child)?;
            way.push(parent.clone());
            (way.len() > MAX_CYCLE + 1).then_some(way)
        });
        faults.extend(long.map(|way| describe_cycle(&inner, &way)));
        check_cycles(section, &inner.filtered(|from, to| from != parent && to != parent), faults);
    }
}

/// `cycle of 3 modules: a → b (src/a.rs:1) → c (src/b.rs:2) → a (src/c.rs:3)`.
pub(super) fn describe_cycle(graph: &Graph, cycle: &[String]) -> String {
    let mut text = format!("cycle of {} modules: ", cycle.len().saturating_sub(1));
    text.push_str(cycle.first().map_or("", String::as_str));
    for pair in cycle.windows(2) {
        if let [from, to] = pair {
            text.push_str(&format!(" → {to} ({})", graph.place(from, to)));
        }
    }
    text
}
