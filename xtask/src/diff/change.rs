//! A change and its class.

use serde::Serialize;

/// What a change means for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A working program may get its requests rejected, or may miss what it reads.
    Breaking,
    /// Something new is possible; working programs keep working.
    Additive,
    /// Only prose changed.
    Documentation,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means for a client.
    pub class: Class,
    /// Where in the API, such as `POST /v1/predictions header Model`.
    #[serde(rename = "where")]
    pub place: String,
    /// What happened there.
    pub what: String,
}
