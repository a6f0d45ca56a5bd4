//! Batches: from a file of requests to a directory of results.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};
use serde_json::{Value, json};

use crate::support::{Run, Service, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_batch_writes_files_results_and_gallery,
        a_csv_file_is_a_batch,
        all_bad_lines_are_reported_before_anything_is_submitted,
        a_dry_run_estimates_without_a_key_and_without_requests,
        the_exit_code_is_that_of_the_most_severe_failure,
        without_credit_submissions_stop,
        an_item_with_unknown_status_is_submitted_again_only_on_request,
        failed_items_are_not_submitted_again,
        #[cfg(unix)]
        a_killed_batch_continues_with_the_same_command,
        #[cfg(unix)]
        a_signal_stops_submissions_and_leaves_jobs_running,
    ]
}

/// Returns lines of fast requests.
fn lions(count: usize) -> String {
    let size = |n: usize| json!({"prompt": format!("lion {n}"), "aspect_ratio": "custom", "width": 256, "height": 256});
    (0..count).map(|n| format!("{}\n", json!({"model": "p-image", "input": size(n)}))).collect()
}

/// Returns the lines of `results.jsonl`, by index.
fn results(service: &Service) -> BTreeMap<u64, Value> {
    let text = std::fs::read_to_string(service.path("out/results.jsonl")).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by_index: BTreeMap<u64, Value> = records.iter().map(|r| (r["index"].as_u64().unwrap(), r.clone())).collect();
    assert_eq!(by_index.len(), records.len(), "one line for each item");
    by_index
}

fn statuses(service: &Service) -> Vec<String> {
    results(service).values().map(|record| record["status"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn ended(run: &Run, code: i32, message: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(message), "{run:?}");
}

fn a_batch_writes_files_results_and_gallery() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    let lines = [
        json!({"model": "p-image", "input": {"prompt": "a lion", "seed": 7, "hf_api_token": "hf_secret"}, "name": "lion"}),
        json!({"model": "p-image-edit", "input": {"prompt": "as a watercolor", "images": ["@me.png"]}}),
        json!({"model": "wan-image-small", "input": {"prompt": "cups", "num_outputs": 2}, "name": "cups"}),
    ];
    let lines = lines.map(|line| format!("{line}\n")).concat();
    let run = service.run_with(&["batch", "-", "-o", "out"], &lines);
    assert_eq!((run.code, run.stdout.as_str()), (0, "out/index.html\n"), "{run:?}");
    assert!(run.stderr.contains("✓ 3 of 3 succeeded"), "{run:?}");
    let results = results(&service);
    let lion = &results[&0];
    assert_eq!(lion["input"], json!({"prompt": "a lion", "seed": 7, "hf_api_token": "[secret]"}));
    assert_eq!(
        (&lion["name"], &lion["model"], &lion["status"]),
        (&json!("lion"), &json!("p-image"), &json!("succeeded"))
    );
    assert_eq!((lion["cost_usd"].as_f64(), lion["files"][0]["path"].as_str()), (Some(0.005), Some("lion.jpg")));
    assert!(lion["elapsed_seconds"].as_f64().unwrap() > 0.0 && lion["id"].is_string());
    assert_eq!(results[&1]["input"]["images"], json!(["@me.png"]), "as written in the batch file");
    let cups: Vec<&Value> = results[&2]["files"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
    assert_eq!(cups, ["cups-0.jpg", "cups-1.jpg"]);
    for record in results.values() {
        for file in record["files"].as_array().unwrap() {
            let length = std::fs::metadata(service.path("out").join(file["path"].as_str().unwrap())).unwrap().len();
            assert_eq!(file["bytes"], length);
        }
    }
    let page = std::fs::read_to_string(service.path("out/index.html")).unwrap();
    assert!(page.contains("lion.jpg") && !page.contains("hf_secret"));
}

fn a_csv_file_is_a_batch() {
    let service = Service::start();
    service.write("table.csv", "model,name,prompt,seed\np-image,one,\"a lion, at dusk\",7\nz-image-turbo,two,a cup,\n");
    let run = service.run(&["batch", "table.csv", "-o", "out", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let printed: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(printed.len(), 2);
    assert_eq!(results(&service)[&0]["input"], json!({"prompt": "a lion, at dusk", "seed": 7}));
    assert!(service.path("out/one.jpg").is_file() && service.path("out/two.jpg").is_file());
}

fn all_bad_lines_are_reported_before_anything_is_submitted() {
    let service = Service::start();
    service.write(
        "bad.jsonl",
        "{\"model\": \"p-image\", \"input\": {\"seeds\": 1}}\nnonsense\n{\"model\": \"p-imgae\", \"input\": {}}\n",
    );
    let run = service.run(&["batch", "bad.jsonl", "-o", "out"]);
    let expected = "\
        error: bad.jsonl, line 1: prompt: is required\n\
        error: bad.jsonl, line 1: seeds: p-image does not document this parameter, and rejects unknown ones; did you mean `seed`?\n\
        error: bad.jsonl, line 2: expected ident, at column 2\n\
        error: bad.jsonl, line 3: the model p-imgae is not documented; did you mean `p-image`? `pruna models` lists all models\n\
        error: 4 problems in bad.jsonl; nothing was submitted\n\
        hint: --no-check ignores problems that come from the documented schema\n";
    assert_eq!((run.code, run.stderr.as_str()), (2, expected));
    assert_eq!(service.emulator.requests().len(), 0);
    service.write("empty.jsonl", "\n");
    ended(&service.run(&["batch", "empty.jsonl", "-o", "out"]), 2, "empty.jsonl contains no items");
}

fn a_dry_run_estimates_without_a_key_and_without_requests() {
    let service = Service::start();
    let mut lines = lions(1000);
    lines += "{\"model\": \"wan-t2v\", \"input\": {\"prompt\": \"waves\", \"resolution\": \"720p\"}}\n";
    lines += "{\"model\": \"vace\", \"input\": {\"prompt\": \"waves\"}}\n";
    service.write("items.jsonl", lines);
    let mut command = service.command(&["batch", "items.jsonl", "--dry-run"]);
    command.env_remove("PRUNA_API_KEY");
    let run = crate::support::finish(command, "");
    let expected = "   1000 × p-image               $5.00\n      \
        1 × vace                  no list price\n      \
        1 × wan-t2v               $0.1000\n   \
        1002 items, estimated cost $5.10 (list prices) plus 1 item without a list price, at least 2 min at the rate limits\n";
    assert_eq!((run.code, run.stdout.as_str()), (0, expected), "{run:?}");
    let json = service.run(&["batch", "items.jsonl", "-o", "out", "--dry-run", "--json"]).json();
    assert_eq!((&json["items"], &json["cost_usd"], &json["unpriced"]), (&json!(1002), &json!(5.1), &json!(1)));
    assert_eq!(json["models"][0]["rate_limit_per_minute"], 500);
    assert!(service.emulator.requests().is_empty() && !service.path("out").exists());
}

fn the_exit_code_is_that_of_the_most_severe_failure() {
    let fail = || Fault::Fail { error: "no".into() }.on(Operation::CreatePrediction);
    let unknown = || Fault::ResetBeforeHead.on(Operation::CreatePrediction);
    for (rules, code, status) in [
        (vec![fail().nth(2)], 1, "failed"),
        (vec![unknown().nth(2)], 5, "unknown"),
        (vec![fail().nth(1), unknown().nth(2)], 5, "unknown"),
        (vec![Fault::Cancel.on(Operation::GetPredictionStatus).nth(1)], 1, "canceled"),
    ] {
        let service = Service::start();
        service.write("items.jsonl", lions(3));
        for rule in rules {
            service.emulator.faults().add(rule);
        }
        let run = service.run(&["batch", "items.jsonl", "-o", "out", "--concurrency", "1"]);
        ended(&run, code, "of 3 items have no result");
        assert!(statuses(&service).iter().any(|found| found == status), "{run:?}");
        assert!(std::fs::read_to_string(service.path("out/index.html")).unwrap().contains(status));
    }
}

fn without_credit_submissions_stop() {
    let service = Service::start();
    service.write("items.jsonl", lions(50));
    let body = "{\"message\": \"Forbidden: no more credit available\"}".to_owned();
    let no_credit = Fault::Status { status: 403, headers: BTreeMap::new(), body: Some(body) };
    service.emulator.faults().add(no_credit.on(Operation::CreatePrediction));
    let run = service.run(&["batch", "items.jsonl", "-o", "out", "--concurrency", "2"]);
    ended(&run, 3, "no credit left");
    assert!(service.sends("createPrediction") <= 4, "{}", service.sends("createPrediction"));
    service.emulator.faults().clear();
    ended(&service.run(&["batch", "items.jsonl", "-o", "out"]), 0, "50 of 50 succeeded");
    assert_eq!(service.emulator.predictions().len(), 50);
}

fn an_item_with_unknown_status_is_submitted_again_only_on_request() {
    let service = Service::start();
    service.write("items.jsonl", lions(3));
    service.emulator.faults().add(Fault::ResetBeforeHead.on(Operation::CreatePrediction).nth(2));
    let batch = ["batch", "items.jsonl", "-o", "out", "--concurrency", "1"];
    ended(&service.run(&batch), 5, "--resubmit-unknown");
    ended(&service.run(&batch), 5, "--resubmit-unknown");
    assert_eq!(service.sends("createPrediction"), 3);
    ended(&service.run(&[&batch[..], &["--resubmit-unknown"]].concat()), 0, "3 of 3 succeeded");
    assert_eq!(service.sends("createPrediction"), 4);
}

fn failed_items_are_not_submitted_again() {
    let service = Service::start();
    service.write("items.jsonl", lions(3));
    service.emulator.faults().add(Fault::Fail { error: "no".into() }.on(Operation::CreatePrediction).first(1));
    for _ in 0..2 {
        ended(&service.run(&["batch", "items.jsonl", "-o", "out"]), 1, "1 of 3 items have no result");
    }
    assert_eq!((service.sends("createPrediction"), service.sends("downloadContent")), (3, 2));
    assert_eq!(statuses(&service).iter().filter(|status| *status == "failed").count(), 1);
}

#[cfg(unix)]
fn a_killed_batch_continues_with_the_same_command() {
    let service = Service::with(|builder| builder.speed(0.3));
    service.write("items.jsonl", lions(40));
    let batch = ["batch", "items.jsonl", "-o", "out", "--concurrency", "8", "--limits", "off"];
    let mut killed = 0;
    for goal in [8, 24] {
        let mut child = service.command(&batch).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while service.emulator.predictions().len() < goal && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
    }
    assert_eq!(killed, 2, "killed in the middle");
    // An item has an unknown status if the program was killed between its submission and the response.
    let run = service.run(&batch);
    let unknown = statuses(&service).iter().filter(|status| *status == "unknown").count();
    assert_eq!(run.code, if unknown == 0 { 0 } else { 5 }, "{run:?}");
    assert!(service.emulator.predictions().len() <= 40, "nothing is submitted twice");
    ended(&service.run(&[&batch[..], &["--resubmit-unknown"]].concat()), 0, "40 of 40 succeeded");
    assert_eq!(statuses(&service), vec!["succeeded"; 40]);
    assert!(service.emulator.predictions().len() <= 40 + unknown);
    let images = std::fs::read_dir(service.path("out"))
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".jpg"));
    assert_eq!(images.count(), 40);
}

#[cfg(unix)]
fn a_signal_stops_submissions_and_leaves_jobs_running() {
    for (signal, code, message) in
        [("INT", 130, "interrupted"), ("TERM", 143, "terminated by SIGTERM"), ("HUP", 129, "the terminal was closed")]
    {
        let service = Service::with(|builder| builder.speed(1000.0));
        service.write("items.jsonl", lions(10));
        let batch = ["batch", "items.jsonl", "-o", "out", "--concurrency", "4"];
        let child = service.command(&batch).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while service.emulator.predictions().len() < 4 {
            std::thread::sleep(Duration::from_millis(1));
        }
        // The responses must have arrived, too.
        std::thread::sleep(Duration::from_millis(200));
        crate::shell::signal(&child, signal);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        let hint = "4 jobs are still running; the same command waits for them and continues the batch";
        assert!(stderr.ends_with(&format!("error: {message}\nhint: {hint}\n")), "{stderr}");
        assert_eq!(statuses(&service), vec!["unfinished"; 4]);
        assert_eq!(service.sends("createPrediction"), 4, "nothing is bought after the signal");
        service.emulator.advance(Duration::from_secs(2000));
        let run = service.command(&batch).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while service.emulator.predictions().len() < 10 {
            service.emulator.advance(Duration::from_secs(100));
            std::thread::sleep(Duration::from_millis(5));
        }
        service.emulator.advance(Duration::from_secs(2000));
        assert_eq!(run.wait_with_output().unwrap().status.code(), Some(0));
        assert_eq!(statuses(&service), vec!["succeeded"; 10]);
    }
}
