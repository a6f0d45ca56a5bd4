//! The ledger: where submissions are noted, and when that is required.

use std::path::Path;

use libtest_mimic::Trial;
use pruna::{Ledger, LedgerState, Usd};
use pruna_emulator::faults::{Fault, Operation};
use serde_json::json;

use crate::support::{Run, Service, finish, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_submission_is_noted_with_label_and_folder_but_without_its_input,
        a_submission_with_unknown_outcome_is_noted_as_such,
        a_label_of_an_item_comes_before_that_of_the_batch,
        a_named_ledger_that_cannot_be_written_stops_everything,
        nothing_is_noted_if_that_is_not_wanted,
        the_emulator_inside_the_process_is_noted_only_in_a_named_ledger,
        #[cfg(target_os = "linux")]
        a_full_disk_stops_with_a_named_ledger_and_warns_once_with_the_default_one,
        #[cfg(target_os = "linux")]
        the_default_ledger_is_in_the_state_directory_and_not_required,
    ]
}

fn run(service: &Service, ledger: &str, args: &[&str]) -> Run {
    let mut command = service.command(args);
    command.env("PRUNA_LEDGER", ledger);
    finish(command, "")
}

/// Returns model, label, amount and state of each entry.
fn entries(path: &Path) -> Vec<(String, Option<String>, Option<u64>, LedgerState)> {
    let entries = Ledger::read(path).unwrap().into_iter();
    entries.map(|e| (e.model.to_string(), e.label, e.usd.map(Usd::micros), e.state)).collect()
}

fn every_submission_is_noted_with_label_and_folder_but_without_its_input() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    std::fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
    let lora = "lora_weights=https://huggingface.co/canary/lora";
    for args in [
        &["run", "p-image", "canary", "-o", "a.jpg", "--label", "zoo"][..],
        &["submit", "p-image-edit", "canary", "-i", "images=@me.png"],
        &["train", "photos", "-i", "default_caption=canary", "--label", "dogs", "-o", "dog.zip"],
        &["run", "p-image-lora", "canary", "-i", lora, "-i", "hf_api_token=hf_canary", "-o", "b.jpg"],
        &["run", "vace", "canary", "-o", "c.mp4"],
    ] {
        assert_eq!(run(&service, "state/ledger.jsonl", args).code, 0, "{args:?}");
    }
    let path = service.path("state/ledger.jsonl");
    let label = |text: &str| Some(text.to_owned());
    let expected = [
        ("p-image".to_owned(), label("zoo"), Some(5_000), LedgerState::Spent),
        ("p-image-edit".to_owned(), None, Some(10_000), LedgerState::Spent),
        ("p-image-trainer".to_owned(), label("dogs"), Some(1_800_000), LedgerState::Spent),
        ("p-image-lora".to_owned(), None, Some(5_000), LedgerState::Spent),
        ("vace".to_owned(), None, None, LedgerState::Spent),
    ];
    assert_eq!(entries(&path), expected);
    let first = Ledger::read(&path).unwrap().swap_remove(0);
    assert_eq!(first.folder, Some(service.dir.path().canonicalize().unwrap()));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("canary") && !text.contains(service.emulator.api_key()), "{text}");
}

fn a_submission_with_unknown_outcome_is_noted_as_such() {
    for (fault, state) in [
        (Fault::ResetBeforeHead, LedgerState::Unknown),
        (Fault::status(422), LedgerState::Released),
        (Fault::Fail { error: "no".into() }, LedgerState::Spent),
    ] {
        let service = Service::start();
        service.emulator.faults().add(fault.on(Operation::CreatePrediction));
        assert_ne!(run(&service, "ledger.jsonl", &["run", "p-image", "x"]).code, 0);
        let states: Vec<_> = entries(&service.path("ledger.jsonl")).into_iter().map(|entry| entry.3).collect();
        assert_eq!(states, [state]);
    }
}

fn a_label_of_an_item_comes_before_that_of_the_batch() {
    let service = Service::start();
    let lines = [
        json!({"model": "p-image", "input": {"prompt": "a"}, "label": "line"}),
        json!({"model": "p-image", "input": {"prompt": "b"}}),
    ];
    service.write("items.jsonl", lines.map(|line| format!("{line}\n")).concat());
    service.write("items.csv", "model,label,prompt\np-image,line,a\np-image,,b\n");
    let labels = |ledger: &str| {
        let mut labels: Vec<_> = entries(&service.path(ledger)).into_iter().map(|entry| entry.1).collect();
        labels.sort();
        labels
    };
    for (number, (file, rest, common)) in
        [("items.jsonl", &["--label", "all"][..], Some("all".to_owned())), ("items.csv", &[], None)]
            .into_iter()
            .enumerate()
    {
        let (ledger, out) = (format!("{number}.jsonl"), number.to_string());
        let ended = run(&service, &ledger, &[&["batch", file, "-o", &out], rest].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(labels(&ledger), [common, Some("line".to_owned())], "{file}");
    }
    // A label is no part of what an item is known by.
    let again = run(&service, "again.jsonl", &["batch", "items.jsonl", "-o", "0", "--label", "other"]);
    assert!(again.code == 0 && again.stderr.contains("2 finished earlier"), "{again:?}");
    assert_eq!(labels("again.jsonl").len(), 0);
}

fn a_named_ledger_that_cannot_be_written_stops_everything() {
    let service = Service::start();
    service.write("file", "");
    service.write("items.jsonl", "{\"model\": \"p-image\", \"input\": {\"prompt\": \"a\"}}\n");
    for args in [
        &["run", "p-image", "x", "-o", "a.jpg"][..],
        &["submit", "p-image", "x"],
        &["batch", "items.jsonl", "-o", "out"],
    ] {
        let ended = run(&service, "file/ledger.jsonl", args);
        assert_eq!((ended.code, ended.stdout.as_str()), (6, ""), "{ended:?}");
        assert!(ended.stderr.contains("error: the ledger cannot be written; nothing was submitted: "), "{ended:?}");
        assert!(ended.stderr.contains("hint: name another file with PRUNA_LEDGER, or use --no-ledger"), "{ended:?}");
    }
    assert_eq!(service.emulator.requests().len(), 0);
    let without = run(&service, "file/ledger.jsonl", &["run", "p-image", "x", "-o", "a.jpg", "--no-ledger"]);
    assert_eq!(without.code, 0, "{without:?}");
}

fn nothing_is_noted_if_that_is_not_wanted() {
    let service = Service::start();
    assert_eq!(run(&service, "a.jsonl", &["run", "p-image", "x", "-o", "a.jpg", "--no-ledger"]).code, 0);
    // What needs no ledger does not create one.
    for args in [&["models"][..], &["status", "x"], &["run", "p-image", "x", "-i", "seed=many"], &["spend"]] {
        run(&service, "a.jsonl", args);
    }
    let mut without_key = service.command(&["run", "p-image", "x"]);
    without_key.env_remove("PRUNA_API_KEY").env("PRUNA_LEDGER", "a.jsonl");
    assert_eq!(finish(without_key, "").code, 3);
    assert_eq!(service.files(), ["a.jpg"]);
}

fn the_emulator_inside_the_process_is_noted_only_in_a_named_ledger() {
    let service = Service::start();
    for (ledger, count) in [("", 0), ("ledger.jsonl", 1)] {
        let home = service.path("home");
        let mut command = service.command(&["run", "p-image", "x", "-f", "-o", "a.jpg"]);
        command.env("PRUNA_BASE_URL", "emulator").env("PRUNA_LEDGER", ledger);
        command.env("HOME", &home).env("XDG_STATE_HOME", &home).env("LOCALAPPDATA", &home);
        assert_eq!(finish(command, "").code, 0);
        assert_eq!((entries(&service.path("ledger.jsonl")).len(), home.exists()), (count, false));
    }
}

#[cfg(target_os = "linux")]
fn a_full_disk_stops_with_a_named_ledger_and_warns_once_with_the_default_one() {
    let service = Service::with(|builder| builder.api_key("pru_paying"));
    let args = ["run", "p-image", "x", "-o", "a.jpg"];
    let named = run(&service, "/dev/full", &args);
    assert_eq!((named.code, service.sends("createPrediction")), (6, 0), "{named:?}");
    assert!(named.stderr.contains("not sent, because the ledger /dev/full cannot be written"), "{named:?}");
    let dir = service.path("state/pruna");
    std::fs::create_dir_all(&dir).unwrap();
    std::os::unix::fs::symlink("/dev/full", dir.join("ledger.jsonl")).unwrap();
    let mut command = service.command(&args);
    command.env("XDG_STATE_HOME", service.path("state"));
    let default = finish(command, "");
    assert_eq!((default.code, service.sends("createPrediction")), (0, 1), "{default:?}");
    assert_eq!(default.stderr.matches("warning: the ledger cannot be written").count(), 1, "{default:?}");
}

#[cfg(target_os = "linux")]
fn the_default_ledger_is_in_the_state_directory_and_not_required() {
    use std::os::unix::fs::PermissionsExt as _;
    let service = Service::start();
    let args = ["run", "p-image", "x", "-f", "-o", "a.jpg"];
    let run_in = |service: &Service, variables: &[(&str, &Path)]| {
        let mut command = service.command(&args);
        command.env_remove("XDG_STATE_HOME").envs(variables.iter().copied());
        finish(command, "")
    };
    let home = service.path("home");
    let (default, by_variable) =
        (home.join(".local/state/pruna/ledger.jsonl"), service.path("state/pruna/ledger.jsonl"));
    for (variables, count) in [
        (&[("HOME", home.as_path()), ("XDG_STATE_HOME", &service.path("state"))][..], (0, 1)),
        (&[("HOME", home.as_path())], (1, 1)),
        // The specification says to ignore a relative path.
        (&[("HOME", home.as_path()), ("XDG_STATE_HOME", Path::new("relative"))], (2, 1)),
    ] {
        let ended = run_in(&service, variables);
        assert_eq!((ended.code, ended.stderr.lines().count()), (0, 1), "{ended:?}");
        assert_eq!((entries(&default).len(), entries(&by_variable).len()), count, "{variables:?}");
    }
    assert_eq!(default.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // One warning, and the submission goes on.
    service.write("file", "");
    let ended = run_in(&service, &[("HOME", &service.path("file"))]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let warning = "warning: the ledger cannot be written, so it lacks this submission: ";
    assert_eq!(ended.stderr.matches("warning").count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with(warning), "{ended:?}");
}
