//! Request handling: gateway checks, one handler per operation, and the headers of every response.

mod control;
mod create;
mod download;
mod form;
mod prediction_body;
mod range;
mod status;
mod upload;
mod validate;

use hyper::header::{HeaderName, VIA};
use hyper::{HeaderMap, StatusCode};

pub(crate) use self::control::handle as handle_control;
use crate::context::RequestContext;
use crate::error_response::ErrorResponse;
use crate::fault_injection;
use crate::reply::Reply;
use crate::response::{self, Response};
use crate::settings::Settings;
use crate::store::RateLimitStatus;

/// Handles a request of the API and injects its fault.
pub(crate) async fn handle(context: &mut RequestContext, operation: Option<&str>) -> Reply {
    let fault = context.fault.clone();
    if let Some(fault) = &fault
        && let Some(reply) = fault_injection::replace_request(fault, context, operation.unwrap_or_default()).await
    {
        let Reply::Response(response) = reply else { return reply };
        return Reply::Response(complete(context, response).await);
    }
    let response = match dispatch(context, operation).await {
        Ok(response) => response,
        Err(error) => error.into_response(&context.request_id),
    };
    let response = complete(context, response).await;
    match fault {
        Some(fault) => fault_injection::alter_response(&fault, context, response).await,
        None => Reply::Response(response),
    }
}

/// Reads the rest of the request and adds the headers that every response has.
async fn complete(context: &mut RequestContext, mut response: Response) -> Response {
    context.drain_body().await;
    if let Some(status) = context.rate_limit
        && context.state.settings.limit_headers
    {
        set_rate_limit_headers(&mut response, status);
    }
    response::set_header(&mut response, VIA, "1.1 kong");
    response::set_header(&mut response, HeaderName::from_static("x-kong-request-id"), &context.request_id);
    response
}

/// Sets both families of headers that the gateway's plugin sends.
fn set_rate_limit_headers(response: &mut Response, status: RateLimitStatus) {
    let headers = [
        ("ratelimit-limit", u64::from(status.limit)),
        ("ratelimit-remaining", u64::from(status.remaining)),
        ("ratelimit-reset", status.reset),
        ("x-ratelimit-limit-minute", u64::from(status.limit)),
        ("x-ratelimit-remaining-minute", u64::from(status.remaining)),
    ];
    for (name, value) in headers {
        response::set_header(response, HeaderName::from_static(name), value.to_string());
    }
}

async fn dispatch(context: &mut RequestContext, operation: Option<&str>) -> Result<Response, ErrorResponse> {
    let operation = operation.ok_or_else(ErrorResponse::no_route)?;
    authorize(&context.headers, &context.state.document.key_header, &context.state.settings)?;
    // Submissions are counted per model, after the model is known.
    if operation != "createPrediction" {
        context.check_rate_limit(operation, context.per_minute, operation == "uploadFile")?;
    }
    match operation {
        "createPrediction" => create::handle(context).await,
        "getPredictionStatus" => status::handle(context),
        "downloadContent" => download::handle(context).await,
        "uploadFile" => upload::handle(context).await,
        _ => Err(ErrorResponse::no_route()),
    }
}

fn authorize(headers: &HeaderMap, name: &str, settings: &Settings) -> Result<(), ErrorResponse> {
    let unauthorized = |message: &str| Err(ErrorResponse::gateway(StatusCode::UNAUTHORIZED, message));
    let mut accepted = settings.api_keys();
    match headers.get(name) {
        None => unauthorized("No API key found in request"),
        Some(key) if accepted.any(|accepted| key.as_bytes() == accepted.as_bytes()) => Ok(()),
        Some(_) => unauthorized("Unauthorized"),
    }
}
