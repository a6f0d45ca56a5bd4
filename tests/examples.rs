//! Every example program runs against the emulator.

use std::{path::Path, process::Command};

use pruna::inputs::PImage;
use pruna_emulator::Emulator;

use crate::support::{client, emulator};

/// Runs an example in a folder, and returns its output.
async fn run(name: &str, arguments: &[&str], folder: &Path, emulator: Option<&Emulator>) -> String {
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "run",
            "--quiet",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            "--example",
            name,
        ])
        .arg("--")
        .args(arguments)
        .current_dir(folder)
        .env_remove("PRUNA_API_KEY")
        .env_remove("PRUNA_BASE_URL");
    if let Some(emulator) = emulator {
        command.env("PRUNA_API_KEY", emulator.api_key()).env("PRUNA_BASE_URL", emulator.url());
    }
    // The emulator runs in this runtime, which must not be blocked.
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Creates a folder with a number of images, `0.jpg` and so on.
async fn images(emulator: &Emulator, count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let client = client(emulator);
    for number in 0..count {
        let image = client.generate(PImage::new(format!("image {number}"))).await.unwrap();
        image.save(folder.path().join(format!("{number}.jpg"))).await.unwrap();
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn quickstart_needs_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run("quickstart", &[], folder.path(), None).await;
    assert!(printed.contains("emulator") && printed.contains("lion.jpg"), "{printed}");
    assert!(folder.path().join("lion.jpg").exists());
    run("quickstart", &[], folder.path(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_saves_its_result() {
    let emulator = emulator().await;
    let folder = images(&emulator, 10).await;
    for (name, arguments, result) in [
        ("text_to_image", vec!["a lion at dusk", "lion.jpg"], "lion.jpg"),
        ("edit_photos", vec!["0.jpg", "1.jpg", "edited.jpg"], "edited.jpg"),
        ("image_to_video", vec!["0.jpg", "kite.mp4"], "kite.mp4"),
        ("vace_references", vec!["fox.mp4", "0.jpg", "1.jpg"], "fox.mp4"),
        ("unknown_model", vec!["qwen-image", r#"{"prompt": "waves"}"#, "out", "image=0.jpg"], "out"),
    ] {
        let printed = run(name, &arguments, folder.path(), Some(&emulator)).await;
        assert!(printed.contains("Saved"), "{name}: {printed}");
        assert!(folder.path().join(result).exists(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lora_is_trained_on_a_folder_and_used() {
    let emulator = emulator().await;
    let photos = images(&emulator, 10).await;
    let folder = tempfile::tempdir().unwrap();
    let photos = photos.path().to_str().unwrap();
    let printed = run("train_lora", &[photos, "me/my-dog", "."], folder.path(), Some(&emulator)).await;
    assert!(printed.contains("huggingface.co/me/my-dog/weights.safetensors"), "{printed}");
    assert!(folder.path().join("weights.safetensors").exists() && folder.path().join("dog.jpg").exists());
}
