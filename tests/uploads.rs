//! Local media is uploaded before the submission, each content once.

use std::{fs, time::Duration};

use pruna::{
    Media,
    inputs::{PImageEdit, WanI2v},
    test_util::{self, QueuedResponses},
};
use serde_json::json;

use crate::{
    simulated::Service,
    support::{client, emulator, sends, submitted},
};

/// Returns a different image for each number.
fn image(number: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[number; 100]].concat()
}

#[tokio::test]
async fn local_media_in_typed_and_in_plain_input_is_uploaded_first() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("me.png");
    fs::write(&path, image(1)).unwrap();
    let typed = PImageEdit::new("x").images([Media::path(&path), Media::bytes(image(2))]);
    client.submit(typed).await.unwrap();
    let images = submitted(&emulator)["images"].clone();
    for image in images.as_array().unwrap() {
        assert!(image.as_str().unwrap().starts_with(&format!("{}/v1/files/", emulator.url())), "{image}");
    }
    let plain = json!({"prompt": "x", "images": [Media::path(&path), Media::bytes(image(2))]});
    client.model("p-image-edit").input(plain).submit().await.unwrap();
    assert_eq!(submitted(&emulator)["images"], images, "the same content has the same URL");
    assert_eq!(sends(&emulator, "uploadFile"), 2);
}

#[tokio::test]
async fn an_upload_has_a_name_a_type_and_a_known_length() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("me.bin");
    fs::write(&path, image(1)).unwrap();
    let uploaded = client(&emulator).upload(path).await.unwrap();
    assert_eq!(uploaded.name.as_deref(), Some("me.bin"));
    assert_eq!(uploaded.content_type.as_deref(), Some("image/png"), "detected from the content");
    assert_eq!(uploaded.size, Some(108));
    let request = &emulator.requests()[0];
    assert!(request.header("content-length").is_some() && request.header("transfer-encoding").is_none());
}

#[tokio::test]
async fn equal_content_is_uploaded_once_for_all_clones_also_concurrently() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let uploads = (0..20).map(|_| {
        let client = client.clone();
        async move { client.upload(Media::bytes(image(3))).await }
    });
    let files = futures_util::future::try_join_all(uploads).await.unwrap();
    assert!(files.iter().all(|file| file.url == files[0].url));
    assert_eq!(sends(&emulator, "uploadFile"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_reused_for_25_minutes() {
    let service = Service::new();
    let client = service.client();
    for (minutes, sent) in [(0, 1), (24, 1), (2, 2)] {
        tokio::time::advance(Duration::from_secs(minutes * 60)).await;
        client.upload(Media::bytes(image(4))).await.unwrap();
        assert_eq!(service.received("uploadFile").len(), sent, "after {minutes} more minutes");
    }
}

#[tokio::test]
async fn a_file_address_that_is_not_from_a_media_value_of_this_process_is_not_read() {
    let emulator = emulator().await;
    let input = json!({"prompt": "x", "images": ["file:///etc/hostname"]});
    let error = client(&emulator).model("p-image-edit").input(input).submit().await.unwrap_err();
    assert!(error.is_invalid_input() && error.field() == Some("images[0]"), "{error}");
    let typed: WanI2v = serde_json::from_value(json!({"prompt": "x", "image": "file:///etc/hostname"})).unwrap();
    assert!(client(&emulator).submit(typed).await.unwrap_err().is_invalid_input());
    assert_eq!(emulator.requests().len(), 0);
}

#[tokio::test]
async fn media_of_a_model_that_is_not_documented_is_uploaded_as_well() {
    let emulator = emulator().await;
    let input = json!({"prompt": "x", "scene": {"first_frame": Media::bytes(image(5))}});
    let error = client(&emulator).model("p-future").input(input).submit().await.unwrap_err();
    assert!(error.is_unknown_model(), "{error}");
    assert_eq!(sends(&emulator, "uploadFile"), 1);
    assert!(submitted(&emulator)["scene"]["first_frame"].as_str().unwrap().starts_with(emulator.url()));
}

/// Responses to an upload of that number, a submission and its status.
fn job_with_upload(responses: QueuedResponses, number: u8, status: serde_json::Value) -> QueuedResponses {
    let file = format!("/v1/files/u{number}");
    responses
        .json(201, json!({"id": format!("u{number}"), "urls": {"get": file}}))
        .json(201, json!({"id": format!("j{number}")}))
        .json(200, status)
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_a_failed_job_names_is_made_again() {
    let edit = || PImageEdit::new("x").images([Media::bytes(image(11))]);
    let failed = json!({"status": "failed", "error": "cannot read https://api.pruna.ai/v1/files/u1"});
    let responses = job_with_upload(QueuedResponses::new(), 1, failed);
    let responses = job_with_upload(responses, 2, json!({"status": "succeeded", "generation_url": "/a.jpg"}));
    let client = test_util::client(&responses);
    assert!(client.generate(edit()).await.unwrap_err().is_prediction_failed());
    client.generate(edit()).await.unwrap();
    let uploads = responses.requests().iter().filter(|request| request.url.path() == "/v1/files").count();
    assert_eq!((uploads, responses.remaining()), (2, 0));
}

#[tokio::test]
async fn forgotten_uploads_are_made_again() {
    let emulator = emulator().await;
    let client = client(&emulator);
    for _ in 0..2 {
        client.upload(Media::bytes(image(12))).await.unwrap();
    }
    assert_eq!(sends(&emulator, "uploadFile"), 1);
    client.forget_uploads();
    client.upload(Media::bytes(image(12))).await.unwrap();
    assert_eq!(sends(&emulator, "uploadFile"), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_name_cannot_add_headers_to_the_form() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\r\nX-Evil: 1\"\\.png");
    fs::write(&path, image(13)).unwrap();
    let file = client(&emulator).upload(Media::path(path)).await.unwrap();
    assert_eq!(file.name.as_deref(), Some("a__X-Evil: 1__.png"));
}

#[tokio::test]
async fn a_file_that_reports_no_length_is_not_uploaded_as_empty() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.png");
    fs::write(&empty, "").unwrap();
    let pseudo = std::path::PathBuf::from("/proc/self/status");
    for path in [empty, pseudo].into_iter().filter(|path| path.exists()) {
        let error = client(&emulator).upload(Media::path(&path)).await.unwrap_err();
        assert!(error.is_io() && error.to_string().contains("empty"), "{error}");
    }
    assert_eq!(sends(&emulator, "uploadFile"), 0);
}
