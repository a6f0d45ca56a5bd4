//! Batches: from a file of requests to a folder of results.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use pruna_emulator::faults::{Fault, Operation};
use serde_json::{Value, json};

use crate::support::{Run, Service, picture};

/// Lines of quick requests.
fn lions(count: usize) -> String {
    let size = |n: usize| json!({"prompt": format!("lion {n}"), "aspect_ratio": "custom", "width": 256, "height": 256});
    (0..count).map(|n| format!("{}\n", json!({"model": "p-image", "input": size(n)}))).collect()
}

/// The lines of `results.jsonl`, by index.
fn results(service: &Service) -> BTreeMap<u64, Value> {
    let text = std::fs::read_to_string(service.path("out/results.jsonl")).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by_index: BTreeMap<u64, Value> = records.iter().map(|r| (r["index"].as_u64().unwrap(), r.clone())).collect();
    assert_eq!(by_index.len(), records.len(), "one line an item");
    by_index
}

fn statuses(service: &Service) -> Vec<String> {
    results(service).values().map(|record| record["status"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn ended(run: &Run, code: i32, said: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(said), "{run:?}");
}

#[test]
fn files_results_and_gallery_are_in_the_folder() {
    let service = Service::start();
    service.write("me.png", picture());
    let lines = [
        json!({"model": "p-image", "input": {"prompt": "a lion", "seed": 7, "hf_api_token": "hf_secret"}, "name": "lion"}),
        json!({"model": "p-image-edit", "input": {"prompt": "as a watercolour", "images": ["@me.png"]}}),
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
    assert_eq!(results[&1]["input"]["images"], json!(["@me.png"]), "as it was given");
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

#[test]
fn a_table_is_a_batch_too() {
    let service = Service::start();
    service.write("table.csv", "model,name,prompt,seed\np-image,one,\"a lion, at dusk\",7\nz-image-turbo,two,a cup,\n");
    let run = service.run(&["batch", "table.csv", "-o", "out", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let printed: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(printed.len(), 2);
    assert_eq!(results(&service)[&0]["input"], json!({"prompt": "a lion, at dusk", "seed": 7}));
    assert!(service.path("out/one.jpg").is_file() && service.path("out/two.jpg").is_file());
}

#[test]
fn bad_lines_are_all_told_before_anything_is_sent() {
    let service = Service::start();
    service.write(
        "bad.jsonl",
        "{\"model\": \"p-image\", \"input\": {\"seeds\": 1}}\nnonsense\n{\"model\": \"p-imgae\", \"input\": {}}\n",
    );
    let run = service.run(&["batch", "bad.jsonl", "-o", "out"]);
    let expected = "\
        error: bad.jsonl, line 1: prompt: is required\n\
        error: bad.jsonl, line 1: seeds: p-image does not document this parameter, and refuses what it does not know; did you mean `seed`?\n\
        error: bad.jsonl, line 2: expected ident, at column 2\n\
        error: bad.jsonl, line 3: there is no documented model p-imgae; did you mean `p-image`? `pruna models` lists them all\n\
        error: 4 problems in bad.jsonl; nothing was sent\n\
        hint: --no-check sends what only the document speaks against\n";
    assert_eq!((run.code, run.stderr.as_str()), (2, expected));
    assert_eq!(service.emulator.requests().len(), 0);
    service.write("empty.jsonl", "\n");
    ended(&service.run(&["batch", "empty.jsonl", "-o", "out"]), 2, "empty.jsonl holds no items");
}

#[test]
fn a_dry_run_counts_and_prices_without_key_or_sending() {
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
        1002 items, about $5.10 by list price and 1 without a price, at least 2 min by the rate limits\n";
    assert_eq!((run.code, run.stdout.as_str()), (0, expected), "{run:?}");
    let json = service.run(&["batch", "items.jsonl", "-o", "out", "--dry-run", "--json"]).json();
    assert_eq!((&json["items"], &json["cost_usd"], &json["unpriced"]), (&json!(1002), &json!(5.1), &json!(1)));
    assert_eq!(json["models"][0]["rate_limit_per_minute"], 500);
    assert!(service.emulator.requests().is_empty() && !service.path("out").exists());
}

#[test]
fn the_exit_code_is_that_of_the_gravest_failure() {
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

#[test]
fn without_credit_nothing_more_is_sent() {
    let service = Service::start();
    service.write("items.jsonl", lions(50));
    let body = "{\"message\": \"Forbidden: no more credit available\"}".to_owned();
    let spent = Fault::Status { status: 403, headers: BTreeMap::new(), body: Some(body) };
    service.emulator.faults().add(spent.on(Operation::CreatePrediction));
    let run = service.run(&["batch", "items.jsonl", "-o", "out", "--concurrency", "2"]);
    ended(&run, 3, "no credit left");
    assert!(service.sends("createPrediction") <= 4, "{}", service.sends("createPrediction"));
    service.emulator.faults().clear();
    ended(&service.run(&["batch", "items.jsonl", "-o", "out"]), 0, "50 of 50 succeeded");
    assert_eq!(service.emulator.predictions().len(), 50);
}

#[test]
fn a_submission_of_unknown_fate_is_sent_again_only_on_demand() {
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

#[test]
fn what_failed_is_not_paid_for_twice() {
    let service = Service::start();
    service.write("items.jsonl", lions(3));
    service.emulator.faults().add(Fault::Fail { error: "no".into() }.on(Operation::CreatePrediction).first(1));
    for _ in 0..2 {
        ended(&service.run(&["batch", "items.jsonl", "-o", "out"]), 1, "1 of 3 items have no result");
    }
    assert_eq!((service.sends("createPrediction"), service.sends("downloadContent")), (3, 2));
    assert_eq!(statuses(&service).iter().filter(|status| *status == "failed").count(), 1);
}

#[test]
fn a_journal_belongs_to_one_batch() {
    let service = Service::start();
    service.write("items.jsonl", lions(2));
    service.write("more.jsonl", format!("{}{}", lions(2), lions(1)));
    service.write("others.jsonl", "{\"model\": \"p-image\", \"input\": {\"prompt\": \"a cup\"}}");
    ended(&service.run(&["batch", "items.jsonl", "-o", "out"]), 0, "2 of 2");
    ended(&service.run(&["batch", "more.jsonl", "-o", "out"]), 0, "3 of 3 succeeded (2 of them earlier)");
    ended(&service.run(&["batch", "others.jsonl", "-o", "out"]), 2, "a journal belongs to one batch");
    ended(&service.run(&["batch", "others.jsonl", "-o", "new", "--journal", "j/others"]), 0, "1 of 1");
    assert!(service.path("j/others").is_file() && !service.path("new/batch.journal").exists());
}

#[cfg(unix)]
#[test]
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
    // Whoever is killed between the intent and the answer leaves an item of unknown fate.
    let run = service.run(&batch);
    let unknown = statuses(&service).iter().filter(|status| *status == "unknown").count();
    assert_eq!(run.code, if unknown == 0 { 0 } else { 5 }, "{run:?}");
    assert!(service.emulator.predictions().len() <= 40, "nothing is submitted twice");
    ended(&service.run(&[&batch[..], &["--resubmit-unknown"]].concat()), 0, "40 of 40 succeeded");
    assert_eq!(statuses(&service), vec!["succeeded"; 40]);
    assert!(service.emulator.predictions().len() <= 40 + unknown);
    let pictures = std::fs::read_dir(service.path("out"))
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".jpg"));
    assert_eq!(pictures.count(), 40);
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_batch_in_good_order() {
    let service = Service::with(|builder| builder.speed(1000.0));
    service.write("items.jsonl", lions(10));
    let batch = ["batch", "items.jsonl", "-o", "out", "--concurrency", "4"];
    let child = service.command(&batch).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while service.emulator.predictions().len() < 4 {
        std::thread::sleep(Duration::from_millis(1));
    }
    // The answers have to come back, too.
    std::thread::sleep(Duration::from_millis(200));
    crate::interplay::signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.ends_with("error: interrupted\nhint: 4 jobs go on; the same command waits for them and does the rest\n"),
        "{stderr}"
    );
    assert_eq!(statuses(&service), vec!["unfinished"; 4]);
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
