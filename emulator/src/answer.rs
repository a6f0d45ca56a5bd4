//! Answers, and the shapes that refusals come in: the service has several, depending on which of its layers refuses.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use crate::limits::Budget;

/// An answer before it is sent.
pub(crate) type Answer = Response<Bytes>;

/// An answer that has `body` as JSON.
pub(crate) fn json(status: StatusCode, body: &Value) -> Answer {
    with_type(status, "application/json", Bytes::from(body.to_string()))
}

/// An answer with a body of any type.
pub(crate) fn with_type(status: StatusCode, content_type: &str, body: Bytes) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, content_type);
    answer
}

/// Sets a header; a value that is no header value is left out.
pub(crate) fn set(answer: &mut Answer, name: HeaderName, value: impl AsRef<str>) {
    if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
        answer.headers_mut().insert(name, value);
    }
}

/// One entry of `invalid_fields` in the backend's refusal.
#[derive(Debug, Clone)]
pub(crate) struct InvalidField {
    /// Kind of fault: `missing`, `invalid_type` or `invalid_value`.
    pub(crate) kind: &'static str,
    /// Path of the field, such as `input.prompt`.
    pub(crate) field: String,
    /// The fault in words.
    pub(crate) description: String,
}

/// Why a request is not served. Each variant is one of the shapes seen on the wire.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// By the gateway in front of the API: `{"message", "request_id"}`.
    Gateway { status: StatusCode, message: String },
    /// In the documented envelope: `{"error": {"code", "message", "details"}, "request_id"}`.
    Documented { status: StatusCode, code: &'static str, message: &'static str, details: String },
    /// By the model's own validation: flat, with status 422.
    Invalid(Vec<InvalidField>),
    /// Rate limit used up. The document declares the envelope for uploads; elsewhere the gateway answers.
    RateLimited { budget: Budget, documented: bool },
    /// The edge gave up waiting for the model: an HTML page, status 504, no id.
    EdgeTimeout,
}

impl Refusal {
    pub(crate) fn gateway(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Gateway { status, message: message.into() }
    }

    /// Something went wrong inside: the documented 500.
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

    /// The documented 410 of a download.
    pub(crate) fn content_expired() -> Self {
        Self::Documented {
            status: StatusCode::GONE,
            code: "CONTENT_EXPIRED",
            message: "The content has expired",
            details: "Content is available for 24 hours after its creation".to_owned(),
        }
    }

    /// The gateway's answer to a path or method that it has no route for.
    pub(crate) fn no_route() -> Self {
        Self::gateway(StatusCode::NOT_FOUND, "no Route matched with those values")
    }

    /// The answer that tells the refusal to the caller.
    pub(crate) fn answer(self, request_id: &str) -> Answer {
        match self {
            Self::Gateway { status, message } => {
                let mut answer = json(status, &json!({"message": message, "request_id": request_id}));
                if status == StatusCode::UNAUTHORIZED {
                    set(&mut answer, WWW_AUTHENTICATE, "Key");
                }
                answer
            }
            Self::Documented { status, code, message, details } => {
                envelope(status, code, message, &details, request_id)
            }
            Self::Invalid(fields) => invalid(&fields),
            Self::RateLimited { budget, documented } => {
                let mut answer = if documented {
                    let details = format!("{} requests per minute are allowed", budget.limit);
                    envelope(
                        StatusCode::TOO_MANY_REQUESTS,
                        "RATE_LIMIT_EXCEEDED",
                        "Too many requests",
                        &details,
                        request_id,
                    )
                } else {
                    json(
                        StatusCode::TOO_MANY_REQUESTS,
                        &json!({"message": "API rate limit exceeded", "request_id": request_id}),
                    )
                };
                set(&mut answer, RETRY_AFTER, budget.reset.to_string());
                answer
            }
            Self::EdgeTimeout => with_type(
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

fn envelope(status: StatusCode, code: &str, message: &str, details: &str, request_id: &str) -> Answer {
    json(
        status,
        &json!({
            "error": {"code": code, "message": message, "details": details},
            "request_id": request_id,
        }),
    )
}

fn invalid(fields: &[InvalidField]) -> Answer {
    let detail: String = fields.iter().map(|field| format!("- {}: {}\n", field.field, field.description)).collect();
    let fields: Vec<Value> = fields
        .iter()
        .map(|field| json!({"type": field.kind, "field": field.field, "description": field.description}))
        .collect();
    json(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({
            "status": 422,
            "title": "Input validation failed",
            "detail": detail,
            "invalid_fields": fields,
        }),
    )
}
