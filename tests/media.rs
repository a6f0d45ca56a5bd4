//! Everything that converts into media: the service receives a URL that it can read.

use std::path::Path;

use bytes::Bytes;
use pruna::{
    Media, Request, Url,
    inputs::{PImage, PImageEdit, WanI2v},
};

use crate::support::{client, emulator, sends, submitted};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

/// What the service is expected to receive.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    /// The URL of an upload that is made now.
    Upload,
    /// The URL of an upload that exists.
    Uploaded,
    /// The URL of an upload that is made now from a download of the result.
    Reuploaded,
    /// The URL itself.
    Address,
}

fn edit<M: pruna::IntoMedia>(media: M) -> Request {
    PImageEdit::new("x").images([media]).into()
}

#[tokio::test]
async fn every_conversion_submits_a_url_that_the_service_can_read() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("me.png");
    std::fs::write(&path, PNG).unwrap();
    let maker = client(&emulator);
    let image = maker.generate(PImage::new("a lion")).await.unwrap();
    let saved = image.save(folder.path().join("lion.jpg")).await.unwrap();
    let uploaded = maker.upload(&path).await.unwrap();
    let url = "https://example.org/me.png";
    let media = Media::path(&path);

    let conversions: [(&str, Request, Expected); 16] = [
        ("&Path", edit::<&Path>(&path), Expected::Upload),
        ("PathBuf", edit(path.clone()), Expected::Upload),
        ("&PathBuf", edit(&path), Expected::Upload),
        ("Bytes", edit(Bytes::from_static(PNG)), Expected::Upload),
        ("Vec<u8>", edit(PNG.to_vec()), Expected::Upload),
        ("Url", edit(Url::parse(url).unwrap()), Expected::Address),
        ("UploadedFile", edit(uploaded.clone()), Expected::Uploaded),
        ("&UploadedFile", edit(&uploaded), Expected::Uploaded),
        ("SavedFile", edit(saved.clone()), Expected::Upload),
        ("&SavedFile", edit(&saved), Expected::Upload),
        ("Generation", edit(image.clone()), Expected::Reuploaded),
        ("&Generation", edit(&image), Expected::Reuploaded),
        ("Media::from(&Generation)", edit(Media::from(&image)), Expected::Reuploaded),
        ("Media", edit(media.clone()), Expected::Upload),
        ("&Media", edit(&media), Expected::Upload),
        ("Media::url", edit(Media::url(url)), Expected::Address),
    ];
    emulator.clear_requests();
    for (name, request, expected) in conversions {
        // Each with a client of its own, which has uploaded nothing yet.
        let client = client(&emulator);
        // The second submission reuses the upload of the first.
        for _ in 0..2 {
            client.submit(request.clone()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let sent = submitted(&emulator)["images"][0].as_str().unwrap().to_owned();
        match expected {
            Expected::Address => assert_eq!(sent, url, "{name}"),
            Expected::Uploaded => assert_eq!(sent, uploaded.url, "{name}"),
            _ => assert!(sent.starts_with(&format!("{}/v1/files/", emulator.url())), "{name}: {sent}"),
        }
        let uploads = usize::from(matches!(expected, Expected::Upload | Expected::Reuploaded));
        assert_eq!(sends(&emulator, "uploadFile"), uploads, "{name}");
        assert_eq!(sends(&emulator, "downloadContent"), usize::from(expected == Expected::Reuploaded), "{name}");
        emulator.clear_requests();
    }
}

#[tokio::test]
async fn a_result_is_the_input_of_the_next_model() {
    let emulator = emulator().await;
    let client = client(&emulator);
    let image = client.generate(PImage::new("a kite")).await.unwrap();
    let edited = client.generate(PImageEdit::new("as a watercolor").images([&image])).await.unwrap();
    let video = client.generate(WanI2v::new("the kite rises", &edited)).await.unwrap();
    assert_eq!(&video.bytes().await.unwrap()[4..8], b"ftyp");
    assert_eq!((sends(&emulator, "createPrediction"), sends(&emulator, "uploadFile")), (3, 2));
}
