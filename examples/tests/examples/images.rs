//! Examples that generate images.

use pruna::Model;
use serde_json::json;

use crate::{
    program::Program,
    support::{emulator, file_type, images, models, requests},
};

pub(crate) async fn quickstart() {
    let folder = tempfile::tempdir().unwrap();
    let printed = Program::new("quickstart", folder.path()).run().await;
    assert!(printed.contains("emulator") && printed.contains("of image/jpeg as"), "{printed}");
    assert_eq!(file_type(folder.path().join("lion.jpg")), "jpg");

    // With a key it uses what the environment says.
    let emulator = emulator().await;
    Program::new("quickstart", folder.path()).with(&emulator).run().await;
    assert_eq!(models(&emulator), ["p-image"]);
}

pub(crate) async fn text_to_image() {
    let emulator = emulator().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lion.jpg");
    let mut contents = Vec::new();
    for prompt in ["a lion at dusk", "a lion at dawn"] {
        let program = Program::new("text_to_image", folder.path()).with(&emulator);
        let printed = program.args([prompt, "lion.jpg"]).run().await;
        assert!(printed.contains("List price: $0.005\n"), "{printed}");
        assert_eq!(file_type(&path), "jpg");
        contents.push(std::fs::read(&path).unwrap());
    }
    assert_ne!(contents[0], contents[1], "the second run replaces the file");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

pub(crate) async fn edit_photos() {
    let emulator = emulator().await;
    let folder = images(&emulator, 2).await;
    Program::new("edit_photos", folder.path()).with(&emulator).args(["0.jpg", "1.jpg", "out.jpg"]).run().await;
    assert_eq!(file_type(folder.path().join("out.jpg")), "jpg");
    assert_eq!(requests(&emulator, "uploadFile").len(), 2);
}

pub(crate) async fn form() {
    let emulator = emulator().await;
    let folder = images(&emulator, 2).await;
    for (model, filled, sent) in [
        (Model::P_IMAGE, [("prompt", "a lion"), ("seed", "7")], json!({"prompt": "a lion", "seed": 7})),
        (Model::P_IMAGE_EDIT, [("prompt", "closer"), ("images", "0.jpg 1.jpg")], json!({"prompt": "closer"})),
    ] {
        emulator.clear_requests();
        let answer = |name| filled.iter().find(|(filled, _)| *filled == name).map_or("", |(_, answer)| answer);
        let answers: String =
            model.parameters().iter().map(|parameter| answer(parameter.name).to_owned() + "\n").collect();
        let program = Program::new("form", folder.path()).with(&emulator).args([model.as_str(), "form.jpg"]);
        let printed = program.input(answers).run().await;
        assert!(printed.contains("prompt (required"), "{printed}");
        assert_eq!(file_type(folder.path().join("form.jpg")), "jpg");
        let mut input = requests(&emulator, "createPrediction")[0].json().unwrap()["input"].take();
        let images = input.as_object_mut().unwrap().remove("images");
        assert_eq!(images.map(|images| images.as_array().unwrap().len()), (model == Model::P_IMAGE_EDIT).then_some(2));
        assert_eq!(input, sent);
    }
}

pub(crate) async fn unknown_model() {
    // The emulator offers a model under a name that the library does not know.
    let document = pruna_openapi::DOCUMENT.replace("flux-dev-lora", "p-future");
    let document = serde_json::from_str(&document).unwrap();
    let emulator = pruna_emulator::Emulator::builder().document(document).start().await.unwrap();
    assert!(!Model::from("p-future").is_documented());
    let folder = images(&emulator, 1).await;
    let program = Program::new("unknown_model", folder.path()).with(&emulator);
    program.args(["p-future", r#"{"prompt": "waves"}"#, "out", "image=0.jpg"]).run().await;
    let files: Vec<_> = std::fs::read_dir(folder.path().join("out")).unwrap().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(models(&emulator), ["p-future"]);
    assert_eq!(requests(&emulator, "uploadFile").len(), 1);
}
