//! The active rules of an emulator.

use std::fmt;
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use serde::Serialize;

use super::fault::Fault;
use super::operation::Operation;
use super::rule::{Rule, When};
use crate::sync::lock;

/// An active rule with its counters.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RuleState {
    /// Id of the rule, for [`Faults::remove`].
    pub id: u64,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Number of requests with the rule's operation and model.
    pub matched: u64,
    /// Number of requests that got the fault.
    pub injected: u64,
}

/// The fault rules of a running emulator.
///
/// Returned by [`Emulator::faults`](crate::Emulator::faults). Clones refer to the same rules.
#[derive(Clone)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    last_id: u64,
    rules: Vec<(RuleState, Rng)>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&self.list()).finish()
    }
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { inner: Arc::default() }
    }

    /// Adds a rule and returns its id.
    ///
    /// If several rules apply to a request, the one that was added first is used.
    pub fn add(&self, rule: Rule) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last_id += 1;
        let id = inner.last_id;
        let seed = if let When::Chance { seed, .. } = rule.when { seed } else { 0 };
        inner.rules.push((RuleState { id, rule, matched: 0, injected: 0 }, Rng::with_seed(seed)));
        id
    }

    /// Removes a rule. Returns whether there was a rule with this id.
    pub fn remove(&self, id: u64) -> bool {
        let mut inner = lock(&self.inner);
        let before = inner.rules.len();
        inner.rules.retain(|(state, _)| state.id != id);
        inner.rules.len() < before
    }

    /// Removes all rules.
    pub fn clear(&self) {
        lock(&self.inner).rules.clear();
    }

    /// Returns the active rules with their counters.
    pub fn list(&self) -> Vec<RuleState> {
        lock(&self.inner).rules.iter().map(|(state, _)| state.clone()).collect()
    }

    /// Returns the number of faults injected into `operation` by the active rules.
    pub fn injected(&self, operation: Operation) -> u64 {
        self.list().iter().filter(|state| state.rule.operation == operation).map(|state| state.injected).sum()
    }

    /// Counts a request with every rule that matches it, and returns the fault of the first one that applies.
    pub(crate) fn match_fault(&self, operation: &str, model: Option<&str>) -> Option<Fault> {
        let mut fault = None;
        for (state, random) in &mut lock(&self.inner).rules {
            let rule = &state.rule;
            let matches = rule.operation.id() == operation && (rule.model.is_none() || rule.model.as_deref() == model);
            if !matches {
                continue;
            }
            state.matched += 1;
            if applies(rule.when, state.matched, random) && fault.is_none() {
                state.injected += 1;
                fault = Some(rule.fault.clone());
            }
        }
        fault
    }
}

fn applies(when: When, count: u64, random: &mut Rng) -> bool {
    match when {
        When::Always => true,
        When::Nth(n) => count == n,
        When::First(n) => count <= n,
        When::Every(n) => n > 0 && count.is_multiple_of(n),
        When::Chance { probability, .. } => random.f64() < probability,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Operation, Rule, When};

    /// Marks those of eight requests that get the fault.
    fn pattern(rule: Rule) -> String {
        let faults = Faults::new();
        faults.add(rule);
        let mark = |_| if faults.match_fault("uploadFile", None).is_some() { 'x' } else { '.' };
        (0..8).map(mark).collect()
    }

    #[test]
    fn a_rule_applies_to_the_requests_of_its_condition() {
        let rule = || Fault::Refuse.on(Operation::UploadFile);
        let cases = [
            (rule(), "xxxxxxxx"),
            (rule().nth(3), "..x....."),
            (rule().first(2), "xx......"),
            (rule().every(3), "..x..x.."),
            (rule().every(0), "........"),
            (rule().with_probability(0.0, 1), "........"),
            (rule().with_probability(1.0, 1), "xxxxxxxx"),
            (rule().model("vace"), "........"),
            (Fault::Refuse.on(Operation::DownloadContent), "........"),
        ];
        for (rule, expected) in cases {
            assert_eq!(pattern(rule.clone()), expected, "{rule:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_choice() {
        let rule = |seed| Fault::Refuse.on(Operation::UploadFile).when(When::Chance { probability: 0.5, seed });
        assert_eq!(pattern(rule(7)), pattern(rule(7)));
        assert!((0..20).any(|seed| pattern(rule(seed)) != pattern(rule(seed + 1))));
    }
}
