//! HTTP responses before they are sent.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

/// A response with its whole body.
pub(crate) type Response = hyper::Response<Bytes>;

/// Returns a response with `body` as JSON.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    with_type(status, "application/json", Bytes::from(body.to_string()))
}

/// Returns a response with a body of any media type.
pub(crate) fn with_type(status: StatusCode, content_type: &str, body: Bytes) -> Response {
    let mut response = empty(status);
    *response.body_mut() = body;
    set_header(&mut response, CONTENT_TYPE, content_type);
    response
}

/// Returns a response without body and headers.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Sets a header; omits it if `value` is not a valid header value.
pub(crate) fn set_header(response: &mut Response, name: HeaderName, value: impl AsRef<str>) {
    if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
        response.headers_mut().insert(name, value);
    }
}
