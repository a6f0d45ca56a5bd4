//! One HTTP exchange: traced, with a bounded body.

use bytes::{BufMut as _, BytesMut};
#[cfg(feature = "test-util")]
use futures_util::future::Either;
use reqwest::{Request, Response};
use tracing::{Span, field::Empty};

/// Sends a request by an HTTP client. The future does not hold the request, which is large.
pub(crate) fn send(
    client: &reqwest::Client,
    #[cfg(feature = "test-util")] queued: Option<&crate::queued_responses::QueuedResponses>,
    request: Request,
    span: &Span,
) -> impl Future<Output = reqwest::Result<Response>> + use<> {
    #[cfg(feature = "test-util")]
    if let Some(queued) = queued {
        return Either::Left(Box::pin(take(queued.clone(), request)));
    }
    let sending = span.in_scope(|| client.execute(request));
    #[cfg(feature = "test-util")]
    return Either::Right(sending);
    #[cfg(not(feature = "test-util"))]
    sending
}

/// Takes the response to a request from a queue.
#[cfg(feature = "test-util")]
async fn take(queued: crate::queued_responses::QueuedResponses, mut request: Request) -> reqwest::Result<Response> {
    let response = queued.take(&request);
    // The body is read as a service would read it: it may fail, and report its progress.
    let body = request.body_mut().take().unwrap_or_default();
    let mut body = Response::from(http::Response::new(body));
    while body.chunk().await?.is_some() {}
    Ok(response)
}

/// Bounds a body, so that nothing later reads more than the limit: reads it up to there and puts it back. One that states a
/// length below the limit ends there by itself.
pub(crate) async fn bounded(mut response: Response, max: usize) -> reqwest::Result<Response> {
    if response.content_length().is_some_and(|length| length < max as u64) {
        return Ok(response);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk[..chunk.len().min(max - body.len())]);
        if body.len() == max {
            // A body that was cut must not pass for a complete one: no JSON ends with this byte.
            body.put_u8(0);
            break;
        }
    }
    let mut rebuilt = http::Response::new(body.freeze());
    *rebuilt.status_mut() = response.status();
    *rebuilt.headers_mut() = std::mem::take(response.headers_mut());
    Ok(Response::from(rebuilt))
}

/// The span of an exchange, with OpenTelemetry's names for HTTP clients: no query, no body, no header.
pub(crate) fn span(request: &Request) -> Span {
    let (method, url) = (request.method(), request.url());
    tracing::debug_span!(
        "http",
        otel.name = %method,
        otel.kind = "client",
        http.request.method = %method,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.scheme = url.scheme(),
        url.path = url.path(),
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

/// Adds the outcome of an exchange to its span.
pub(crate) fn record(span: &Span, result: &reqwest::Result<Response>) {
    match result {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if !status.is_success() {
                span.record("error.type", status.as_str());
            }
            span.in_scope(|| tracing::trace!(http.response.status_code = status.as_u16(), "response received"));
        }
        Err(error) => {
            let kind = if error.is_timeout() { "timeout" } else { "connection" };
            span.record("error.type", kind);
            span.in_scope(|| tracing::trace!(error.type = kind, "no response"));
        }
    }
}
