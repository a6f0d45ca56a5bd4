//! From the command line to files.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::{Service, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_path_goes_to_stdout_and_everything_else_to_stderr,
        json_output_is_one_object,
        a_value_outside_the_documented_range_is_sent_with_a_warning,
        fast_models_use_sync_unless_async_is_set,
        several_files_go_into_a_directory_or_are_numbered,
        a_result_can_be_written_to_stdout,
        local_files_are_uploaded_once,
        an_upload_can_be_used_later,
        a_job_can_be_passed_between_processes,
        status_prints_the_status_of_a_job,
        the_status_of_a_failed_job_has_the_reason_and_exit_code_1,
        a_video_is_generated_from_an_image,
        a_lora_is_trained_on_a_directory,
        an_emulator_inside_the_process_needs_no_key,
    ]
}

/// Returns the input of a submission as the service received it.
fn input(service: &Service, number: usize) -> Value {
    let requests = service.emulator.requests();
    let mut submissions = requests.iter().filter(|request| request.operation.as_deref() == Some("createPrediction"));
    submissions.nth(number).unwrap().json().unwrap()["input"].clone()
}

fn the_path_goes_to_stdout_and_everything_else_to_stderr() {
    let service = Service::start();
    let run = service.run(&["run", "p-image", "a lion at dusk", "-i", "seed=42", "-o", "lion.jpg"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "lion.jpg\n"), "{run:?}");
    assert!(run.stderr.starts_with("✓ p-image in "), "{run:?}");
    assert_eq!(input(&service, 0), json!({"prompt": "a lion at dusk", "seed": 42}));
    assert!(std::fs::read(service.path("lion.jpg")).unwrap().starts_with(b"\xff\xd8\xff"));
    let quiet = service.run(&["run", "p-image", "x", "-o", "lion.jpg", "--force", "-q"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

fn json_output_is_one_object() {
    let service = Service::start();
    let run = service.run(&["run", "p-image", "x", "--async", "--json", "-o", "lion.png"]);
    let report = run.json();
    assert_eq!(report["id"], service.emulator.predictions()[0].id);
    assert_eq!((report["model"].as_str(), report["status"].as_str()), (Some("p-image"), Some("succeeded")));
    let file = &report["files"][0];
    assert_eq!((file["path"].as_str(), file["content_type"].as_str()), (Some("lion.png"), Some("image/jpeg")));
    assert_eq!(file["bytes"], std::fs::metadata(service.path("lion.png")).unwrap().len());
    assert!(file["url"].as_str().unwrap().starts_with(service.emulator.url()));
    assert!(report["elapsed_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(report["warnings"], json!([]));
    assert!(run.stderr.contains("warning: lion.png contains image/jpeg"), "{run:?}");
}

fn a_value_outside_the_documented_range_is_sent_with_a_warning() {
    // This service accepts a larger range than the OpenAPI document states.
    let file = format!("{}/../openapi/p-api-{}.json", env!("CARGO_MANIFEST_DIR"), pruna::API_VERSION);
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let parameters = &mut document["components"]["schemas"]["p-image"]["properties"]["input"]["properties"];
    parameters["lora_scale"]["maximum"] = 10.into();
    let service = Service::with(|builder| builder.document(document));
    let run = service.run(&["run", "p-image", "x", "--json", "-i", "lora_scale=9"]);
    assert_eq!(run.json()["warnings"], json!(["lora_scale: 9 is above the documented maximum 3"]));
    assert!(run.stderr.contains("warning: lora_scale: 9 is above the documented maximum 3"), "{run:?}");
    assert_eq!(run.code, 0);
}

fn fast_models_use_sync_unless_async_is_set() {
    for (args, sync) in [
        (&["run", "p-image", "x"][..], true),
        (&["run", "p-image", "x", "--async"], false),
        (&["run", "p-image", "x", "--sync"], true),
        (&["submit", "p-image", "x"], false),
    ] {
        let service = Service::start();
        assert_eq!(service.run(args).code, 0);
        assert_eq!(service.emulator.requests()[0].header("try-sync").is_some(), sync, "{args:?}");
    }
}

fn several_files_go_into_a_directory_or_are_numbered() {
    let service = Service::start();
    let cups = ["run", "wan-image-small", "cups", "-i", "num_outputs=3", "-i", "output_format=png", "--async", "-o"];
    let numbered = service.run(&[&cups[..], &["cups.png"]].concat());
    assert_eq!(numbered.stdout, "cups-0.png\ncups-1.png\ncups-2.png\n", "{numbered:?}");
    let id = &service.emulator.predictions()[0].id;
    let in_dir = service.run(&["wait", id, "-o", "new/"]);
    assert_eq!(in_dir.stdout, format!("new/{id}-0.png\nnew/{id}-1.png\nnew/{id}-2.png\n"), "{in_dir:?}");
    let here = service.run(&["wait", id]);
    assert_eq!(here.stdout, format!("{id}-0.png\n{id}-1.png\n{id}-2.png\n"), "{here:?}");
}

fn a_result_can_be_written_to_stdout() {
    let service = Service::start();
    let output = service.command(&["run", "p-image", "x", "-o", "-"]).output().unwrap();
    assert!(output.stdout.starts_with(b"\xff\xd8\xff"));
    assert!(service.files().is_empty());
}

fn local_files_are_uploaded_once() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    let edit = ["run", "p-image-edit", "as a watercolor", "-i", "images=@me.png", "-i", "images=me.png", "-o", "a.jpg"];
    let run = service.run(&edit);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(service.sends("uploadFile"), 1);
    let images = input(&service, 0)["images"].as_array().unwrap().clone();
    assert_eq!(images.len(), 2);
    assert!(images[0].as_str().unwrap().starts_with(&format!("{}/v1/files/", service.emulator.url())));
    let json = service
        .run_with(&["run", "p-image-edit", "--input", "-", "-o", "b.jpg"], r#"{"prompt": "x", "images": ["@me.png"]}"#);
    assert_eq!(json.code, 0, "{json:?}");
}

fn an_upload_can_be_used_later() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    service.write("you.png", [image_bytes(), vec![0]].concat());
    let run = service.run(&["upload", "me.png", "you.png"]);
    let urls: Vec<&str> = run.stdout.lines().collect();
    assert_eq!((run.code, urls.len()), (0, 2), "{run:?}");
    let edit = service.run(&["run", "p-image-edit", "x", "-i", &format!("images={}", urls[0])]);
    assert_eq!(edit.code, 0, "{edit:?}");
    let json = service.run(&["upload", "me.png", "--json"]).json();
    assert_eq!(
        (json["content_type"].as_str(), json["size"].as_u64()),
        (Some("image/png"), Some(image_bytes().len() as u64))
    );
}

fn a_job_can_be_passed_between_processes() {
    let service = Service::start();
    let submitted = service.run(&["submit", "p-image", "x", "--json"]);
    let id = service.emulator.predictions()[0].id.clone();
    let url = format!("{}/v1/predictions/status/{id}", service.emulator.url());
    assert_eq!(submitted.json(), json!({"id": id, "model": "p-image", "get_url": url}));
    service.write("job.json", &submitted.stdout);
    assert_eq!(service.run(&["wait", "@job.json", "-o", "a.jpg"]).stdout, "a.jpg\n");
    assert_eq!(service.run_with(&["wait", "@-", "-o", "b.jpg"], &submitted.stdout).stdout, "b.jpg\n");
    let report = service.run(&["wait", &id, "-o", "c.jpg", "--json"]).json();
    assert_eq!((report["id"].as_str(), &report["model"]), (Some(id.as_str()), &Value::Null));
    assert_eq!(service.run(&["submit", "p-image", "x"]).stdout.trim(), service.emulator.predictions()[1].id);
    assert_eq!(service.sends("createPrediction"), 2);
}

fn status_prints_the_status_of_a_job() {
    let service = Service::with(|builder| builder.speed(1000.0));
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    assert_eq!(service.run(&["status", &id]).stdout, "starting\n");
    service.emulator.advance(std::time::Duration::from_secs(2000));
    let done = service.run(&["status", &id, "--json"]).json();
    assert_eq!((done["status"].as_str(), done["error"].as_str()), (Some("succeeded"), None));
    let url = done["urls"][0].as_str().unwrap();
    let saved = service.run(&["download", url]);
    assert_eq!((saved.code, saved.stdout.as_str()), (0, "output.jpg\n"), "{saved:?}");
    assert_eq!(service.run(&["download", url, "-o", "mine.jpg"]).stdout, "mine.jpg\n");
    assert_eq!(service.run(&["download", url, "-o", "mine.jpg"]).code, 6);
}

fn the_status_of_a_failed_job_has_the_reason_and_exit_code_1() {
    let service = Service::start();
    let fail = pruna_emulator::faults::Fault::Fail { error: "no such image".into() };
    service.emulator.faults().add(fail.on(pruna_emulator::faults::Operation::CreatePrediction));
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    let run = service.run(&["status", &id, "--json"]);
    assert_eq!(run.json(), json!({"id": id, "status": "failed", "urls": [], "error": "no such image"}));
    assert_eq!(run.code, 1);
}

fn a_video_is_generated_from_an_image() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    let id = service.run(&["submit", "wan-i2v", "she turns", "-i", "image=@me.png", "-i", "num_frames=81"]).stdout;
    let run = service.run(&["wait", id.trim(), "-o", "clip.mp4"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(&std::fs::read(service.path("clip.mp4")).unwrap()[4..8], b"ftyp");
}

fn a_lora_is_trained_on_a_directory() {
    let service = Service::start();
    std::fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
    let bad = service.run(&["train", "photos"]);
    assert_eq!(bad.code, 2, "{bad:?}");
    assert!(bad.stderr.contains("no caption") && bad.stderr.contains("hint: nothing was submitted"), "{bad:?}");
    assert_eq!(service.emulator.requests().len(), 0);
    let args = ["train", "photos", "--model", "p-image-trainer", "-i", "steps=1000", "-i", "default_caption=a dog"];
    let run = service.run(&[&args[..], &["-o", "dog.zip"]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (0, "dog.zip\n"), "{run:?}");
    assert!(run.stderr.contains("10 images, estimated cost $1.80 (list price)"), "{run:?}");
    assert!(run.stderr.contains("-i lora_weights=huggingface.co/OWNER/NAME/"), "{run:?}");
    assert_eq!(input(&service, 0)["steps"], 1000);
}

fn an_emulator_inside_the_process_needs_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = crate::support::bare();
    command.args(["run", "p-image", "x", "-o", "lion.jpg"]).env("PRUNA_BASE_URL", "emulator").current_dir(&dir);
    let run = crate::support::finish(command, "");
    assert_eq!((run.code, run.stdout.as_str()), (0, "lion.jpg\n"), "{run:?}");
}
