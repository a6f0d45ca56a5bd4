//! Progress of transfers and jobs.

use std::sync::{Arc, Mutex};

use pruna::{Media, Progress, Request, Status, inputs::PImage};

use crate::support::{client, emulator, sends};

/// The progress that a callback received.
fn notes() -> (Arc<Mutex<Vec<Progress>>>, impl Fn(Progress) + Send + Sync + 'static) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&notes);
    (notes, move |progress| kept.lock().unwrap().push(progress))
}

#[tokio::test]
async fn a_download_reports_its_progress() {
    let emulator = emulator().await;
    let image = client(&emulator).generate(PImage::new("a lion at dusk")).await.unwrap();
    let (notes, tell) = notes();
    let bytes = image.file(0).unwrap().on_progress(tell).bytes().await.unwrap();
    let notes = notes.lock().unwrap();
    assert!(notes.windows(2).all(|pair| pair[0].bytes < pair[1].bytes), "{notes:?}");
    let last = notes.last().unwrap();
    assert_eq!((last.bytes, last.total), (bytes.len() as u64, Some(bytes.len() as u64)));
}

#[tokio::test]
async fn an_upload_reports_its_progress_and_equal_content_is_sent_once() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let content = vec![7_u8; 300_000];
    let (first, tell) = notes();
    let file = client.upload(Media::bytes(content.clone())).on_progress(tell).await.unwrap();
    assert_eq!(first.lock().unwrap().last().map(|p| (p.bytes, p.total)), Some((300_000, Some(300_000))));
    let (second, tell) = notes();
    assert_eq!(client.upload(Media::bytes(content)).on_progress(tell).await.unwrap(), file);
    assert!(second.lock().unwrap().is_empty());
    assert_eq!(sends(&emulator, "uploadFile"), 1);
}

#[tokio::test]
async fn try_wait_polls_once() {
    let emulator = pruna_emulator::Emulator::builder().speed(1.0).start().await.unwrap();
    let job = client(&emulator).submit(PImage::new("a lion at dusk")).await.unwrap();
    assert!(job.try_wait().await.unwrap().is_none());
    emulator.advance(std::time::Duration::from_secs(60));
    let image = job.try_wait().await.unwrap().unwrap();
    assert_eq!(image.id(), job.id());
}

#[tokio::test]
async fn a_submission_with_try_sync_may_have_its_result_at_once() {
    let emulator = emulator().await;
    let job = client(&emulator).submit(Request::from(PImage::new("a lion at dusk")).try_sync(true)).await.unwrap();
    assert_eq!(job.status().await.unwrap(), Status::SUCCEEDED);
    assert!(job.try_wait().await.unwrap().is_some());
    assert_eq!(sends(&emulator, "getPredictionStatus"), 0);
}
