//! What the cases share.

use std::{path::Path, time::Duration};

use pruna::{Client, inputs::PImage, poll::FixedInterval};
use pruna_emulator::{Emulator, RecordedRequest};
use tempfile::TempDir;

pub(crate) async fn emulator() -> Emulator {
    Emulator::builder().start().await.unwrap()
}

/// A folder with that many images: `0.jpg`, `1.jpg` and so on.
pub(crate) async fn images(emulator: &Emulator, count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let poll = FixedInterval::new(Duration::from_millis(2));
    let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url()).poll_policy(poll);
    let client = client.build().unwrap();
    for number in 0..count {
        let image = client.generate(PImage::new(format!("image {number}"))).await.unwrap();
        image.save(folder.path().join(format!("{number}.jpg"))).await.unwrap();
    }
    emulator.clear_requests();
    folder
}

/// The type of a file by its content: its extension.
pub(crate) fn file_type(path: impl AsRef<Path>) -> &'static str {
    let path = path.as_ref();
    let content = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match &content[..] {
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "mp4",
        [b'P', b'K', 3, 4, ..] => "zip",
        _ => "unknown",
    }
}

/// The requests of an operation.
pub(crate) fn requests(emulator: &Emulator, operation: &str) -> Vec<RecordedRequest> {
    let mut requests = emulator.requests();
    requests.retain(|request| request.operation.as_deref() == Some(operation));
    requests
}

/// The models that were submitted to, in order.
pub(crate) fn models(emulator: &Emulator) -> Vec<String> {
    requests(emulator, "createPrediction").into_iter().filter_map(|request| request.model).collect()
}
