//! What a batch may cost and has cost.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use super::{
    journal::{Commitment, Journal},
    turns::{Turn, Turns},
};
use crate::{Budget, Error, Request, Result, budget::Reservation, error::ErrorKind, usd::Usd};

/// The budget of a batch, and what this run has committed by list prices.
#[derive(Debug)]
pub(super) struct Account {
    budget: Option<Budget>,
    /// The name of a journal that remembers what this and other runs have committed.
    journal: Option<String>,
    turns: Turns,
    /// The least amount that the journal has refused, in micro-dollars.
    refused: AtomicU64,
    /// Micro-dollars.
    committed: AtomicU64,
    unpriced: AtomicUsize,
}

impl Account {
    /// Opens the account of a batch. What earlier runs have committed, according to its journal, counts.
    pub(super) fn open(budget: Option<Budget>, journal: Option<&dyn Journal>) -> Result<Self> {
        budget.as_ref().map_or(Ok(()), Budget::check)?;
        let journal = journal.and_then(Journal::committed).map(|(name, earlier)| {
            if let Some(budget) = &budget {
                budget.count_journal(name, earlier);
            }
            name.to_owned()
        });
        let refused = AtomicU64::new(u64::MAX);
        Ok(Self {
            budget,
            journal,
            turns: Turns::new(),
            refused,
            committed: AtomicU64::new(0),
            unpriced: AtomicUsize::new(0),
        })
    }

    /// Notes in the budget what the journal has committed or taken back.
    fn note_journal(&self, change: impl FnOnce(Usd) -> Usd) {
        if let (Some(budget), Some(journal)) = (&self.budget, &self.journal) {
            budget.note_journal(journal, change);
        }
    }

    /// Returns what this run has committed, at most.
    pub(super) fn committed(&self) -> Usd {
        Usd::from_micros(self.committed.load(Ordering::Relaxed))
    }

    /// Returns the number of submissions of this run whose price is not known.
    pub(super) fn unpriced(&self) -> usize {
        self.unpriced.load(Ordering::Relaxed)
    }

    /// Returns the number of the next item, which says when it may reserve.
    pub(super) fn next_number(&self) -> u64 {
        self.turns.next()
    }

    /// Returns the share of the item with this number, which has reserved nothing yet.
    pub(super) fn share(&self, number: u64) -> Share<'_> {
        Share { account: self, turn: Mutex::new(Some(self.turns.turn(number))), state: Mutex::default() }
    }
}

/// What one item has reserved or committed.
pub(super) struct Share<'a> {
    account: &'a Account,
    turn: Mutex<Option<Turn<'a>>>,
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
    /// Reserves what a request costs, after earlier items have. Returns the budget that did.
    pub(super) async fn reserve(&self, request: &Request) -> Result<Option<&Budget>> {
        let turn = self.take_turn();
        if let (Some(turn), Some(_)) = (&turn, &self.account.budget) {
            turn.wait().await;
        }
        self.reserve_now(request)
    }

    /// Reserves nothing, so that later items need not wait for this one.
    pub(super) fn pass(&self) {
        drop(self.take_turn());
    }

    fn take_turn(&self) -> Option<Turn<'_>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn reserve_now(&self, request: &Request) -> Result<Option<&Budget>> {
        let (model, estimate) = (request.model(), request.estimate());
        let Some(budget) = &self.account.budget else {
            self.state().amount = estimate.max();
            return Ok(None);
        };
        let amount = budget.amount(model, &estimate)?;
        // What other workers have spent is known only when the journal refuses.
        if amount.micros() >= self.account.refused.load(Ordering::Relaxed) {
            let message =
                format!("not sent, because it costs {amount}, and less than that is left of the fleet's budget");
            return Err(Error::new(ErrorKind::BudgetExceeded, message).with_model(model.clone()));
        }
        let reservation = Some(budget.reserve(model, amount)?);
        *self.state() = Reserved { amount: Some(amount), reservation, is_committed: false };
        Ok(Some(budget))
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
                self.account.note_journal(|total| total + usd);
                Commitment::Add(usd)
            }
            None => {
                self.account.unpriced.fetch_add(1, Ordering::Relaxed);
                Commitment::Unchanged
            }
        }
    }

    /// Takes back a commitment that the journal did not record.
    pub(super) fn undo(&self, commitment: Commitment, error: &Error) {
        // What it has counted for an earlier attempt stays counted until it is taken back there, too.
        if let Commitment::Add(usd) = commitment {
            self.take_back();
            if error.is_budget_exceeded() {
                self.account.refused.fetch_min(usd.micros(), Ordering::Relaxed);
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
        self.account.note_journal(|total| total.checked_sub(usd).unwrap_or_default());
        if let Some(budget) = &self.account.budget {
            budget.release(usd);
        }
        Commitment::Remove(usd)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Reserved> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
