//! What a batch returns for each item: the caller's key, and a paid result also in errors. `Results::next` needs no trait in
//! scope: this file imports none.

use pruna::{Request, inputs::PImage};
use pruna_emulator::faults::{Fault, Operation};

use crate::support::{client, emulator, sends};

fn image(prompt: &str) -> Request {
    PImage::new(prompt).into()
}

#[tokio::test]
async fn an_output_has_the_key_of_its_request() {
    let emulator = emulator().await;
    let cases = [
        ("neither key nor name", image("a"), None),
        ("a name", image("b").name("at dusk"), Some("at dusk")),
        ("a key", image("c").key("order 17/3"), Some("order 17/3")),
        ("a key and a name", image("d").name("at dawn").key("order 18"), Some("order 18")),
        ("equal keys", image("e").key("order 18"), Some("order 18")),
    ];
    let requests: Vec<Request> = cases.iter().map(|(_, request, _)| request.clone()).collect();
    let mut results = client(&emulator).batch(requests).run().await.unwrap();
    let mut seen = 0;
    while let Some((index, result)) = results.next().await {
        let (name, _, expected) = &cases[index];
        assert_eq!(result.unwrap().key.as_deref(), *expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, cases.len());
}

#[tokio::test]
async fn an_item_whose_file_cannot_be_saved_has_its_result_in_the_error() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    emulator.faults().add(Fault::Expired.on(Operation::DownloadContent));
    let mut results = client(&emulator).batch([image("a lion")]).save_to(folder.path()).run().await.unwrap();
    let error = results.next().await.unwrap().1.unwrap_err();
    assert!(results.next().await.is_none());
    let generation = error.generation().unwrap();
    assert!(error.is_expired() && error.to_string().contains(&generation.urls()[0]), "{error}");
    emulator.faults().clear();
    let saved = generation.save(folder.path().join("lion.jpg")).await.unwrap();
    assert!(saved.bytes > 0);
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test]
async fn an_item_that_failed_has_no_result_in_the_error() {
    let emulator = emulator().await;
    for (fault, has_job) in [
        (Fault::status(402), false),
        (Fault::status(503), false),
        (Fault::Fail { error: "out of memory".into() }, true),
    ] {
        emulator.faults().clear();
        emulator.faults().add(fault.on(Operation::CreatePrediction));
        let request = image("a lion").try_sync(false);
        let mut results = client(&emulator).batch([request]).run().await.unwrap();
        let error = results.next().await.unwrap().1.unwrap_err();
        assert_eq!((error.generation().is_some(), error.job().is_some()), (false, has_job), "{error}");
    }
}
