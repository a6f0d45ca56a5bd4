//! What one submission costs: reserved in the budget and noted in the ledger, whatever becomes of it.

use crate::{
    Model, Request, Result,
    budget::{Budget, Reservation},
    ledger::{Ledger, LedgerState},
    retry::SendState,
    usd::Usd,
};

/// The budget and the ledger of a client and its clones.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) budget: Option<Budget>,
    pub(crate) ledger: Ledger,
    /// The base URL of the service.
    pub(crate) service: String,
}

impl Accounts {
    /// Reserves what a request costs, before anything of it is sent.
    /// `reserved_in` is the budget of its batch, which has reserved it, and says what it counts for if nothing else does.
    pub(crate) fn charge<'a>(
        &'a self,
        model: &'a Model,
        request: &Request,
        reserved_in: Option<&Budget>,
    ) -> Result<Charge<'a>> {
        let assumed = reserved_in.and_then(|budget| budget.assumed(model));
        let estimate = request.estimate();
        let (usd, reservation) = match &self.budget {
            Some(budget) => {
                let usd = match assumed {
                    Some(assumed) if estimate.max().or(budget.assumed(model)).is_none() => assumed,
                    _ => budget.amount(model, &estimate)?,
                };
                // The budget of a batch that is also that of its client has reserved it already.
                let is_reserved = reserved_in.is_some_and(|other| other.is_same(budget));
                (Some(usd), if is_reserved { None } else { Some(budget.reserve(model, usd)?) })
            }
            None => (estimate.max().or(assumed), None),
        };
        let label = request.own_label().map(Into::into);
        let charge = Charge { accounts: self, model, label, usd, reservation, number: None, stage: Stage::Unsent };
        charge.count(|amounts, usd| {
            amounts.submissions += 1;
            amounts.reserved += usd;
        });
        Ok(charge)
    }
}

/// How far a submission got.
enum Stage {
    Unsent,
    /// Sent, and no response proves that it was rejected.
    Sent,
    Accepted {
        job: Option<Box<str>>,
    },
}

/// What one submission costs. When it is dropped, what was spent or may have been is kept, the rest is released.
pub(crate) struct Charge<'a> {
    accounts: &'a Accounts,
    model: &'a Model,
    label: Option<Box<str>>,
    usd: Option<Usd>,
    reservation: Option<Reservation>,
    /// The number of the entry in the ledger's file.
    number: Option<u64>,
    stage: Stage,
}

impl Charge<'_> {
    /// Returns what the request counts for, if that is known.
    pub(crate) fn usd(&self) -> Option<Usd> {
        self.usd
    }

    /// Notes that an attempt is about to be sent.
    pub(crate) fn sending(&mut self) -> Result<()> {
        if self.number.is_none() {
            let Self { accounts, model, label, usd, .. } = self;
            self.number = accounts.ledger.note_reserved(&accounts.service, model, label.as_deref(), *usd)?;
        }
        self.stage = Stage::Sent;
        Ok(())
    }

    /// Notes how an attempt failed.
    pub(crate) fn failed(&mut self, state: SendState) {
        if state != SendState::Indeterminate {
            self.stage = Stage::Unsent;
        }
    }

    /// Notes that the service accepted the request.
    pub(crate) fn accepted(&mut self, job: Option<&str>) {
        // Only the file has a use for it.
        let job = job.filter(|_| self.number.is_some()).map(Into::into);
        self.stage = Stage::Accepted { job };
    }

    fn count(&self, change: impl FnOnce(&mut crate::ledger::Amounts, Usd)) {
        let usd = self.usd.unwrap_or_default();
        self.accounts.ledger.count(self.model, self.label.as_deref(), |amounts| change(amounts, usd));
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        let (state, job) = match std::mem::replace(&mut self.stage, Stage::Unsent) {
            Stage::Unsent => (LedgerState::Released, None),
            Stage::Sent => (LedgerState::Unknown, None),
            Stage::Accepted { job } => (LedgerState::Spent, job),
        };
        let is_unpriced = u64::from(self.usd.is_none() && state != LedgerState::Released);
        self.count(|amounts, usd| {
            amounts.reserved = amounts.reserved.checked_sub(usd).unwrap_or_default();
            amounts.unpriced += is_unpriced;
            match state {
                LedgerState::Spent => amounts.spent += usd,
                LedgerState::Unknown => amounts.unknown += usd,
                _ => amounts.submissions -= 1,
            }
        });
        if let Some(reservation) = self.reservation.take()
            && state != LedgerState::Released
        {
            reservation.keep();
        }
        if let Some(number) = self.number {
            self.accounts.ledger.note_outcome(number, state, job.as_deref());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::inputs::PImage;

    fn accounts(ledger: Ledger) -> Accounts {
        Accounts { budget: Some(Budget::usd("1000000000")), ledger, service: "https://api.pruna.ai".into() }
    }

    /// One submission that is accepted.
    fn submit(accounts: &Accounts, request: &Request) {
        let mut charge = accounts.charge(request.model(), request, None).unwrap();
        charge.sending().unwrap();
        charge.accepted(Some("a-job"));
    }

    #[test]
    fn a_budget_and_a_ledger_in_memory_cost_at_most_two_allocations() {
        let accounts = accounts(Ledger::in_memory());
        for (request, most) in
            [(PImage::new("a lion").into(), 0), (Request::from(PImage::new("a lion")).label("zoo"), 1)]
        {
            submit(&accounts, &request);
            let counted = allocation_counter::measure(|| submit(&accounts, &request));
            assert!(counted.count_total <= most, "{} allocations instead of {most}", counted.count_total);
        }
        assert_eq!(accounts.ledger.spent().total().spent, Usd::from_micros(4 * 5_000));
    }

    /// Prints what budget and ledger cost: `cargo test --release --lib --features test-util -- --ignored --nocapture a_charge_costs`.
    #[test]
    #[ignore = "a measurement"]
    #[allow(clippy::print_stdout, reason = "a measurement")]
    fn a_charge_costs() {
        let folder = tempfile::tempdir().unwrap();
        let request = Request::from(PImage::new("a lion"));
        for (name, ledger, calls) in [
            ("in memory", Ledger::in_memory(), 1_000_000),
            ("with a file", Ledger::file(folder.path().join("ledger.jsonl")).unwrap(), 50_000),
        ] {
            let accounts = accounts(ledger);
            let start = Instant::now();
            (0..calls).for_each(|_| submit(&accounts, &request));
            println!("{name}: {:.2} µs a call", start.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
        }
        let bytes = folder.path().join("ledger.jsonl").metadata().unwrap().len();
        println!("{} bytes a submission", bytes / 50_000);
    }
}
