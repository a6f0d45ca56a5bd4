//! Error responses: the service has several shapes, depending on which of its layers rejects the request.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::response::{self, Response};
use crate::store::RateLimitStatus;

/// An entry of `invalid_fields` in a 422 response.
#[derive(Debug, Clone)]
pub(crate) struct InvalidField {
    /// Kind of error: `missing`, `invalid_type` or `invalid_value`.
    pub(crate) kind: &'static str,
    /// Path of the field, such as `input.prompt`.
    pub(crate) field: String,
    /// Description of the error.
    pub(crate) description: String,
}

/// An error response. Each variant is one of the shapes seen on the wire.
#[derive(Debug)]
pub(crate) enum ErrorResponse {
    /// From the gateway in front of the API: `{"message", "request_id"}`.
    Gateway { status: StatusCode, message: String },
    /// In the documented envelope: `{"error": {"code", "message", "details"}, "request_id"}`.
    Documented { status: StatusCode, code: &'static str, message: &'static str, details: String },
    /// From the model's own validation: flat, with status 422.
    InvalidInput(Vec<InvalidField>),
    /// Rate limit exceeded. The OpenAPI document declares the envelope for uploads only; otherwise the gateway responds.
    RateLimited { status: RateLimitStatus, is_documented: bool },
    /// The edge proxy timed out waiting for the model: an HTML page with status 504 and no id.
    EdgeTimeout,
}

impl ErrorResponse {
    pub(crate) fn gateway(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Gateway { status, message: message.into() }
    }

    /// The documented 500.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::Documented {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "INTERNAL_ERROR",
            message: "An unexpected error occurred",
            details: error.to_string(),
        }
    }

    /// The documented 404.
    pub(crate) fn not_found(details: &str) -> Self {
        Self::Documented {
            status: StatusCode::NOT_FOUND,
            code: "NOT_FOUND",
            message: "The requested resource was not found",
            details: details.to_owned(),
        }
    }

    /// The documented 404 of a status request.
    pub(crate) fn prediction_not_found() -> Self {
        Self::not_found("There is no prediction with this id, or it has expired")
    }

    /// The documented 410 of a download.
    pub(crate) fn content_expired() -> Self {
        Self::Documented {
            status: StatusCode::GONE,
            code: "CONTENT_EXPIRED",
            message: "The content has expired",
            details: "Content is available for 24 hours after its creation".to_owned(),
        }
    }

    /// The gateway's 404 for a path or method without a route.
    pub(crate) fn no_route() -> Self {
        Self::gateway(StatusCode::NOT_FOUND, "no Route matched with those values")
    }

    /// Converts the error into an HTTP response.
    pub(crate) fn into_response(self, request_id: &str) -> Response {
        match self {
            Self::Gateway { status, message } => {
                let mut response = response::json(status, &json!({"message": message, "request_id": request_id}));
                if status == StatusCode::UNAUTHORIZED {
                    response::set_header(&mut response, WWW_AUTHENTICATE, "Key");
                }
                response
            }
            Self::Documented { status, code, message, details } => {
                envelope(status, code, message, &details, request_id)
            }
            Self::InvalidInput(fields) => invalid_input(&fields),
            Self::RateLimited { status, is_documented } => rate_limited(status, is_documented, request_id),
            Self::EdgeTimeout => response::with_type(
                StatusCode::GATEWAY_TIMEOUT,
                "text/html",
                Bytes::from_static(
                    b"<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n\
                      <center><h1>504 Gateway Time-out</h1></center>\r\n</body>\r\n</html>\r\n",
                ),
            ),
        }
    }
}

fn rate_limited(status: RateLimitStatus, is_documented: bool, request_id: &str) -> Response {
    const STATUS: StatusCode = StatusCode::TOO_MANY_REQUESTS;
    let mut response = if is_documented {
        let details = format!("{} requests per minute are allowed", status.limit);
        envelope(STATUS, "RATE_LIMIT_EXCEEDED", "Too many requests", &details, request_id)
    } else {
        response::json(STATUS, &json!({"message": "API rate limit exceeded", "request_id": request_id}))
    };
    response::set_header(&mut response, RETRY_AFTER, status.reset.to_string());
    response
}

fn envelope(status: StatusCode, code: &str, message: &str, details: &str, request_id: &str) -> Response {
    response::json(
        status,
        &json!({
            "error": {"code": code, "message": message, "details": details},
            "request_id": request_id,
        }),
    )
}

fn invalid_input(fields: &[InvalidField]) -> Response {
    let detail: String = fields.iter().map(|field| format!("- {}: {}\n", field.field, field.description)).collect();
    let fields: Vec<Value> = fields
        .iter()
        .map(|field| json!({"type": field.kind, "field": field.field, "description": field.description}))
        .collect();
    response::json(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({
            "status": 422,
            "title": "Input validation failed",
            "detail": detail,
            "invalid_fields": fields,
        }),
    )
}
