//! Entries of a ledger, as they are read.

use std::{path::PathBuf, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::{Model, usd::Usd};

/// One submission in a ledger file: see [`Ledger::read`](super::Ledger::read).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// When it was about to be sent, by the clock of the machine that sent it.
    pub time: SystemTime,
    /// The base URL of the service.
    pub service: String,
    /// The model.
    pub model: Model,
    /// What it is estimated to cost, at most: its list price, or what the [budget](crate::Budget::assume) assumes. `None` if that
    /// is not known.
    pub usd: Option<Usd>,
    /// What became of it.
    pub state: LedgerState,
    /// The service's id of the job, if it told one.
    pub job: Option<String>,
    /// The [label](crate::Request::label) of the request.
    pub label: Option<String>,
    /// The [folder](super::Ledger::folder) that the program noted.
    pub folder: Option<PathBuf>,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LedgerState {
    /// It is being sent, or its process ended before it knew the outcome. May have been spent.
    Reserved,
    /// The service accepted it.
    Spent,
    /// The service certainly did not accept it. Costs nothing.
    Released,
    /// Nobody knows whether the service accepted it. May have been spent.
    Unknown,
}
