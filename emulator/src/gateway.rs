//! The way of a request: route, key, handler; then the headers that every answer carries.

use hyper::header::{HeaderName, VIA};
use hyper::{HeaderMap, StatusCode};

use crate::answer::{self, Answer, Refusal};
use crate::call::Call;
use crate::faults::{self, Reply};
use crate::{delivery, files, predictions};

/// Replies to one request of the API, with whatever fault strikes it.
pub(crate) async fn reply(call: &mut Call, operation: Option<&str>) -> Reply {
    let fault = call.fault.clone();
    if let Some(fault) = &fault
        && let Some(reply) = faults::before(fault, call, operation.unwrap_or_default()).await
    {
        let Reply::Answer(answer) = reply else { return reply };
        return Reply::Answer(send_off(call, answer).await);
    }
    let answer = match serve(call, operation).await {
        Ok(answer) => answer,
        Err(refusal) => refusal.answer(&call.request_id),
    };
    let answer = send_off(call, answer).await;
    match fault {
        Some(fault) => faults::play(&fault, call, answer).await,
        None => Reply::Answer(answer),
    }
}

/// Receives the rest of the request and adds the headers that every answer carries.
async fn send_off(call: &mut Call, mut answer: Answer) -> Answer {
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
