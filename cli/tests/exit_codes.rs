//! The exit codes, each with its causes.

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};

use crate::support::{Service, bare, finish};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        code_1_the_prediction_failed_or_was_canceled,
        code_2_usage_or_invalid_input,
        code_3_no_key_bad_key_or_no_credit,
        code_4_rate_limited_or_unavailable,
        code_5_timeout_or_submission_unknown,
        code_6_files,
    ]
}

/// Asserts the exit code and the messages of a run: one error and, if expected, one hint.
#[track_caller]
fn ends(run: &crate::support::Run, code: i32, error: &str, hint: &str) {
    assert_eq!(run.code, code, "{run:?}");
    let lines: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("warning: ")).collect();
    let found = lines.iter().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{run:?}"));
    assert!(found.contains(error), "{run:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("error: ")).count(), 1, "{run:?}");
    if !hint.is_empty() {
        let hinted = lines.iter().find(|line| line.starts_with("hint: ")).unwrap_or_else(|| panic!("{run:?}"));
        assert!(hinted.contains(hint), "{run:?}");
    }
    assert_eq!(run.stdout, "", "{run:?}");
}

fn code_1_the_prediction_failed_or_was_canceled() {
    let service = Service::start();
    let fail = Fault::Fail { error: "Number of samples, -5, must be non-negative.".into() };
    service.emulator.faults().add(fail.on(Operation::CreatePrediction).first(2));
    let failed = service.run(&["run", "p-image", "a lion"]);
    ends(&failed, 1, "the prediction failed: Number of samples, -5, must be non-negative.", "change the input");
    let json = service.run(&["run", "p-image", "a lion", "--json"]);
    assert_eq!((json.code, json.json()["status"].as_str()), (1, Some("failed")));
    assert_eq!(json.json()["error"], "Number of samples, -5, must be non-negative.");
    service.emulator.faults().clear();
    service.emulator.faults().add(Fault::Cancel.on(Operation::GetPredictionStatus));
    ends(&service.run(&["run", "p-image", "a lion", "--async"]), 1, "canceled", "submit it again");
}

fn code_2_usage_or_invalid_input() {
    let service = Service::start();
    for (args, error, hint) in [
        (&["run", "p-imgae", "a lion"][..], "the service does not offer this model", "did you mean `p-image`?"),
        (&["run", "p-image", "x", "-i", "ratio=1:1"], "found ratio", "did you mean `aspect_ratio`?"),
        (&["run", "p-image", "x", "-i", "seed=many"], "seed must be an integer, not \"many\"", "-i seed:=JSON"),
        (&["run", "p-image", "--input", "[1]"], "--input must be a JSON object", ""),
        (&["run", "p-image", "--input", "{"], "--input is not valid JSON", ""),
        (&["run", "p-image"], "prompt", "pruna models show p-image"),
        (&["models", "show", "p-imgae"], "the model p-imgae is not documented", "did you mean `p-image`?"),
        (&["status", "nosuchjob"], "not found", "check the id"),
        (&["wait", "nosuchjob"], "not found", "check the id"),
        (&["--base-url", "http://example.org", "status", "x"], "invalid client configuration", "--base-url takes"),
    ] {
        ends(&service.run(args), 2, error, hint);
    }
    for args in [
        &["run"][..],
        &["rnu"],
        &["run", "p-image", "x", "-i", "seed"],
        &["run", "p-image", "x", "--timeout", "soon"],
        &["run", "p-image", "x", "--sync", "--async"],
        &["batch", "x.jsonl"],
        &["emulator", "--speed", "-1"],
        &["run", "p-image", "x", "--max-cost", "cheap"],
        &["run", "p-image", "x", "--max-cost", "-1"],
        &["run", "p-image", "x", "--assume", "vace=0.40"],
        &["run", "vace", "x", "--max-cost", "1", "--assume", "vace"],
        &["run", "p-image", "x", "--label", ""],
        &["spend", "--by", "color"],
        &["spend", "--json", "--csv"],
    ] {
        let run = service.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.starts_with("error: "), "{run:?}");
    }
    let mut no_job = service.command(&["wait", "@-"]);
    no_job.env_remove("PRUNA_API_KEY");
    ends(&finish(no_job, "{}"), 2, "- does not contain a job", "pruna submit --json");
}

fn code_3_no_key_bad_key_or_no_credit() {
    let mut without = bare();
    without.args(["run", "p-image", "a lion"]);
    ends(&finish(without, ""), 3, "there is no API key", "set PRUNA_API_KEY");
    let service = Service::start();
    let wrong = service.run(&["--api-key", "pru_wrong", "run", "p-image", "a lion"]);
    ends(&wrong, 3, "rejected the API key", "dashboard");
    assert!(!wrong.stderr.contains("pru_wrong"));
    ends(&service.run(&["--api-key", "two\nlines", "status", "x"]), 3, "invalid client configuration", "PRUNA_API_KEY");
    let body = "{\"message\": \"Forbidden: no more credit available, please visit the dashboard\"}";
    let no_credit = Fault::Status { status: 403, headers: BTreeMap::new(), body: Some(body.into()) };
    service.emulator.faults().add(no_credit.on(Operation::CreatePrediction));
    ends(&service.run(&["run", "p-image", "a lion"]), 3, "no credit left", "top up");
}

fn code_4_rate_limited_or_unavailable() {
    let service = Service::start();
    service.emulator.faults().add(Fault::retry_after(3600).on(Operation::CreatePrediction));
    let limited = service.run(&["run", "p-image", "a lion", "--timeout", "1s"]);
    ends(&limited, 4, "rate limit exceeded", "try again in 3600 s");
    service.emulator.faults().clear();
    service.emulator.faults().add(Fault::status(503).on(Operation::DownloadContent));
    let unavailable = service.run(&["run", "p-image", "a lion", "-o", "lion.jpg"]);
    ends(&unavailable, 4, "the service is unavailable", "pruna download http");
    let unreachable = service.run(&["--base-url", "http://127.0.0.1:9", "run", "p-image", "a lion", "--timeout", "1s"]);
    ends(&unreachable, 4, "the connection failed", "check the network");
}

fn code_5_timeout_or_submission_unknown() {
    let service = Service::with(|builder| builder.speed(1000.0));
    let late = service.run(&["run", "p-image", "a lion", "--async", "--timeout", "300ms"]);
    let id = service.emulator.predictions()[0].id.clone();
    ends(&late, 5, "timed out", &format!("`pruna wait {id}` continues waiting"));
    let late = service.run(&["wait", &id, "--timeout", "300ms"]);
    ends(&late, 5, &id, "pruna wait");
    service.emulator.faults().add(Fault::status(404).on(Operation::GetPredictionStatus));
    let lost = service.run(&["run", "p-image", "a lion", "--async"]);
    let id = service.emulator.predictions().pop().unwrap().id;
    ends(&lost, 5, "not found", &format!("`pruna wait {id}` later"));
    service.emulator.faults().clear();
    service.emulator.faults().add(Fault::ResetBeforeHead.on(Operation::CreatePrediction));
    let unknown = service.run(&["submit", "p-image", "a lion"]);
    ends(&unknown, 5, "unknown whether the service accepted the submission", "it was not sent again");
}

fn code_6_files() {
    let service = Service::start();
    service.write("lion.jpg", "mine");
    for (args, error, hint) in [
        (&["run", "p-image", "x", "-o", "lion.jpg"][..], "lion.jpg already exists", "--force"),
        (&["run", "p-image", "x", "-o", "no/such/lion.jpg"], "the directory no/such does not exist", "create it first"),
        (&["run", "p-image-edit", "x", "-i", "images=@missing.jpg"], "images: missing.jpg does not exist", ""),
        (&["run", "p-image", "--input", "@missing.json"], "missing.json", ""),
        (&["upload", "missing.jpg"], "missing.jpg is not a file", "nothing was uploaded"),
        (&["train", "missing"], "missing", ""),
        (&["wait", "@missing.json"], "missing.json", ""),
        (&["batch", "missing.jsonl", "--dry-run"], "missing.jsonl", ""),
        (&["man", "lion.jpg/man"], "lion.jpg/man", ""),
        (&["download", "/v1/predictions/delivery/xezq/no/such.jpg"], "not found", "check the URL"),
    ] {
        ends(&service.run(args), 6, error, hint);
    }
    assert_eq!(service.sends("createPrediction"), 0, "nothing was submitted");
    assert_eq!(std::fs::read_to_string(service.path("lion.jpg")).unwrap(), "mine");
    service.emulator.faults().add(Fault::Expired.on(Operation::DownloadContent));
    ends(&service.run(&["run", "p-image", "x", "-o", "new.jpg"]), 6, "expired", "");
}
