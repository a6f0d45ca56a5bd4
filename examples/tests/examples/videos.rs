//! Examples that generate videos.

use pruna_emulator::Emulator;

use crate::{
    program::Program,
    support::{emulator, file_type, images, models, requests},
};

pub(crate) async fn image_to_video() {
    // About a second for each video.
    let emulator = Emulator::builder().speed(0.02).start().await.unwrap();
    let folder = images(&emulator, 1).await;
    let program = Program::new("image_to_video", folder.path()).with(&emulator);
    let printed = program.args(["0.jpg", "kite.mp4"]).run().await;
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with(r#"Job: {"id":""#) && lines[0].contains(r#""submitted_at":""#), "{printed}");
    assert_eq!(lines[1], "Started, usually takes 45s");
    assert!(lines.len() > 3 && lines[2..lines.len() - 1].iter().all(|line| line.contains("of about 45s")), "{printed}");
    assert_eq!(lines[lines.len() - 1], "Saved kite.mp4");
    assert_eq!(file_type(folder.path().join("kite.mp4")), "mp4");
}

pub(crate) async fn edit_to_video() {
    let emulator = emulator().await;
    let folder = images(&emulator, 1).await;
    Program::new("edit_to_video", folder.path()).with(&emulator).args(["0.jpg", "me.mp4"]).run().await;
    assert_eq!(file_type(folder.path().join("me.mp4")), "mp4");
    assert_eq!(models(&emulator), ["p-image-edit", "wan-i2v"]);
    assert_eq!(requests(&emulator, "uploadFile").len(), 2, "the photo and the edited image");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
}

pub(crate) async fn vace_references() {
    let emulator = emulator().await;
    let folder = images(&emulator, 2).await;
    let program = Program::new("vace_references", folder.path()).with(&emulator);
    program.args(["fox.mp4", "0.jpg", "1.jpg"]).run().await;
    assert_eq!(file_type(folder.path().join("fox.mp4")), "mp4");
    assert_eq!(requests(&emulator, "uploadFile").len(), 2);
}
