//! From an input to a file on disk.

use pruna::{
    JobRef, Status,
    inputs::{PImage, WanT2v},
};
use serde_json::json;

use crate::support::{client, emulator, sends};

#[tokio::test]
async fn a_quick_model_answers_within_the_submission() {
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
async fn a_model_that_the_document_does_not_know_is_sent_and_the_answer_reported() {
    let emulator = emulator().await;
    let error = client(&emulator).model("p-dream").input(json!({"prompt": "waves"})).generate().await.unwrap_err();
    assert!(error.is_unknown_model(), "{error}");
    assert_eq!(error.model().unwrap(), "p-dream");
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test]
async fn a_job_is_data_and_can_be_attached_again() {
    let emulator = emulator().await;
    let job = client(&emulator).submit(WanT2v::new("waves")).await.unwrap();
    let saved = serde_json::to_string(&job.job_ref()).unwrap();
    let job: JobRef = serde_json::from_str(&saved).unwrap();
    let attached = client(&emulator).attach(job);
    let video = attached.wait().await.unwrap();
    assert_eq!(attached.status().await.unwrap(), Status::SUCCEEDED);
    assert_eq!(video.id(), Some(attached.id()));
    assert_eq!(sends(&emulator, "createPrediction"), 1);
}

#[tokio::test]
async fn files_are_saved_whole_and_never_over_another() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let image = client(&emulator).generate(PImage::new("a lion at dusk")).await.unwrap();
    let path = folder.path().join("lion.jpg");
    let saved = image.save(&path).await.unwrap();
    assert_eq!(saved.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(saved.content_type, "image/jpeg");
    assert!(image.save(&path).await.unwrap_err().is_io());
    assert!(image.save(folder.path().join("no/such/folder/lion.jpg")).await.unwrap_err().is_io());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn several_files_get_names_of_ours() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let input = json!({"prompt": "four cups", "num_outputs": 3, "output_format": "png"});
    let images = client(&emulator).model("wan-image-small").input(input).try_sync(false).generate().await.unwrap();
    let saved = images.save_all(folder.path().join("cups")).await.unwrap();
    let names: Vec<_> = saved.iter().map(|f| f.path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    let id = images.id().unwrap();
    assert_eq!(names, [format!("{id}-0.png"), format!("{id}-1.png"), format!("{id}-2.png")]);
}
