//! The client against Stoplight Prism, a third-party mock server of OpenAPI documents. `scripts/prism.sh` starts it.

use pruna::{Client, Error, Media, inputs::PImage, raw};
use serde_json::json;

use super::{Outcome, crash::check};

/// Returns the address of a running Prism.
pub(crate) fn url() -> Result<String, String> {
    std::env::var("PRUNA_PRISM_URL").map_err(|_| "no Prism is running; scripts/prism.sh starts one".into())
}

/// Prism checks headers, media types and bodies against the OpenAPI document, and responds from its schemas.
pub(crate) async fn accepts_every_request(url: String) -> Outcome {
    let failed = |error: Error| error.to_string();
    let client = Client::builder().api_key("pru_any").base_url(&url).build().map_err(failed)?;
    let job = client.submit(PImage::new("a lion at dusk")).await.map_err(failed)?;
    client.status(job.id().ok_or("the job has no id")?).await.map_err(failed)?;
    let file = client.upload(Media::bytes(b"\x89PNG\r\n\x1a\n".as_slice())).await.map_err(failed)?;
    check(file.url.contains("/v1/files/"), || format!("{file:?}"))?;

    let unknown = client.model("no-such-model").input(json!({"prompt": "x"})).submit().await;
    let unknown = unknown.err().ok_or("Prism accepts a model that does not exist")?;
    check(matches!(unknown.status(), Some(400..=499)), || unknown.to_string())?;

    // Without the hooks of the client no key is sent, and Prism rejects the request.
    let address = format!("{url}/v1/predictions/status/a");
    let anonymous = reqwest::Client::new().get(address).send().await.map_err(|error| error.to_string())?;
    check(anonymous.status() == 401, || format!("without a key: {}", anonymous.status()))?;

    let raw = raw::Client::connect(&url, "pru_any").map_err(failed)?;
    let input = json!({"prompt": "x"}).as_object().cloned().unwrap_or_default();
    let created = raw.create_prediction("p-image", None, &raw::types::PredictionRequest { input }).await;
    check(created.map_err(|error| error.to_string())?.id().is_some(), || "the job has no id".into())?;
    Ok("all requests are valid".into())
}
