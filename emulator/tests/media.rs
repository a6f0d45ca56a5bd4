//! Output files: pictures, videos and weights that other programs can read.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::collections::HashSet;
use std::io::{Cursor, Read};

use image::{GenericImageView, ImageFormat};
use serde_json::{Value, json};
use support::{Api, Response, send};

fn format_and_size(file: &Response) -> (ImageFormat, (u32, u32)) {
    let format = image::guess_format(&file.body).unwrap();
    (format, image::load_from_memory(&file.body).unwrap().dimensions())
}

#[tokio::test]
async fn pictures_have_the_requested_size_and_format() {
    use ImageFormat::{Jpeg, Png, WebP};
    let api = Api::new().await;
    let cases: [(&str, Value, ImageFormat, (u32, u32)); 10] = [
        ("p-image", json!({}), Jpeg, (1360, 768)),
        ("p-image", json!({"aspect_ratio": "1:1"}), Jpeg, (1024, 1024)),
        ("p-image", json!({"aspect_ratio": "9:16"}), Jpeg, (768, 1360)),
        ("p-image", json!({"aspect_ratio": "custom", "width": 512, "height": 256}), Jpeg, (512, 256)),
        ("p-image", json!({"aspect_ratio": "1:1", "width": 512, "height": 256}), Jpeg, (1024, 1024)),
        ("flux-dev", json!({"image_size": 512, "aspect_ratio": "1:1", "output_format": "png"}), Png, (512, 512)),
        ("flux-2-klein-4b", json!({"output_megapixels": "0.25", "output_format": "webp"}), WebP, (512, 512)),
        ("flux-dev-lora", json!({"megapixels": "0.25"}), Jpeg, (512, 512)),
        ("z-image-turbo", json!({"width": 320, "height": 240}), Jpeg, (320, 240)),
        ("qwen-image", json!({"aspect_ratio": "1:1", "image_size": "optimize_for_speed"}), WebP, (720, 720)),
    ];
    for (model, mut input, format, size) in cases {
        input["prompt"] = "a lion at dusk".into();
        let file = api.file(model, input.clone()).await;
        assert_eq!(format_and_size(&file), (format, size), "{model} {input}");
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let api = Api::new().await;
    let small = |seed: i64, prompt: &str| json!({"prompt": prompt, "width": 256, "height": 256, "seed": seed});
    let first = api.file("z-image-turbo", small(7, "a lion")).await;
    let others = [
        ("the same", small(7, "a lion"), true),
        ("another seed", small(8, "a lion"), false),
        ("another prompt", small(7, "a cat"), false),
        ("no seed", json!({"prompt": "a lion", "width": 256, "height": 256}), false),
    ];
    for (name, input, equal) in others {
        let file = api.file("z-image-turbo", input).await;
        assert_eq!(file.body == first.body, equal, "{name}");
        assert_eq!(file.header("etag") == first.header("etag"), equal, "{name}");
    }
}

#[tokio::test]
async fn several_outputs_are_different_pictures() {
    let api = Api::new().await;
    let input =
        json!({"prompt": "x", "num_outputs": 4, "aspect_ratio": "custom", "width": 256, "height": 256, "seed": 42});
    let response = api.run("wan-image-small", input.clone()).await;
    let urls: Vec<String> = serde_json::from_value(response.json()["generation_url"].clone()).unwrap();
    assert!(urls[3].ends_with("/output_42_3.jpg"), "{urls:?}");
    let files: HashSet<Vec<u8>> = api.files("wan-image-small", input).await.into_iter().map(|file| file.body).collect();
    assert_eq!(files.len(), 4);
}

#[tokio::test]
async fn the_form_of_urls_depends_on_the_model() {
    let api = Api::new().await;
    let klein = api.run("flux-2-klein-4b", json!({"prompt": "x", "output_megapixels": "0.25"})).await;
    let url = klein.text("/generation_url/0");
    assert!(url.starts_with("/v1/predictions/delivery/xezq/"), "{url}");
    assert_eq!(send(api.get(&url)).await.status, 200);
    let plain = api.run("p-image", json!({"prompt": "x"})).await.text("/generation_url");
    assert!(plain.starts_with(&format!("{}/v1/predictions/delivery/xezq/", api.emulator.url())), "{plain}");
}

#[tokio::test]
async fn an_edit_shows_the_input_picture() {
    let api = Api::new().await;
    let mut red = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(300, 200, image::Rgb([200, 0, 0])).write_to(&mut red, ImageFormat::Png).unwrap();
    let upload = api.upload("red.png", red.into_inner(), "image/png").await;
    assert_eq!(
        upload.json()["metadata"],
        json!({"content_length": upload.json()["size"], "width": 300, "height": 200})
    );
    let file = api.file("p-image-edit", json!({"prompt": "brighter", "images": [upload.text("/urls/get")]})).await;
    let picture = image::load_from_memory(&file.body).unwrap().into_rgb8();
    assert!(
        (1.45..1.55).contains(&(f64::from(picture.width()) / f64::from(picture.height()))),
        "the aspect ratio is kept"
    );
    let [r, g, b] = picture.get_pixel(picture.width() / 2, 20).0;
    assert!(r > 180 && g < 30 && b < 30, "{r} {g} {b}");
    // An output file can be an input.
    let result = api.run("p-image", json!({"prompt": "x", "aspect_ratio": "1:1"})).await.text("/generation_url");
    let edited = api.file("p-image-edit", json!({"prompt": "again", "images": [result]})).await;
    assert_eq!(format_and_size(&edited).1, (1024, 1024));
}

#[tokio::test]
async fn an_edit_of_an_upload_that_is_no_picture_fails() {
    let api = Api::new().await;
    let upload = api.upload("notes.txt", "hello", "text/plain").await;
    let response = api.run("p-image-edit", json!({"prompt": "x", "images": [upload.text("/urls/get")]})).await;
    assert!(response.text("/error").starts_with("cannot identify image file"), "{response:?}");
}

#[tokio::test]
async fn videos_are_mp4_files() {
    let api = Api::new().await;
    let file = api.file("wan-t2v", json!({"prompt": "waves"})).await;
    assert_eq!((file.header("content-type"), &file.body[4..8]), ("video/mp4", &b"ftyp"[..]));
    assert!(file.body.len() < 5_000_000, "{} bytes", file.body.len());
}

#[tokio::test]
async fn trainers_deliver_weights() {
    let api = Api::new().await;
    let upload = api.upload("data.zip", support::training_data(10), "application/zip").await;
    let input = json!({"image_data": upload.text("/urls/get"), "steps": 200});
    let file = api.file("p-image-trainer", input).await;
    assert_eq!(file.header("content-type"), "application/octet-stream");
    let mut archive = zip::ZipArchive::new(Cursor::new(file.body)).unwrap();
    let mut weights = Vec::new();
    archive.by_name("weights.safetensors").unwrap().read_to_end(&mut weights).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&weights).unwrap();
    let shapes: Vec<&[usize]> =
        tensors.tensors().iter().map(|(_, view)| view.shape().to_vec().leak() as &[usize]).collect();
    assert_eq!(tensors.len(), 2, "{shapes:?}");
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&weights).unwrap();
    assert_eq!(metadata.metadata().as_ref().unwrap()["trained_by"], "p-image-trainer, 200 steps");
}

#[tokio::test]
async fn trainers_fail_without_enough_images() {
    let api = Api::new().await;
    for (name, data, expected) in [
        ("too few", support::training_data(9), "At least 10 images are needed for training, found 9"),
        ("not a zip file", b"hello".to_vec(), "File is not a zip file"),
    ] {
        let upload = api.upload("data.zip", data, "application/zip").await;
        let response = api.run("p-image-trainer", json!({"image_data": upload.text("/urls/get")})).await;
        let end = (response.text("/status"), response.text("/message"), response.text("/error"));
        assert_eq!(end, ("failed".to_owned(), "Training failed".to_owned(), expected.to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_download_can_be_resumed() {
    let api = Api::new().await;
    let url =
        api.run("z-image-turbo", json!({"prompt": "x", "width": 256, "height": 256})).await.text("/generation_url");
    let whole = send(api.get(&url)).await;
    let (length, tag) = (whole.body.len(), whole.header("etag").to_owned());
    assert_eq!(whole.header("content-length"), length.to_string());
    assert_eq!(whole.header("content-disposition"), "attachment; filename=\"output.jpg\"");
    assert_eq!((whole.header("accept-ranges"), whole.header("cache-control")), ("bytes", "public, max-age=3600"));
    let rest = send(api.get(&url).header("Range", "bytes=100-").header("If-Range", &tag)).await;
    assert_eq!(rest.status, 206);
    assert_eq!(rest.header("content-range"), format!("bytes 100-{}/{length}", length - 1));
    assert_eq!(rest.body, whole.body[100..]);
    let changed = send(api.get(&url).header("Range", "bytes=100-").header("If-Range", "\"other\"")).await;
    assert_eq!((changed.status.as_u16(), changed.body.len()), (200, length));
    let beyond = send(api.get(&url).header("Range", format!("bytes={length}-"))).await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, format!("bytes */{length}").as_str()));
}

#[tokio::test]
async fn large_uploads_are_stored_completely() {
    let api = Api::new().await;
    let mut file = support::png(64, 32);
    file.resize(12_000_000, 0);
    let upload = api.upload("large.png", file, "image/png").await;
    assert_eq!(upload.json()["size"], 12_000_000);
    assert_eq!(upload.json()["metadata"]["width"], 64, "read from a temporary file");
    let response = api.run("p-image-edit", json!({"prompt": "x", "images": [upload.text("/urls/get")]})).await;
    assert_eq!(response.text("/status"), "succeeded");
}
