//! What a batch may cost and has cost.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use super::journal::Commitment;
use crate::{Budget, Request, Result, budget::Reservation, usd::Usd};

/// The budget of a batch, and what this run has committed by list prices.
#[derive(Debug)]
pub(super) struct Account {
    budget: Option<Budget>,
    /// Whether the journal keeps to the budget, together with other processes.
    is_shared: bool,
    /// Micro-dollars.
    committed: AtomicU64,
    unpriced: AtomicUsize,
}

impl Account {
    pub(super) fn new(budget: Option<Budget>, is_shared: bool) -> Self {
        Self { budget, is_shared, committed: AtomicU64::new(0), unpriced: AtomicUsize::new(0) }
    }

    /// Returns what this run has committed, at most.
    pub(super) fn committed(&self) -> Usd {
        Usd::from_micros(self.committed.load(Ordering::Relaxed))
    }

    /// Returns the number of submissions of this run whose price is not known.
    pub(super) fn unpriced(&self) -> usize {
        self.unpriced.load(Ordering::Relaxed)
    }

    /// Returns the share of one item, which has reserved nothing yet.
    pub(super) fn share(&self) -> Share<'_> {
        Share { account: self, state: Mutex::default() }
    }
}

/// What one item has reserved or committed.
pub(super) struct Share<'a> {
    account: &'a Account,
    state: Mutex<Reserved>,
}

#[derive(Default)]
struct Reserved {
    /// What the item counts for; none if its price is not known.
    amount: Option<Usd>,
    /// Released when it is dropped, unless the item was sent.
    reservation: Option<Reservation>,
    is_committed: bool,
}

impl Share<'_> {
    /// Reserves what a request costs. Returns what the budget assumes if there is no list price.
    pub(super) fn reserve(&self, request: &Request) -> Result<Option<Usd>> {
        let (model, estimate) = (request.model(), request.estimate());
        let Some(budget) = &self.account.budget else {
            self.state().amount = estimate.max();
            return Ok(None);
        };
        let amount = budget.amount(model, &estimate)?;
        let reservation = if self.account.is_shared { None } else { Some(budget.reserve(model, amount)?) };
        *self.state() = Reserved { amount: Some(amount), reservation, is_committed: false };
        Ok(budget.assumed(model))
    }

    /// Keeps the amount, because the request is about to be sent. Returns what the journal records.
    pub(super) fn commit(&self) -> Commitment {
        let mut state = self.state();
        if std::mem::replace(&mut state.is_committed, true) {
            // It is sent again.
            return Commitment::Unchanged;
        }
        if let Some(reservation) = state.reservation.take() {
            reservation.keep();
        }
        match state.amount {
            Some(usd) => {
                self.account.committed.fetch_add(usd.micros(), Ordering::Relaxed);
                Commitment::Add(usd)
            }
            None => {
                self.account.unpriced.fetch_add(1, Ordering::Relaxed);
                Commitment::Unchanged
            }
        }
    }

    /// Releases the amount, because the request was certainly not accepted. Returns what the journal records.
    pub(super) fn take_back(&self) -> Commitment {
        let mut state = self.state();
        state.reservation = None;
        if !std::mem::take(&mut state.is_committed) {
            return Commitment::Unchanged;
        }
        let Some(usd) = state.amount else {
            self.account.unpriced.fetch_sub(1, Ordering::Relaxed);
            return Commitment::Unchanged;
        };
        self.account.committed.fetch_sub(usd.micros(), Ordering::Relaxed);
        if let Some(budget) = self.account.budget.as_ref().filter(|_| !self.account.is_shared) {
            budget.release(usd);
        }
        Commitment::Remove(usd)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Reserved> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
