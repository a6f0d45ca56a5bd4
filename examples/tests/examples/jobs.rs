//! Examples with many or long jobs.

use crate::{
    program::Program,
    support::{emulator, file_type, images, models},
};

pub(crate) async fn batch() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let prompts: Vec<String> = (1..=8).map(|number| format!("a lion, variation {number}")).collect();
    std::fs::write(folder.path().join("prompts.txt"), prompts.join("\n")).unwrap();
    for summary in ["8 of 8 succeeded; 8 files", "8 of 8 succeeded (8 of them earlier); 8 files"] {
        let program = Program::new("batch", folder.path()).with(&emulator).args(["prompts.txt", "lions"]);
        let printed = program.run().await;
        assert!(printed.starts_with("8 images, list price $0.04\n"), "{printed}");
        for done in 1..=8 {
            assert!(printed.contains(&format!("[{done}/8] lion-00")), "{printed}");
            assert_eq!(file_type(folder.path().join(format!("lions/lion-{done:03}.jpg"))), "jpg");
        }
        assert!(printed.contains(summary), "{printed}");
    }
    assert_eq!(models(&emulator).len(), 8, "the second run pays for nothing");
}

pub(crate) async fn train_lora() {
    let emulator = emulator().await;
    let photos = images(&emulator, 10).await;
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new("train_lora", folder.path()).with(&emulator);
    let printed = program.args([photos.path().to_str().unwrap(), "me/my-dog", "."]).run().await;
    assert!(printed.contains("huggingface.co/me/my-dog/weights.safetensors"), "{printed}");
    assert_eq!(file_type(folder.path().join("lora.zip")), "zip");
    assert_eq!(file_type(folder.path().join("dog.jpg")), "jpg");
    assert!(folder.path().join("weights.safetensors").exists());
    assert_eq!(models(&emulator), ["p-image-trainer", "p-image-lora"]);
}
