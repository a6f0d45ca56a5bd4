//! Hints fit the command, and a file that is not what its name says is found before it is paid for.

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};
use serde_json::json;

use crate::support::{Run, Service, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_status_has_a_hint_that_fits_the_command,
        a_job_that_was_just_submitted_and_is_not_found_is_lost_and_not_mistyped,
        conflicts_and_misdirected_requests_are_no_invalid_input,
        a_result_that_is_delivered_elsewhere_has_no_hint_that_fails_again,
        a_file_without_usable_content_is_refused_before_anything_is_sent,
        a_file_with_other_content_is_sent_with_a_warning,
        #[cfg(target_os = "linux")]
        paths_need_not_be_unicode,
        #[cfg(unix)]
        other_arguments_must_be_unicode_and_are_not_repeated,
    ]
}

fn status(status: u16) -> Fault {
    Fault::Status { status, headers: BTreeMap::new(), body: None }
}

#[track_caller]
fn ended(run: &Run, code: i32, hint: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{run:?}");
    let hints: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert!(hints.len() == 1 && hints[0].contains(hint), "{run:?}");
}

fn a_status_has_a_hint_that_fits_the_command() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    let url = service.run(&["status", &id, "--json"]).json()["urls"][0].as_str().unwrap().to_owned();
    let (run, upload) = (vec!["run", "p-image", "x", "-o", "a.jpg"], vec!["upload", "me.png"]);
    let edit = vec!["run", "p-image-edit", "x", "-i", "images=@me.png"];
    let download = vec!["download", &url, "-o", "a.jpg"];
    for (operation, code, args, exit, hint) in [
        (Operation::CreatePrediction, 404, &run, 2, "not at this address; check --base-url"),
        (Operation::CreatePrediction, 413, &run, 6, "make the input smaller"),
        (Operation::UploadFile, 404, &upload, 2, "not at this address; check --base-url"),
        (Operation::UploadFile, 404, &edit, 2, "not at this address; check --base-url"),
        (Operation::UploadFile, 413, &upload, 6, "the maximum size of an upload is 100 MB"),
        (Operation::UploadFile, 415, &upload, 2, "images, videos and archives"),
        (Operation::DownloadContent, 404, &download, 6, "check the URL"),
        (Operation::DownloadContent, 410, &download, 6, "only a new job creates them again"),
        (Operation::DownloadContent, 410, &run, 6, "only a new job creates it again"),
        (Operation::GetPredictionStatus, 404, &vec!["wait", &id], 2, "check the id"),
        (Operation::GetPredictionStatus, 410, &vec!["wait", &id], 6, "only a new job creates them again"),
    ] {
        service.emulator.faults().clear();
        service.emulator.faults().add(status(code).on(operation));
        ended(&service.run(args), exit, hint);
    }
}

fn a_job_that_was_just_submitted_and_is_not_found_is_lost_and_not_mistyped() {
    let service = Service::start();
    std::fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
    service.emulator.faults().add(status(404).on(Operation::GetPredictionStatus));
    for args in [&["run", "p-image", "x", "--async"][..], &["train", "photos", "-i", "default_caption=a dog"]] {
        let run = service.run(args);
        let id = service.emulator.predictions().pop().unwrap().id;
        ended(&run, 5, &format!("try `pruna wait {id}` later"));
    }
}

fn conflicts_and_misdirected_requests_are_no_invalid_input() {
    let service = Service::start();
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    service.write("me.png", image_bytes());
    for code in [409, 421, 425] {
        for (operation, args) in [
            (Operation::CreatePrediction, &["submit", "p-image", "x"][..]),
            (Operation::UploadFile, &["upload", "me.png"]),
            (Operation::GetPredictionStatus, &["status", &id]),
        ] {
            service.emulator.faults().clear();
            service.emulator.faults().add(status(code).on(operation));
            let run = service.run(args);
            assert!([4, 5].contains(&run.code) && !run.stderr.contains("invalid input"), "{code} {run:?}");
            assert!(run.stderr.contains("hint: "), "{code} {run:?}");
        }
    }
}

fn a_result_that_is_delivered_elsewhere_has_no_hint_that_fails_again() {
    let service = Service::start();
    let url = {
        let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
        service.run(&["status", &id, "--json"]).json()["urls"][0].as_str().unwrap().to_owned()
    };
    let elsewhere = Fault::Redirect { status: 302, location: "http://127.0.0.1:9/elsewhere".into() };
    service.emulator.faults().add(elsewhere.on(Operation::DownloadContent));
    let run = service.run(&["run", "p-image", "x", "-o", "a.jpg"]);
    ended(&run, 4, "another program can download it for 24 hours: http");
    assert!(!run.stderr.contains("`pruna download"), "{run:?}");
    ended(&service.run(&["download", &url]), 4, "another program can download it");
}

fn a_file_without_usable_content_is_refused_before_anything_is_sent() {
    let service = Service::start();
    std::fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
    service.write("photos/3.png", "not a photo");
    service.write("text.jpg", "a lion\n");
    service.write("empty.jpg", "");
    for (args, error) in [
        (&["run", "p-image-edit", "x", "-i", "images=@text.jpg"][..], "text.jpg contains text, not image/jpeg"),
        (&["run", "p-image-edit", "x", "-i", "images=@empty.jpg"], "empty.jpg is empty"),
        (&["submit", "p-image-edit", "x", "-i", "images=@text.jpg"], "text.jpg contains text, not image/jpeg"),
        (&["upload", "text.jpg", "empty.jpg"], "text.jpg contains text, not image/jpeg; empty.jpg is empty"),
    ] {
        let run = service.run(args);
        assert!(run.stderr.contains(&format!("error: {error}\n")), "{run:?}");
        ended(&run, 6, "nothing was submitted");
    }
    let trained = service.run(&["train", "photos", "-i", "default_caption=a dog"]);
    assert!(trained.stderr.contains("3.png: its content is not jpg, png or webp"), "{trained:?}");
    ended(&trained, 2, "nothing was submitted");
    assert_eq!(service.emulator.requests().len(), 0);
}

fn a_file_with_other_content_is_sent_with_a_warning() {
    let service = Service::start();
    service.write("me.jpg", image_bytes());
    let warning = "me.jpg contains image/png; rename it to .png";
    let edit = ["p-image-edit", "x", "-i", "images=@me.jpg", "--json"];
    let run = service.run(&[&["run"], &edit[..]].concat());
    let submitted = service.run(&[&["submit"], &edit[..]].concat());
    let uploaded = service.run(&["upload", "me.jpg", "--json"]);
    std::fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
    std::fs::rename(service.path("me.jpg"), service.path("photos/me.jpg")).unwrap();
    let trained = service.run(&["train", "photos", "-i", "default_caption=a dog", "--json"]);
    assert_eq!(trained.json()["warnings"], json!([format!("photos/{warning}")]), "{trained:?}");
    std::fs::rename(service.path("photos/me.jpg"), service.path("me.jpg")).unwrap();
    for run in [run, submitted, uploaded] {
        assert_eq!((run.code, &run.json()["warnings"]), (0, &json!([warning])), "{run:?}");
        assert!(run.stderr.contains(&format!("warning: {warning}\n")), "{run:?}");
    }
    let submitted = service.run(&[&["submit"], &edit[..]].concat());
    assert_eq!(service.run_with(&["wait", "@-", "-o", "a.jpg"], &submitted.stdout).code, 0);
}

#[cfg(target_os = "linux")]
fn paths_need_not_be_unicode() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let service = Service::start();
    let path = |bytes: &[u8]| service.dir.path().join(OsStr::from_bytes(bytes));
    std::fs::write(path(b"me\xff.png"), image_bytes()).unwrap();
    std::fs::write(path(b"prompt\xff.txt"), "a lion\n").unwrap();
    std::fs::write(path(b"job\xff.json"), service.run(&["submit", "p-image", "x", "--json"]).stdout).unwrap();
    for (args, saved) in [
        (
            &[&b"run"[..], b"p-image-edit", b"x", b"-i", b"images=@me\xff.png", b"-o", b"a\xff.jpg"][..],
            &b"a\xff.jpg\n"[..],
        ),
        (&[b"run", b"p-image-edit", b"x", b"-i", b"images=me\xff.png", b"-o", b"b\xff.jpg"], b"b\xff.jpg\n"),
        (&[b"run", b"p-image", b"-i", b"prompt=@prompt\xff.txt", b"-o", b"c\xff.jpg"], b"c\xff.jpg\n"),
        (&[b"wait", b"@job\xff.json", b"-o", b"d\xff.jpg"], b"d\xff.jpg\n"),
    ] {
        let output = service.command(&[]).args(args.iter().map(|arg| OsStr::from_bytes(arg))).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), saved), "{output:?}");
        assert!(path(&saved[..saved.len() - 1]).is_file());
    }
    for (args, code) in [
        (&[&b"upload"[..], b"me\xff.png"][..], 0),
        (&[b"run", b"p-image", b"x", b"-o", b"e\xff.jpg", b"--json"], 0),
        (&[b"run", b"p-image", b"x", b"-o", b"e\xff.jpg"], 6),
    ] {
        let output = service.command(&[]).args(args.iter().map(|arg| OsStr::from_bytes(arg))).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    assert_eq!(service.emulator.requests().iter().filter(|request| request.path.contains("/v1/files")).count(), 3);
}

#[cfg(unix)]
fn other_arguments_must_be_unicode_and_are_not_repeated() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let service = Service::start();
    let canary = OsStr::from_bytes(b"pru_canary\xff");
    let option = OsStr::from_bytes(b"--api-kye=pru_canary\xff");
    let assignment = OsStr::from_bytes(b"seed=pru_canary\xff");
    let [run, model] = ["run", "p-image"].map(OsStr::new);
    for args in [
        &[canary][..],
        &[run, canary],
        &[run, model, canary],
        &[run, model, OsStr::new("x"), OsStr::new("-i"), canary],
        &[run, model, OsStr::new("x"), OsStr::new("-i"), assignment],
        &[run, model, OsStr::new("--input"), canary],
        &[run, model, OsStr::new("x"), OsStr::new("--timeout"), canary],
        &[OsStr::new("wait"), canary],
        &[OsStr::new("download"), canary],
        &[OsStr::new("--base-url"), canary, run, model],
    ] {
        let output = service.command(&[]).args(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains("UTF-8"), "{args:?}: {stderr}");
        assert!(stderr.lines().count() == 1 && !stderr.contains("canary"), "{args:?}: {stderr}");
    }
    let mistyped = service.command(&[]).args([option, run, model]).output().unwrap();
    let stderr = String::from_utf8(mistyped.stderr).unwrap();
    assert!(mistyped.status.code() == Some(2) && !stderr.contains("canary"), "{stderr}");
    for (variable, code) in [("PRUNA_API_KEY", 3), ("PRUNA_BASE_URL", 2)] {
        let output = service.command(&["run", "p-image", "x"]).env(variable, canary).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains("not valid UTF-8") && !stderr.contains("canary"), "{stderr}");
    }
    assert_eq!(service.emulator.requests().len(), 0);
}
