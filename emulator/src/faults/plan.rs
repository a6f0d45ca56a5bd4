//! The rules in force, and the count that decides when each of them strikes.

use std::sync::{Arc, Mutex};

use fastrand::Rng;
use serde::Serialize;

use super::{Fault, Operation, Rule, When};
use crate::state::State;
use crate::sync::lock;

/// A rule in force.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RuleState {
    /// Number by which it can be removed.
    pub id: u64,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// How many requests it has applied to.
    pub seen: u64,
    /// How often it has struck.
    pub struck: u64,
}

/// The rules of one emulator.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    rules: Vec<(RuleState, Rng)>,
}

impl FaultPlan {
    pub(crate) fn add(&self, rule: Rule) -> u64 {
        let mut inner = lock(&self.inner);
        inner.last += 1;
        let id = inner.last;
        let seed = if let When::Chance { seed, .. } = rule.when { seed } else { 0 };
        inner.rules.push((RuleState { id, rule, seen: 0, struck: 0 }, Rng::with_seed(seed)));
        id
    }

    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut inner = lock(&self.inner);
        let before = inner.rules.len();
        inner.rules.retain(|(state, _)| state.id != id);
        inner.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        lock(&self.inner).rules.clear();
    }

    pub(crate) fn list(&self) -> Vec<RuleState> {
        lock(&self.inner).rules.iter().map(|(state, _)| state.clone()).collect()
    }

    /// Counts a request with every rule that applies to it. The first rule whose turn it is strikes.
    pub(crate) fn strike(&self, operation: &str, model: Option<&str>) -> Option<Fault> {
        let mut struck = None;
        for (state, random) in &mut lock(&self.inner).rules {
            let rule = &state.rule;
            let applies = rule.operation.id() == operation && (rule.model.is_none() || rule.model.as_deref() == model);
            if !applies {
                continue;
            }
            state.seen += 1;
            if is_due(rule.when, state.seen, random) && struck.is_none() {
                state.struck += 1;
                struck = Some(rule.fault.clone());
            }
        }
        struck
    }
}

fn is_due(when: When, count: u64, random: &mut Rng) -> bool {
    match when {
        When::Always => true,
        When::Nth(n) => count == n,
        When::First(n) => count <= n,
        When::Every(n) => n > 0 && count.is_multiple_of(n),
        When::Chance { probability, .. } => random.f64() < probability,
    }
}

/// The fault plan of a running emulator.
#[derive(Debug, Clone)]
pub struct Faults {
    pub(crate) state: Arc<State>,
}

impl Faults {
    /// Puts a rule in force and returns its number. Rules are asked in the order of their coming.
    pub fn add(&self, rule: Rule) -> u64 {
        self.state.faults.add(rule)
    }

    /// Lifts one rule. Returns whether there was one of this number.
    pub fn remove(&self, id: u64) -> bool {
        self.state.faults.remove(id)
    }

    /// Lifts all rules.
    pub fn clear(&self) {
        self.state.faults.clear();
    }

    /// The rules in force, with their counts.
    pub fn list(&self) -> Vec<RuleState> {
        self.state.faults.list()
    }

    /// How often any rule has struck at `operation`.
    pub fn struck(&self, operation: Operation) -> u64 {
        self.list().iter().filter(|state| state.rule.operation == operation).map(|state| state.struck).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::FaultPlan;
    use crate::faults::{Fault, Operation, Rule, When};

    fn pattern(rule: Rule) -> String {
        let plan = FaultPlan::default();
        plan.add(rule);
        let strike = |_| if plan.strike("uploadFile", None).is_some() { 'x' } else { '.' };
        (0..8).map(strike).collect()
    }

    #[test]
    fn a_rule_strikes_when_its_turn_comes() {
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
    fn chance_repeats_with_its_seed() {
        let rule = |seed| Fault::Refuse.on(Operation::UploadFile).when(When::Chance { probability: 0.5, seed });
        assert_eq!(pattern(rule(7)), pattern(rule(7)));
        assert!((0..20).any(|seed| pattern(rule(seed)) != pattern(rule(seed + 1))));
    }
}
