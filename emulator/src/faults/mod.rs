//! Faults on order: what can go wrong between a client and the service, for tests of clients.
//!
//! A [`Rule`] says what goes wrong ([`Fault`]), with which [`Operation`] and how often. Rules are handed to
//! [`Emulator::faults`](crate::Emulator::faults), or as JSON to `POST /_emulator/faults`:
//!
//! ```
//! use pruna_emulator::faults::{Fault, Operation};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! # let emulator = pruna_emulator::Emulator::builder().start().await?;
//! // The second poll of every run of the test ends in the middle of the answer.
//! emulator.faults().add(Fault::Truncate { after: 10 }.on(Operation::GetPredictionStatus).nth(2));
//! # Ok(())
//! # }
//! ```
//!
//! ```json
//! {"operation": "getPredictionStatus", "when": {"nth": 2}, "fault": {"kind": "truncate", "after": 10}}
//! ```

mod plan;
mod play;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use plan::FaultPlan;
pub use plan::{Faults, RuleState};
pub(crate) use play::{Reply, before, play};

/// Where a fault strikes: one of the document's operations, or the connection itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Operation {
    /// `POST /v1/predictions`
    CreatePrediction,
    /// `GET /v1/predictions/status/{id}`
    GetPredictionStatus,
    /// `GET /v1/predictions/delivery/{path}`
    DownloadContent,
    /// `POST /v1/files`
    UploadFile,
    /// A connection that has just been taken, before any request. Only [`Fault::Refuse`] makes sense here, and an
    /// unlimited one also locks out `/_emulator/faults`.
    Connection,
}

impl Operation {
    /// The `operationId` in the document; `connection` for [`Operation::Connection`].
    pub fn id(self) -> &'static str {
        match self {
            Self::CreatePrediction => "createPrediction",
            Self::GetPredictionStatus => "getPredictionStatus",
            Self::DownloadContent => "downloadContent",
            Self::UploadFile => "uploadFile",
            Self::Connection => "connection",
        }
    }
}

/// What goes wrong.
///
/// The first group strikes instead of the request: the service does nothing, no prediction is made. The second lets the
/// request be served, with all its effects, and then spoils the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is done and the connection is reset; with [`Operation::Connection`] at once, before a request is read.
    Refuse,
    /// The connection is reset while the request is still coming in.
    ResetInRequest {
        /// Bytes of the request's body that are read.
        after: u64,
    },
    /// Any answer: status, headers, body.
    Status {
        /// HTTP status.
        status: u16,
        /// Headers; `content-type` is `text/html` unless given.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Body; a page as gateways send it unless given.
        #[serde(default)]
        body: Option<String>,
    },
    /// 429 as the gateway sends it.
    RateLimited {
        /// Value of `Retry-After`: seconds, a date, or nonsense.
        #[serde(default)]
        retry_after: Option<String>,
        /// Value of `RateLimit-Reset`.
        #[serde(default)]
        reset: Option<String>,
    },
    /// A redirect.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// Value of `Location`, whatever it is.
        location: String,
    },
    /// What is asked for has expired: 410 for a download, 404 for a status. An upload is accepted and gone at once, a
    /// submission is accepted and fails for want of its media.
    Expired,

    /// The answer comes this much later, by the emulator's clock.
    Delay {
        /// Seconds to wait.
        seconds: f64,
    },
    /// Served and answered, then the connection is closed without notice: a client that keeps it for the next request
    /// finds it dead.
    HangUp,
    /// Served, then the connection is reset before the answer begins.
    ResetBeforeHead,
    /// Served, then the connection is reset after so many bytes of the answer's body.
    ResetInBody {
        /// Bytes of the body that are sent.
        after: u64,
    },
    /// Served, then silence, with the connection open.
    StallBeforeHead,
    /// Silence after so many bytes of the answer's body.
    StallInBody {
        /// Bytes of the body that are sent.
        after: u64,
    },
    /// The connection is closed in good order after so many bytes of the body, fewer than `Content-Length` says.
    Truncate {
        /// Bytes of the body that are sent.
        after: u64,
    },
    /// `Content-Length` is wrong by this many bytes. Too small, and there is more than announced; too large, and the
    /// connection closes early.
    WrongLength {
        /// What is added to the true length.
        difference: i64,
    },
    /// The body, and with it the answer, goes on after its end: filled with blanks up to `length`, or for ever.
    Flood {
        /// Length of the body in bytes, sent as `Content-Length`. `None`: no announced length, and no end.
        #[serde(default)]
        length: Option<u64>,
    },
    /// Bytes that are not HTTP.
    GarbageHead,
    /// The right head with a body of bytes that mean nothing.
    GarbageBody,
    /// A `status` that no document knows.
    UnknownStatus {
        /// The value.
        status: String,
    },
    /// Fields that no document knows, added to a JSON answer.
    UnknownFields {
        /// Names and values.
        fields: serde_json::Map<String, serde_json::Value>,
    },
    /// An error object under the status of success.
    ErrorObject,
    /// The URL of a JSON answer (`generation_url`, `get_url` or `urls.get`) in another form.
    Url {
        /// The form.
        form: UrlForm,
    },
    /// The prediction fails: the one that is submitted, or the one that is asked for.
    Fail {
        /// The `error` text.
        error: String,
    },
    /// The prediction is canceled: the one that is submitted, or the one that is asked for.
    Cancel,
}

/// Forms of a URL in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UrlForm {
    /// `generation_url` as an array of strings.
    Array,
    /// `generation_url` as one string.
    Text,
    /// Without scheme and host.
    Relative,
    /// This URL instead, say one on another host.
    Other(String),
}

/// How often a fault strikes, among the requests that its rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// Every time.
    #[default]
    Always,
    /// Once: the nth time, counted from 1.
    Nth(u64),
    /// The first n times.
    First(u64),
    /// Every nth time.
    Every(u64),
    /// By chance, the same sequence for the same seed.
    Chance {
        /// 0 (never) to 1 (always).
        probability: f64,
        /// Seed of the sequence.
        seed: u64,
    },
}

/// A fault with where and how often it strikes. Made by [`Fault::on`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use = "a rule does nothing until it is added to the emulator's faults"]
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
    /// A rule that plays this fault on every request of `operation`.
    pub fn on(self, operation: Operation) -> Rule {
        Rule { operation, model: None, when: When::Always, fault: self }
    }

    /// The bare status with a page as gateways send it.
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: BTreeMap::new(), body: None }
    }

    /// 429 that asks to wait for `seconds`.
    pub fn retry_after(seconds: u64) -> Self {
        Self::RateLimited { retry_after: Some(seconds.to_string()), reset: None }
    }

    /// The `kind` in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::ResetInRequest { .. } => "reset_in_request",
            Self::HangUp => "hang_up",
            Self::Status { .. } => "status",
            Self::RateLimited { .. } => "rate_limited",
            Self::Redirect { .. } => "redirect",
            Self::Expired => "expired",
            Self::Delay { .. } => "delay",
            Self::ResetBeforeHead => "reset_before_head",
            Self::ResetInBody { .. } => "reset_in_body",
            Self::StallBeforeHead => "stall_before_head",
            Self::StallInBody { .. } => "stall_in_body",
            Self::Truncate { .. } => "truncate",
            Self::WrongLength { .. } => "wrong_length",
            Self::Flood { .. } => "flood",
            Self::GarbageHead => "garbage_head",
            Self::GarbageBody => "garbage_body",
            Self::UnknownStatus { .. } => "unknown_status",
            Self::UnknownFields { .. } => "unknown_fields",
            Self::ErrorObject => "error_object",
            Self::Url { .. } => "url",
            Self::Fail { .. } => "fail",
            Self::Cancel => "cancel",
        }
    }
}

impl Rule {
    /// Strikes once: the nth time, counted from 1.
    pub fn nth(self, n: u64) -> Self {
        self.when(When::Nth(n))
    }

    /// Strikes the first n times.
    pub fn first(self, n: u64) -> Self {
        self.when(When::First(n))
    }

    /// Strikes every nth time.
    pub fn every(self, n: u64) -> Self {
        self.when(When::Every(n))
    }

    /// Strikes by chance: 0 never, 1 always. The same seed gives the same sequence.
    pub fn with_probability(self, probability: f64, seed: u64) -> Self {
        self.when(When::Chance { probability, seed })
    }

    /// How often it strikes.
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Only for submissions of this model.
    pub fn model(mut self, id: impl Into<String>) -> Self {
        self.model = Some(id.into());
        self
    }
}
