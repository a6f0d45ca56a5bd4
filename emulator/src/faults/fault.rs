//! The kinds of faults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An error to inject into a request.
///
/// The variants up to [`Fault::Redirect`] replace the request: it is not processed, and no prediction is created. With
/// the variants after [`Fault::Expired`] the request is processed, with all its effects, and then the response is
/// delayed, changed or cut off.
///
/// In JSON, an object whose `kind` is the variant's name in snake case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Resets the connection without processing the request.
    ///
    /// With [`Operation::Connection`](super::Operation::Connection), before a request is read.
    Refuse,
    /// Resets the connection while the request is being received.
    ResetInRequest {
        /// Number of bytes of the request body to read before.
        after: u64,
    },
    /// Responds with any status, headers and body.
    Status {
        /// HTTP status code.
        status: u16,
        /// Headers. Default: `content-type: text/html`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Body. Default: an HTML page like those of gateways.
        #[serde(default)]
        body: Option<String>,
    },
    /// Responds with 429, like the gateway.
    RateLimited {
        /// Value of `Retry-After`: seconds, a date, or an invalid value. Default: no header.
        #[serde(default)]
        retry_after: Option<String>,
        /// Value of `RateLimit-Reset`. Default: no header.
        #[serde(default)]
        reset: Option<String>,
    },
    /// Responds with a redirect.
    Redirect {
        /// HTTP status code: 301, 302, 303, 307 or 308.
        status: u16,
        /// Value of `Location`; not checked.
        location: String,
    },
    /// Treats the requested object as expired.
    ///
    /// Responds with 410 to a download and 404 to a status request. An upload is accepted, but cannot be used. A
    /// submission is accepted, but the prediction fails because its media are missing.
    Expired,

    /// Delays the response, on the emulator's clock.
    Delay {
        /// Delay in seconds.
        seconds: f64,
    },
    /// Closes the connection after the response, without a `Connection: close` header.
    ///
    /// A client that keeps the connection for the next request finds it closed.
    HangUp,
    /// Resets the connection before the response.
    ResetBeforeHead,
    /// Resets the connection in the middle of the response body.
    ResetInBody {
        /// Number of bytes of the body to send before.
        after: u64,
    },
    /// Sends nothing and keeps the connection open.
    StallBeforeHead,
    /// Stops in the middle of the response body and keeps the connection open.
    StallInBody {
        /// Number of bytes of the body to send before.
        after: u64,
    },
    /// Closes the connection normally before the end of the response body.
    ///
    /// `Content-Length` has the full length.
    Truncate {
        /// Number of bytes of the body to send; at most the length less 1.
        after: u64,
    },
    /// Sends a wrong `Content-Length`.
    WrongLength {
        /// Number of bytes to add to the real length.
        difference: i64,
    },
    /// Pads the response body with spaces.
    Flood {
        /// Length of the padded body in bytes, sent as `Content-Length`. Default: no `Content-Length`, and padding
        /// until the client closes the connection.
        #[serde(default)]
        length: Option<u64>,
    },
    /// Sends bytes that are not HTTP.
    GarbageHead,
    /// Sends the response's status and headers with a body of random bytes.
    GarbageBody,
    /// Responds with a `status` that is not in the OpenAPI document.
    UnknownStatus {
        /// Value of `status`.
        status: String,
    },
    /// Adds fields that are not in the OpenAPI document to a JSON response.
    UnknownFields {
        /// Names and values.
        fields: Map<String, Value>,
    },
    /// Sends an error object with the HTTP status of a success.
    ErrorObject,
    /// Changes the URL in a JSON response: `generation_url`, `get_url` or `urls.get`.
    Url {
        /// The form of the URL.
        form: UrlForm,
    },
    /// Lets the prediction fail: the submitted one, or the requested one in this response.
    Fail {
        /// Value of `error`.
        error: String,
    },
    /// Cancels the prediction: the submitted one, or the requested one in this response.
    Cancel,
}

/// The form of a URL in a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UrlForm {
    /// `generation_url` as an array of strings.
    Array,
    /// `generation_url` as a string.
    Text,
    /// A path without scheme and host.
    Relative,
    /// A different URL, for example on another host.
    Other(String),
}

impl Fault {
    /// Returns a fault that responds with `status` and an HTML page like those of gateways.
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: BTreeMap::new(), body: None }
    }

    /// Returns a fault that responds with 429 and `Retry-After: seconds`.
    pub fn retry_after(seconds: u64) -> Self {
        Self::RateLimited { retry_after: Some(seconds.to_string()), reset: None }
    }

    /// Returns the fault's `kind` in JSON.
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
