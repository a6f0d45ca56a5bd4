//! Budgets: what requests may cost together.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    Error, Model, Result,
    error::ErrorKind,
    model::Estimate,
    usd::{ParseUsdError, Usd},
};

/// The most that requests may cost together, by list prices.
///
/// The estimate of a request is reserved before anything of it is sent. It is released if the service certainly did not accept
/// the request, and kept if it did, or if that is unknown. Of a range, the highest price counts. A request that the rest of the
/// budget does not cover fails with [`BudgetExceeded`](ErrorKind::BudgetExceeded), as does one without a list price, unless
/// [`assume`](Self::assume) says what it counts for.
///
/// Clones share one amount. Used by [`ClientBuilder::budget`](crate::ClientBuilder::budget) and
/// [`Batch::budget`](crate::batch::Batch::budget).
///
/// ```
/// use pruna::{Budget, Client, Model, Usd};
///
/// let budget = Budget::usd("5.00").assume(Model::VACE, Usd::from_micros(400_000));
/// let client = Client::builder().api_key("pru_...").budget(budget.clone()).build()?;
/// assert_eq!(budget.remaining().to_string(), "$5.00");
/// # Ok::<(), pruna::Error>(())
/// ```
///
/// List prices are not promises: the bill may differ. Jobs that another program submits are not counted.
#[derive(Clone)]
pub struct Budget {
    /// The error of the text is reported when the budget is put to use.
    limit: Result<Usd, ParseUsdError>,
    assumed: BTreeMap<Model, Usd>,
    spent: Arc<Spent>,
}

/// What the clones of a budget have in common.
#[derive(Debug, Default)]
struct Spent {
    /// Micro-dollars that are reserved or spent.
    committed: AtomicU64,
    /// How much of it is that of a journal. A later run with the same journal must not count it again.
    by_journal: Mutex<HashMap<String, Usd>>,
}

impl Budget {
    /// Creates a budget of an amount in US dollars, such as `5.00` or `$0.50`. A text that is no amount is reported when the
    /// client is built or the batch is run.
    #[must_use]
    pub fn usd(amount: impl AsRef<str>) -> Self {
        Self::with(amount.as_ref().parse())
    }

    /// Creates a budget of an amount.
    #[must_use]
    pub fn new(amount: Usd) -> Self {
        Self::with(Ok(amount))
    }

    fn with(limit: Result<Usd, ParseUsdError>) -> Self {
        Self { limit, assumed: BTreeMap::new(), spent: Arc::default() }
    }

    /// Sets what a request to a model counts for if it has no list price.
    #[must_use]
    pub fn assume(mut self, model: impl Into<Model>, usd: Usd) -> Self {
        self.assumed.insert(model.into(), usd);
        self
    }

    /// Returns the whole amount.
    #[must_use]
    pub fn limit(&self) -> Usd {
        self.limit.clone().unwrap_or_default()
    }

    /// Returns what is reserved or spent.
    #[must_use]
    pub fn committed(&self) -> Usd {
        Usd::from_micros(self.spent.committed.load(Ordering::Relaxed))
    }

    /// Returns what is left.
    #[must_use]
    pub fn remaining(&self) -> Usd {
        self.limit().checked_sub(self.committed()).unwrap_or_default()
    }

    /// Whether the two share one amount.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.spent, &other.spent)
    }

    /// Fails if the amount cannot be used.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.limit {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::configuration(format!("the budget is {error}"))),
        }
    }

    /// Returns what a request to a model without a list price counts for.
    pub(crate) fn assumed(&self, model: &Model) -> Option<Usd> {
        self.assumed.get(model).copied()
    }

    /// Returns what a request counts for.
    pub(crate) fn amount(&self, model: &Model, estimate: &Estimate) -> Result<Usd> {
        let amount = estimate.max().or_else(|| self.assumed(model));
        amount.ok_or_else(|| {
            let message = format!(
                "not sent, because its price is {estimate}; Budget::assume sets what a request to {model} counts for"
            );
            Error::new(ErrorKind::BudgetExceeded, message).with_model(model.clone())
        })
    }

    /// Reserves an amount.
    pub(crate) fn reserve(&self, model: &Model, amount: Usd) -> Result<Reservation> {
        let limit = self.limit().micros();
        let add = |committed: u64| committed.checked_add(amount.micros()).filter(|sum| *sum <= limit);
        match self.spent.committed.fetch_update(Ordering::AcqRel, Ordering::Acquire, add) {
            Ok(_) => Ok(Reservation { spent: Arc::clone(&self.spent), amount }),
            Err(committed) => {
                let error = exceeded(amount, self.limit(), Usd::from_micros(committed));
                Err(error.with_model(model.clone()))
            }
        }
    }

    /// Releases an amount that was kept.
    pub(crate) fn release(&self, amount: Usd) {
        self.spent.committed.fetch_sub(amount.micros(), Ordering::AcqRel);
    }

    /// Counts what a journal has committed in all, as far as this budget has not counted it yet.
    pub(crate) fn count_journal(&self, journal: &str, total: Usd) {
        let mut by_journal = self.spent.by_journal.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = by_journal.insert(journal.to_owned(), total).unwrap_or_default();
        let new = total.checked_sub(counted).unwrap_or_default();
        let add = |committed: u64| Some(committed.saturating_add(new.micros()));
        let _ = self.spent.committed.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
    }

    /// Notes that a journal has committed an amount that was reserved, or that it has taken one back.
    pub(crate) fn note_journal(&self, journal: &str, change: impl FnOnce(Usd) -> Usd) {
        let mut by_journal = self.spent.by_journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(total) = by_journal.get_mut(journal) {
            *total = change(*total);
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limit", &self.limit())
            .field("committed", &self.committed())
            .finish_non_exhaustive()
    }
}

/// The error of a request that the rest of a budget does not cover.
pub(crate) fn exceeded(amount: Usd, limit: Usd, committed: Usd) -> Error {
    let left = limit.checked_sub(committed).unwrap_or_default();
    let message = format!("not sent, because it costs {amount} and {left} of the budget of {limit} is left");
    Error::new(ErrorKind::BudgetExceeded, message)
}

/// An amount that is reserved until it is kept or dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    spent: Arc<Spent>,
    amount: Usd,
}

impl Reservation {
    /// Leaves the amount in the budget's account for good.
    pub(crate) fn keep(mut self) {
        self.amount = Usd::ZERO;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.spent.committed.fetch_sub(self.amount.micros(), Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(micros: u64) -> Usd {
        Usd::from_micros(micros)
    }

    #[test]
    fn what_is_dropped_is_released_and_what_is_kept_stays() {
        let budget = Budget::usd("$0.01");
        let reserve = || budget.clone().reserve(&Model::P_IMAGE, micros(5_000));
        let (first, second) = (reserve().unwrap(), reserve().unwrap());
        let error = reserve().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
        assert_eq!(error.message(), "not sent, because it costs $0.005 and $0.00 of the budget of $0.01 is left");
        first.keep();
        drop(second);
        assert_eq!((budget.committed(), budget.remaining()), (micros(5_000), micros(5_000)));
    }

    #[test]
    fn what_was_spent_earlier_may_exceed_the_limit() {
        let budget = Budget::new(micros(10));
        budget.count_journal("a", micros(10));
        budget.count_journal("a", micros(10));
        budget.count_journal("b", micros(5));
        assert_eq!((budget.remaining(), budget.committed()), (Usd::ZERO, micros(15)));
        budget.reserve(&Model::P_IMAGE, Usd::ZERO).unwrap_err();
    }

    #[test]
    fn a_request_without_a_price_needs_an_assumption() {
        let (unknown, price) = (Estimate::unknown("no list price"), micros(7));
        let budget = Budget::usd("1").assume("vace", price);
        assert_eq!(budget.amount(&Model::VACE, &unknown).unwrap(), price);
        assert_eq!(budget.amount(&Model::VACE, &Estimate::Exact(micros(5))).unwrap(), micros(5));
        let error = budget.amount(&Model::WAN_T2V, &unknown).unwrap_err();
        assert!(error.is_budget_exceeded() && error.message().contains("Budget::assume"), "{error}");
    }

    #[test]
    fn a_text_that_is_no_amount_is_an_error_of_configuration() {
        let error = Budget::usd("five").check().unwrap_err();
        assert!(error.is_configuration() && error.message().contains("not an amount of US dollars"), "{error}");
    }
}
