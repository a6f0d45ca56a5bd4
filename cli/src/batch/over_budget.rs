//! Items that a budget does not cover.

use std::fmt;

use pruna::Usd;
use serde::Serialize;

use super::item::Item;
use crate::{
    cost::{CostLimit, plain},
    exit_code::Code,
    failure::Failure,
};

/// Number of items that are named.
const MAX_NAMED: usize = 5;

/// Items that were not begun, because the budget does not cover them.
#[derive(Default)]
pub(super) struct OverBudget {
    indices: Vec<usize>,
    /// What they count for together.
    amount: Usd,
}

impl OverBudget {
    pub(super) fn add(&mut self, item: &Item, limit: &CostLimit) {
        self.indices.push(item.index);
        self.amount += limit.amount(&item.request()).unwrap_or_default();
    }

    pub(super) fn count(&self) -> usize {
        self.indices.len()
    }

    /// Explains which items of the batch were not begun, and how to go on. `None` if all were.
    pub(super) fn failure(&self, items: &[Item], limit: &CostLimit) -> Option<Failure> {
        let mut indices = self.indices.clone();
        indices.sort_unstable();
        let named: Vec<String> = indices.iter().take(MAX_NAMED).map(|index| items[*index].title()).collect();
        let others = match self.count() - named.len() {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let (budget, count, all, named) = (limit.budget(), self.count(), items.len(), named.join(", "));
        let message = format!(
            "{count} of {all} items were not begun, because {} of --max-cost {} is left: {named}{others}",
            budget.remaining(),
            limit.max()
        );
        let needed = plain(budget.committed() + self.amount);
        let hint = format!("the same command with --max-cost {needed} goes on with them; results.jsonl lists them");
        (count > 0).then(|| Failure::new(Code::Budget, message).hint(hint))
    }
}

/// What `--dry-run` tells of a budget.
#[derive(Debug, Serialize)]
pub(crate) struct Coverage {
    max_cost_usd: Usd,
    /// Of earlier runs.
    committed_usd: Usd,
    /// What all runs count for together, if all new items are submitted.
    needed_usd: Usd,
    new_items: usize,
    /// Number of new items that the rest of the budget covers.
    covered_items: usize,
}

impl Coverage {
    /// Compares a limit with what the new items count for. Fails if that is not known.
    pub(crate) fn new<'a>(
        limit: &CostLimit,
        committed: Usd,
        items: impl IntoIterator<Item = &'a Item>,
    ) -> Result<Self, Failure> {
        let (mut spent, mut needed, mut new_items, mut covered_items) = (committed, committed, 0, 0);
        for item in items {
            let amount = limit.amount(&item.request())?;
            new_items += 1;
            needed += amount;
            if spent + amount <= limit.max() {
                spent += amount;
                covered_items += 1;
            }
        }
        let (max_cost_usd, committed_usd, needed_usd) = (limit.max(), committed, needed);
        Ok(Self { max_cost_usd, committed_usd, needed_usd, new_items, covered_items })
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max_cost_usd: max, committed_usd: committed, needed_usd: needed, .. } = *self;
        if self.covered_items == self.new_items {
            write!(f, "--max-cost {max} covers that; {} is left then", max.checked_sub(needed).unwrap_or_default())?;
        } else {
            let (covered, new) = (self.covered_items, self.new_items);
            write!(f, "--max-cost {max} covers {covered} of {new} items; --max-cost {} covers all", plain(needed))?;
        }
        if committed > Usd::ZERO { write!(f, "; earlier runs have spent {committed}") } else { Ok(()) }
    }
}
