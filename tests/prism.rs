//! The client against Stoplight Prism, a mock server that nobody here wrote: `scripts/prism.sh` starts it.

use pruna::{Client, Media, inputs::PImage, raw};
use serde_json::json;

#[tokio::test]
async fn what_the_client_sends_is_what_the_document_asks_for() {
    let Ok(url) = std::env::var("PRUNA_PRISM_URL") else {
        println!("SKIPPED: no Prism is running; scripts/prism.sh starts one and runs this test");
        return;
    };
    let client = Client::builder().api_key("pru_any").base_url(&url).build().unwrap();

    // Prism checks header, media type and body against the document, and answers from its schemas.
    let job = client.submit(PImage::new("a lion at dusk")).await.unwrap();
    client.status(job.id().unwrap()).await.unwrap();
    let file = client.upload(Media::bytes(b"\x89PNG\r\n\x1a\n".as_slice())).await.unwrap();
    assert!(file.url.contains("/v1/files/"), "{file:?}");

    let refused = client.model("no-such-model").input(json!({"prompt": "x"})).submit().await.unwrap_err();
    assert!(matches!(refused.status(), Some(400..=499)), "{refused}");

    // Without the hooks of the client no key goes along, and Prism says so.
    let bare = reqwest::Client::new().get(format!("{url}/v1/predictions/status/a")).send().await.unwrap();
    assert_eq!(bare.status(), 401);

    let raw = raw::Client::connect(&url, "pru_any").unwrap();
    let input = json!({"prompt": "x"}).as_object().cloned().unwrap();
    let answer = raw.create_prediction("p-image", None, &raw::types::PredictionRequest { input }).await.unwrap();
    assert!(answer.id().is_some());
}
