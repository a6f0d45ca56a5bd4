//! The way of a request: route, key, handler; then the headers that every answer carries.

use hyper::header::{HeaderName, VIA};
use hyper::{HeaderMap, StatusCode};

use crate::answer::{self, Answer, Refusal};
use crate::call::Call;
use crate::{delivery, files, predictions};

/// Answers one request of the API.
pub(crate) async fn answer(call: &mut Call, operation: Option<&str>) -> Answer {
    let mut answer = match serve(call, operation).await {
        Ok(answer) => answer,
        Err(refusal) => refusal.answer(&call.request_id),
    };
    call.drain().await;
    if let Some(budget) = call.budget {
        budget.write(&mut answer);
    }
    answer::set(&mut answer, VIA, "1.1 kong");
    answer::set(&mut answer, HeaderName::from_static("x-kong-request-id"), &call.request_id);
    answer
}

async fn serve(call: &mut Call, operation: Option<&str>) -> Result<Answer, Refusal> {
    let operation = operation.ok_or_else(Refusal::no_route)?;
    authorize(&call.headers, &call.state.document.key_header, &call.state.settings.api_key)?;
    // A model has a limit of its own, counted where the model is known.
    if operation != "createPrediction" {
        call.count(operation, call.per_minute, operation == "uploadFile")?;
    }
    match operation {
        "createPrediction" => predictions::create(call).await,
        "getPredictionStatus" => predictions::status(call),
        "downloadContent" => delivery::download(call).await,
        "uploadFile" => files::upload(call).await,
        _ => Err(Refusal::no_route()),
    }
}

fn authorize(headers: &HeaderMap, name: &str, expected: &str) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::gateway(StatusCode::UNAUTHORIZED, message));
    match headers.get(name) {
        None => refuse("No API key found in request"),
        Some(key) if key.as_bytes() == expected.as_bytes() => Ok(()),
        Some(_) => refuse("Unauthorized"),
    }
}
