//! Invalid input and configuration: one clear line, and nothing is sent.

use pruna::{Client, ClientBuilder, JobRef, Media, inputs::PImage, inputs::PImageEdit};
use serde_json::json;
use std::time::Duration;

use crate::support::{builder, client, emulator, sends};

/// Builds a client with a valid configuration, apart from one change.
fn set_up(change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Client, pruna::Error> {
    change(Client::builder().api_key("pru_key").base_url("https://api.pruna.ai")).build()
}

#[test]
fn an_unusable_configuration_is_rejected() {
    let second = Duration::from_secs(1);
    for (name, result, expected) in [
        ("no key", Client::builder().build(), "PRUNA_API_KEY"),
        ("an empty key", set_up(|b| b.api_key("")), "empty"),
        ("a key with a newline", set_up(|b| b.api_key("pru_key\n")), "line break"),
        ("a key with a space", set_up(|b| b.api_key("pru key")), "space"),
        ("a base URL without scheme", set_up(|b| b.base_url("api.pruna.ai")), "absolute URL"),
        ("http to a foreign host", set_up(|b| b.base_url("http://api.pruna.ai")), "https"),
        ("a password in the base URL", set_up(|b| b.base_url("https://me:pass@api.pruna.ai")), "password"),
        ("a query in the base URL", set_up(|b| b.base_url("https://api.pruna.ai?x=1")), "query"),
        ("no attempts", set_up(|b| b.max_attempts(0)), "1 disables"),
        ("a deadline of zero", set_up(|b| b.deadline(Duration::ZERO)), "zero"),
        ("a connect timeout of zero", set_up(|b| b.connect_timeout(Duration::ZERO)), "connect"),
        (
            "a connect timeout beyond the attempt timeout",
            set_up(|b| b.connect_timeout(2 * second).attempt_timeout(second)),
            "longer",
        ),
    ] {
        let error = result.err().unwrap_or_else(|| panic!("{name} is accepted"));
        assert!(error.is_configuration(), "{name}: {error}");
        let line = error.to_string();
        assert!(line.contains(expected) && !line.contains('\n') && !line.contains("me:pass"), "{name}: {line}");
    }
}

#[tokio::test]
async fn a_file_that_does_not_exist_is_named_with_its_parameter_and_nothing_is_submitted() {
    let emulator = emulator().await;
    let input = PImageEdit::new("x").images([Media::path("/no/such/photo.jpg")]);
    let error = client(&emulator).generate(input).await.unwrap_err();
    assert!(error.is_io(), "{error}");
    assert_eq!(error.field(), Some("images[0]"));
    assert!(error.to_string().contains("/no/such/photo.jpg"));
    assert_eq!(emulator.requests().len(), 0);
}

#[tokio::test]
async fn a_folder_cannot_be_uploaded() {
    let emulator = emulator().await;
    let error = client(&emulator).upload(Media::path(".")).await.unwrap_err();
    assert!(error.is_io(), "{error}");
    assert_eq!(emulator.requests().len(), 0);
}

#[tokio::test]
async fn an_input_that_is_not_an_object_is_not_sent() {
    let emulator = emulator().await;
    for input in [json!(null), json!("a lion"), json!([1])] {
        let error = client(&emulator).model("p-image").input(input).generate().await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
    assert_eq!(emulator.requests().len(), 0);
}

#[tokio::test]
async fn an_id_that_would_change_the_path_is_not_sent() {
    let emulator = emulator().await;
    let client = client(&emulator);
    for id in ["", ".", ".."] {
        assert!(client.status(id).await.unwrap_err().is_not_found(), "{id:?}");
        assert!(client.attach(JobRef::new(id, "p-image")).wait().await.unwrap_err().is_not_found(), "{id:?}");
    }
    assert_eq!(emulator.requests().len(), 0);
    assert!(client.status("a/../../files").await.unwrap_err().is_not_found());
    assert_eq!(emulator.requests()[0].path, "/v1/predictions/status/a%2F..%2F..%2Ffiles");
}

#[tokio::test]
async fn a_wrong_key_is_reported_without_showing_it() {
    let emulator = emulator().await;
    let client = builder(&emulator).api_key("pru_wrong_key").build().unwrap();
    let error = client.generate(PImage::new("x")).await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert!(!format!("{error} {error:?} {client:?}").contains("pru_wrong_key"));
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test]
async fn a_rejection_by_the_service_names_the_parameter() {
    let emulator = emulator().await;
    let error = client(&emulator).generate(PImage::new("x").extra("colour", "red")).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert_eq!((error.field(), error.status()), (Some("colour"), Some(400)));
}
