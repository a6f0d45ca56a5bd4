//! When faults are injected.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::operation::Operation;

/// Which of the requests that a rule matches get the fault.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// Every request.
    #[default]
    Always,
    /// Only the nth request, counted from 1.
    Nth(u64),
    /// The first n requests.
    First(u64),
    /// Every nth request. 0 means never.
    Every(u64),
    /// A random choice, reproducible by its seed.
    Chance {
        /// Probability between 0 (never) and 1 (always).
        probability: f64,
        /// Seed of the random number generator.
        seed: u64,
    },
}

/// A fault with the operation and the requests that it applies to.
///
/// Created by [`Fault::on`]; applies to every request unless a method says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use = "a rule has no effect until it is added with `Faults::add`"]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub(crate) operation: Operation,
    #[serde(default)]
    pub(crate) model: Option<String>,
    #[serde(default)]
    pub(crate) when: When,
    pub(crate) fault: Fault,
}

impl Fault {
    /// Returns a rule that injects this fault into every request of `operation`.
    pub fn on(self, operation: Operation) -> Rule {
        Rule { operation, model: None, when: When::Always, fault: self }
    }
}

impl Rule {
    /// Limits the rule to the nth request, counted from 1.
    pub fn nth(self, n: u64) -> Self {
        self.when(When::Nth(n))
    }

    /// Limits the rule to the first n requests.
    pub fn first(self, n: u64) -> Self {
        self.when(When::First(n))
    }

    /// Limits the rule to every nth request. 0 means never.
    pub fn every(self, n: u64) -> Self {
        self.when(When::Every(n))
    }

    /// Limits the rule to randomly chosen requests.
    ///
    /// `probability` is between 0 (never) and 1 (always). The same seed gives the same sequence.
    pub fn with_probability(self, probability: f64, seed: u64) -> Self {
        self.when(When::Chance { probability, seed })
    }

    /// Sets the condition. Default: [`When::Always`].
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Limits the rule to submissions of one model.
    pub fn model(mut self, id: impl Into<String>) -> Self {
        self.model = Some(id.into());
        self
    }
}
