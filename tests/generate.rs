//! From an input to saved files.

use pruna::{
    JobRef, Status,
    inputs::{PImage, WanT2v},
};
use pruna_emulator::faults::{Fault, Operation};
use serde_json::json;

use crate::support::{client, emulator, sends};

#[tokio::test]
async fn a_fast_model_returns_its_result_within_the_submission() {
    let emulator = emulator().await;
    let image = client(&emulator).generate(PImage::new("a lion at dusk")).await.unwrap();
    let bytes = image.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xff\xd8\xff"), "a JPEG");
    assert_eq!((sends(&emulator, "createPrediction"), sends(&emulator, "getPredictionStatus")), (1, 0));
    let request = &emulator.requests()[0];
    assert_eq!(request.header("try-sync"), Some("true"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("api-version"), None);
    assert_eq!(request.json(), Some(json!({"input": {"prompt": "a lion at dusk"}})));
}

#[tokio::test]
async fn a_slow_model_is_polled() {
    let emulator = emulator().await;
    let video = client(&emulator).generate(WanT2v::new("waves")).await.unwrap();
    assert_eq!(&video.bytes().await.unwrap()[4..8], b"ftyp");
    assert_eq!(emulator.requests()[0].header("try-sync"), None);
    assert!(sends(&emulator, "getPredictionStatus") >= 1);
}

#[tokio::test]
async fn a_model_that_is_not_documented_is_submitted_and_the_response_reported() {
    let emulator = emulator().await;
    let error = client(&emulator).model("p-dream").input(json!({"prompt": "waves"})).generate().await.unwrap_err();
    assert!(error.is_unknown_model(), "{error}");
    assert_eq!(error.model().unwrap(), "p-dream");
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test]
async fn a_reference_to_a_job_is_data_and_can_be_attached() {
    let emulator = emulator().await;
    let job = client(&emulator).submit(WanT2v::new("waves")).await.unwrap();
    let saved = serde_json::to_string(&job.job_ref()).unwrap();
    let job: JobRef = serde_json::from_str(&saved).unwrap();
    let attached = client(&emulator).attach(job);
    let video = attached.wait().await.unwrap();
    assert_eq!(attached.status().await.unwrap(), Status::SUCCEEDED);
    assert_eq!(video.id(), attached.id());
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test]
async fn saving_replaces_a_file_unless_a_new_one_is_required() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let image = client(&emulator).generate(PImage::new("a lion at dusk")).await.unwrap();
    let path = folder.path().join("lion.jpg");
    let saved = image.save(&path).await.unwrap();
    assert_eq!(saved.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(saved.content_type, "image/jpeg");
    std::fs::write(&path, "older").unwrap();
    let error = image.save_new(&path).await.unwrap_err();
    assert!(error.is_io() && std::fs::read(&path).unwrap() == b"older", "{error}");
    assert_eq!(image.save(&path).await.unwrap(), saved);
    assert_eq!(saved.bytes, std::fs::metadata(&path).unwrap().len());
    assert!(image.save(folder.path().join("no/such/folder/lion.jpg")).await.unwrap_err().is_io());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn an_error_while_saving_carries_the_result() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let image = client(&emulator).generate(PImage::new("a lion at dusk")).await.unwrap();
    let error = image.save(folder.path().join("no/such/folder/lion.jpg")).await.unwrap_err();
    assert!(error.is_io() && error.to_string().contains(&image.urls()[0]), "{error}");
    error.generation().unwrap().save(folder.path().join("lion.jpg")).await.unwrap();

    emulator.faults().add(Fault::Expired.on(Operation::DownloadContent));
    for error in [image.bytes().await.unwrap_err(), image.stream().await.unwrap_err(), image.file(7).unwrap_err()] {
        assert_eq!(error.generation().map(|image| image.urls()), Some(image.urls()), "{error}");
    }
}

#[tokio::test]
async fn further_files_of_a_result_are_saved_beside_the_first() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let input = json!({"prompt": "four cups", "num_outputs": 3, "output_format": "png"});
    let images = client(&emulator).model("wan-image-small").input(input).generate().await.unwrap();
    for _ in 0..2 {
        assert_eq!(images.save(folder.path().join("cups.png")).await.unwrap().path, folder.path().join("cups.png"));
    }
    let mut names: Vec<_> =
        folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["cups-1.png", "cups-2.png", "cups.png"]);
    std::fs::remove_file(folder.path().join("cups.png")).unwrap();
    assert!(images.save_new(folder.path().join("cups.png")).await.unwrap_err().is_io(), "cups-1.png is in the way");
    assert!(!folder.path().join("cups.png").exists(), "nothing is saved");
}

#[tokio::test]
async fn several_files_are_named_by_job_and_number() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let input = json!({"prompt": "four cups", "num_outputs": 3, "output_format": "png"});
    let images = client(&emulator).model("wan-image-small").input(input).try_sync(false).generate().await.unwrap();
    let saved = images.save_all(folder.path().join("cups")).await.unwrap();
    let names: Vec<_> = saved.iter().map(|f| f.path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    let id = images.id().unwrap();
    assert_eq!(names, [format!("{id}-0.png"), format!("{id}-1.png"), format!("{id}-2.png")]);
}

#[tokio::test]
async fn a_url_that_cannot_be_used_does_not_hide_the_other_files() {
    let urls = ["https://example.org/a.png", "https://name@example.org/b.png", "https://example.org/c.png"];
    let responses = pruna::test_util::QueuedResponses::new()
        .json(201, json!({"id": "a", "status": "succeeded", "generation_url": urls}));
    let input = json!({"prompt": "four cups"});
    let client = pruna::test_util::client(&responses);
    let error = client.model("wan-image-small").input(input).generate().await.unwrap_err();
    assert!(error.is_decode() && error.job().is_some(), "{error}");
    assert_eq!(error.generation().unwrap().urls(), [urls[0], urls[2]]);
    assert!(!error.to_string().contains("name@"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_wait_is_transient_only_if_repeating_the_call_submits_nothing() {
    let polls_fail = || {
        let submitted = pruna::test_util::QueuedResponses::new().json(201, json!({"id": "a"}));
        (0..5).fold(submitted, |responses, _| responses.json(503, json!({"message": "down"})))
    };
    let error = pruna::test_util::client(&polls_fail()).generate(WanT2v::new("waves")).await.unwrap_err();
    assert!(error.is_service_unavailable() && error.job().is_some(), "{error}");
    assert!(!error.is_transient(), "generating again would start a second job");

    let job = pruna::test_util::client(&polls_fail()).submit(WanT2v::new("waves")).await.unwrap();
    let error = job.wait().await.unwrap_err();
    assert!(error.is_service_unavailable() && error.is_transient(), "{error}");
}

#[test]
fn the_future_of_a_call_is_small_enough_to_be_moved() {
    let client = pruna::test_util::client(&pruna::test_util::QueuedResponses::new());
    let size = size_of_val(&client.generate(PImage::new("a lion at dusk")));
    // 2.9 KB; with the feature preserve_order of serde_json, which another package may enable, each object is larger.
    assert!(size < 3400, "{size} bytes: a future that is bound to a name before it is awaited counts twice");
}
