//! What requests may cost and have cost: options of the commands that submit.

mod ledger;
mod limit;

use clap::Args;
use pruna::{ClientBuilder, Model, Request, Usd};

use self::ledger::LedgerOptions;
pub(crate) use self::{
    ledger::{LedgerPath, parse_label},
    limit::{CostLimit, plain},
};
use crate::{app::App, failure::Failure, session};

/// A budget and a ledger.
#[derive(Clone, Debug, Args)]
pub(crate) struct CostOptions {
    /// Maximum cost in US dollars by list prices, such as 20 or 0.50; what it does not cover is not submitted
    #[arg(long, value_name = "USD")]
    max_cost: Option<Usd>,
    /// What a request to a model without a list price counts for; repeatable
    #[arg(long, value_name = "MODEL=USD", value_parser = parse_assumption, requires = "max_cost")]
    assume: Vec<(Model, Usd)>,
    #[command(flatten)]
    ledger: LedgerOptions,
}

impl CostOptions {
    /// Returns the limit that the command line sets.
    pub(crate) fn limit(&self) -> Option<CostLimit> {
        self.max_cost.map(|max| CostLimit::new(max, self.assume.iter().cloned().collect()))
    }

    /// Returns the label that the command line sets.
    pub(crate) fn common_label(&self) -> Option<String> {
        self.ledger.label.clone()
    }

    /// Adds the label that the command line sets.
    pub(crate) fn label(&self, request: Request) -> Request {
        match &self.ledger.label {
            Some(label) => request.label(label),
            None => request,
        }
    }

    /// Sets the ledger of a client.
    pub(crate) fn set_ledger(&self, app: &App, builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        let ledger = self.ledger.open(&app.terminal, session::is_trial(&app.global))?;
        Ok(builder.ledger(ledger))
    }

    /// Sets the ledger and the budget of a client.
    pub(crate) fn set(&self, app: &App, builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        let builder = self.set_ledger(app, builder)?;
        Ok(match self.limit() {
            Some(limit) => builder.budget(limit.budget()),
            None => builder,
        })
    }

    /// Fails if the budget does not cover a request, before anything is uploaded for it.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Failure> {
        self.limit().map_or(Ok(()), |limit| limit.check(request))
    }
}

fn parse_assumption(text: &str) -> Result<(Model, Usd), String> {
    let (model, usd) = text.split_once('=').ok_or("write it as MODEL=USD, such as vace=0.40")?;
    Ok((Model::from(model), usd.parse().map_err(|e| format!("{e}"))?))
}
