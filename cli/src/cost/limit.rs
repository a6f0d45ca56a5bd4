//! The most that requests may cost.

use std::collections::BTreeMap;

use pruna::{Budget, Model, Request, Usd};

use crate::{exit_code::Code, failure::Failure};

/// The limit that `--max-cost` sets, with the assumptions about models without a list price.
pub(crate) struct CostLimit {
    max: Usd,
    assumed: BTreeMap<Model, Usd>,
    budget: Budget,
}

impl CostLimit {
    pub(super) fn new(max: Usd, assumed: BTreeMap<Model, Usd>) -> Self {
        let assume = |budget: Budget, (model, usd): (&Model, &Usd)| budget.assume(model.clone(), *usd);
        let budget = assumed.iter().fold(Budget::new(max), assume);
        Self { max, assumed, budget }
    }

    /// Returns the budget of the library. All of them share one amount.
    pub(crate) fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// Returns the whole amount.
    pub(crate) fn max(&self) -> Usd {
        self.max
    }

    /// Returns what a request counts for.
    ///
    /// # Errors
    ///
    /// If that is not known.
    pub(crate) fn amount(&self, request: &Request) -> Result<Usd, Failure> {
        let (model, estimate) = (request.model(), request.estimate());
        estimate.max().or_else(|| self.assumed.get(model).copied()).ok_or_else(|| {
            let message = format!("the cost of a request to {model} is {estimate}; nothing was submitted");
            let hint = format!("--assume {model}=USD says what a request to it counts for");
            Failure::new(Code::Budget, message).hint(hint)
        })
    }

    /// Fails if one request costs more than there is.
    pub(super) fn check(&self, request: &Request) -> Result<(), Failure> {
        let amount = self.amount(request)?;
        if amount <= self.max {
            return Ok(());
        }
        let message = format!("it costs {amount}, and --max-cost is {}; nothing was submitted", self.max);
        Err(Failure::new(Code::Budget, message).hint(format!("--max-cost {} covers it", plain(amount))))
    }
}

/// Formats an amount as the command line takes it: shells would read a `$`.
pub(crate) fn plain(usd: Usd) -> String {
    usd.to_string().trim_start_matches('$').to_owned()
}
