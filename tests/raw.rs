//! The generated client on its own: one request for each operation of the OpenAPI document.

use pruna::raw;
use reqwest::{
    header::HeaderMap,
    multipart::{Form, Part},
};
use serde_json::json;

use crate::support::emulator;

#[tokio::test]
async fn every_operation_can_be_called_directly() {
    let emulator = emulator().await;
    let client = raw::Client::connect(emulator.url(), emulator.api_key()).unwrap();

    let part = Part::bytes(b"\x89PNG\r\n\x1a\n".as_slice()).file_name("a.png").mime_str("image/png").unwrap();
    client.upload_file(Form::new().part("content", part)).await.unwrap();

    let input = json!({"prompt": "a lion"}).as_object().cloned().unwrap();
    let request = raw::types::PredictionRequest { input };
    let created = client.create_prediction("p-image", None, &request).await.unwrap();
    assert_eq!(created.status(), 201);
    let status = client.get_prediction_status(created.id().unwrap()).await.unwrap();
    assert_eq!(status.status(), 200);

    let url = status.urls()[0].parse().unwrap();
    let file = client.download_content(&url, HeaderMap::new()).await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/jpeg");

    let operations: Vec<_> = emulator.requests().into_iter().filter_map(|request| request.operation).collect();
    assert_eq!(operations, ["uploadFile", "createPrediction", "getPredictionStatus", "downloadContent"]);
    assert!(emulator.requests().iter().all(|request| request.has_key(emulator.api_key())));
}

#[tokio::test]
async fn an_error_response_is_returned_with_status_headers_and_body() {
    let emulator = emulator().await;
    let client = raw::Client::connect(emulator.url(), "pru_wrong").unwrap();
    let raw::Error::UnexpectedResponse(response) = client.get_prediction_status("a").await.unwrap_err() else {
        panic!("expected a response");
    };
    assert_eq!(response.status(), 401);
    assert!(response.text().await.unwrap().contains("Unauthorized"));
}
