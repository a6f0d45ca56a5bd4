//! Budgets: what `--max-cost` lets through, and how a batch goes on.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::{Run, Service, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_request_that_the_budget_does_not_cover_is_refused_before_anything_is_sent,
        a_request_within_the_budget_tells_what_it_costs,
        a_batch_ends_in_good_order_and_goes_on_with_a_larger_budget,
        items_over_budget_do_not_hide_other_failures,
        a_dry_run_says_whether_the_budget_covers_it,
        an_item_without_a_price_is_found_before_the_batch_begins,
    ]
}

/// What a batch prints to stdout.
const GALLERY: &str = "out/index.html\n";

#[track_caller]
fn refused(run: &Run, stdout: &str, error: &str, hint: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (7, stdout), "{run:?}");
    assert!(run.stderr.ends_with(&format!("error: {error}\nhint: {hint}\n")), "{run:?}");
}

/// Returns lines of requests that cost $0.005 each.
fn lions(count: usize) -> String {
    let line =
        |n: usize| json!({"model": "p-image", "input": {"prompt": format!("lion {n}")}, "name": format!("lion {n}")});
    (1..=count).map(|n| format!("{}\n", line(n))).collect()
}

fn a_request_that_the_budget_does_not_cover_is_refused_before_anything_is_sent() {
    let service = Service::start();
    service.write("me.png", image_bytes());
    std::fs::create_dir(service.path("photos")).unwrap();
    for number in 0..10 {
        service.write(&format!("photos/{number}.png"), image_bytes());
    }
    let too_expensive =
        |cost: &str, max: &str| format!("it costs {cost}, and --max-cost is {max}; nothing was submitted");
    let unknown = "the cost of a request to vace is unknown: vace has no list price; nothing was submitted".to_owned();
    let assume = "--assume vace=USD says what a request to it counts for";
    for (args, error, hint) in [
        (
            // Two of the three images would be covered.
            &["run", "wan-image-small", "cups", "-i", "num_outputs=3", "--max-cost", "0.01"][..],
            too_expensive("$0.015", "$0.01"),
            "--max-cost 0.015 covers it",
        ),
        (
            &["run", "p-image-edit", "x", "-i", "images=@me.png", "--max-cost", "$0.005"],
            too_expensive("$0.01", "$0.005"),
            "--max-cost 0.01 covers it",
        ),
        (
            &["submit", "wan-t2v", "waves", "-i", "resolution=720p", "--max-cost", "0.05"],
            too_expensive("$0.10", "$0.05"),
            "--max-cost 0.10 covers it",
        ),
        (
            &["train", "photos", "-i", "default_caption=a dog", "-i", "steps=2000", "--max-cost", "3"],
            too_expensive("$3.60", "$3.00"),
            "--max-cost 3.60 covers it",
        ),
        (&["run", "vace", "waves", "--max-cost", "100"], unknown.clone(), assume),
        (&["run", "vace", "waves", "--max-cost", "100", "--assume", "p-new=1"], unknown, assume),
        (
            &["run", "vace", "waves", "--max-cost", "0.30", "--assume", "vace=0.40"],
            too_expensive("$0.40", "$0.30"),
            "--max-cost 0.40 covers it",
        ),
    ] {
        refused(&service.run(args), "", &error, hint);
    }
    assert_eq!(service.emulator.requests().len(), 0, "not even an upload");
}

fn a_request_within_the_budget_tells_what_it_costs() {
    let service = Service::start();
    for (args, cost) in [
        (&["run", "p-image", "x", "-o", "a.jpg"][..], ", about $0.005\n"),
        (&["run", "p-image", "x", "-o", "b.jpg", "--async", "--max-cost", "0.005"], ", about $0.005\n"),
        (&["run", "vace", "x", "-o", "c.mp4", "--max-cost", "1", "--assume", "vace=0.40"], ", about $0.40\n"),
    ] {
        let run = service.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (0, &*format!("{}\n", args[4])), "{run:?}");
        assert!(run.stderr.ends_with(cost), "{run:?}");
    }
    let unpriced = service.run(&["run", "vace", "x", "-o", "d.mp4"]);
    assert!(unpriced.code == 0 && !unpriced.stderr.contains('$'), "{unpriced:?}");
}

fn a_batch_ends_in_good_order_and_goes_on_with_a_larger_budget() {
    let service = Service::start();
    service.write("items.jsonl", lions(5));
    let run = |max: &str| service.run(&["batch", "items.jsonl", "-o", "out", "--concurrency", "1", "--max-cost", max]);
    let pictures = || {
        let names =
            std::fs::read_dir(service.path("out")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".jpg")).count()
    };
    let not_begun = "3 of 5 items were not begun, because $0.00 of --max-cost $0.01 is left: lion 3, lion 4, lion 5";
    let hint = "the same command with --max-cost 0.025 goes on with them; results.jsonl lists them";
    for (attempt, earlier) in [(1, ""), (2, " (2 of them earlier)")] {
        let ended = run("0.01");
        refused(&ended, GALLERY, not_begun, hint);
        assert!(ended.stderr.contains(&format!("✓ 2 of 5 succeeded{earlier}, 3 not begun, over budget; 2 files, ")));
        assert!(!ended.stderr.contains("warning"), "{ended:?}");
        assert_eq!((service.sends("createPrediction"), pictures()), (2, 2), "run {attempt}");
    }
    let records = std::fs::read_to_string(service.path("out/results.jsonl")).unwrap();
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> = records.iter().map(|r| (r["name"].as_str().unwrap(), r["status"].as_str().unwrap())).collect();
    let states = ["succeeded", "succeeded", "refused", "refused", "refused"];
    let names = ["lion 1", "lion 2", "lion 3", "lion 4", "lion 5"];
    assert_eq!(found, names.into_iter().zip(states).collect::<Vec<_>>());
    let cost: f64 = records.iter().filter_map(|record| record["cost_usd"].as_f64()).sum();
    assert!((cost - 0.01).abs() < 1e-9, "what was not begun costs nothing: {cost}");
    // A larger budget continues, and the same one then has nothing left to do.
    for _ in 0..2 {
        let ended = run("0.025");
        assert_eq!((ended.code, ended.stdout.as_str()), (0, GALLERY), "{ended:?}");
        assert_eq!((service.sends("createPrediction"), pictures()), (5, 5));
    }
}

fn items_over_budget_do_not_hide_other_failures() {
    use pruna_emulator::faults::{Fault, Operation};
    for (fault, code) in [(Fault::Fail { error: "no".into() }, 7), (Fault::ResetBeforeHead, 5)] {
        let service = Service::start();
        service.write("items.jsonl", lions(9));
        service.emulator.faults().add(fault.on(Operation::CreatePrediction).nth(1));
        let run = service.run(&["batch", "items.jsonl", "-o", "out", "--concurrency", "1", "--max-cost", "0.01"]);
        assert_eq!(run.code, code, "{run:?}");
        let named = "is left: lion 3, lion 4, lion 5, lion 6, lion 7 and 2 more\n";
        assert!(run.stderr.contains("error: 7 of 9 items were not begun") && run.stderr.contains(named), "{run:?}");
        assert!(run.stderr.contains("error: 1 of 9 items have no result"), "{run:?}");
    }
}

fn a_dry_run_says_whether_the_budget_covers_it() {
    let service = Service::start();
    service.write("items.jsonl", lions(5));
    let dry = |rest: &[&str]| service.run(&[&["batch", "items.jsonl", "--dry-run"], rest].concat());
    for (rest, said) in [
        (&["--max-cost", "20"][..], "--max-cost $20.00 covers that; $19.975 is left then\n"),
        (&["--max-cost", "0.025", "-o", "out"], "--max-cost $0.025 covers that; $0.00 is left then\n"),
        (&["--max-cost", "0.012", "-o", "out"], "--max-cost $0.012 covers 2 of 5 items; --max-cost 0.025 covers all\n"),
    ] {
        let run = dry(rest);
        assert!(run.code == 0 && run.stdout.ends_with(said), "{run:?}");
    }
    assert_eq!(service.emulator.requests().len(), 0);
    let begun = service.run(&["batch", "items.jsonl", "-o", "out", "--max-cost", "0.01"]);
    assert_eq!(begun.code, 7, "{begun:?}");
    for (max, said) in [
        ("0.025", "--max-cost $0.025 covers that; $0.00 is left then; earlier runs have spent $0.01\n"),
        (
            "0.015",
            "--max-cost $0.015 covers 1 of 3 items; --max-cost 0.025 covers all; earlier runs have spent $0.01\n",
        ),
    ] {
        let run = dry(&["-o", "out", "--max-cost", max]);
        assert!(run.code == 0 && run.stdout.ends_with(said), "{run:?}");
    }
    let json = dry(&["-o", "out", "--max-cost", "0.015", "--json"]).json();
    let expected = json!({
        "max_cost_usd": 0.015, "committed_usd": 0.01, "needed_usd": 0.025, "new_items": 3, "covered_items": 1
    });
    assert_eq!(json["budget"], expected);
    assert_eq!(service.sends("createPrediction"), 2);
}

fn an_item_without_a_price_is_found_before_the_batch_begins() {
    let service = Service::start();
    service.write("items.jsonl", lions(1) + "{\"model\": \"vace\", \"input\": {\"prompt\": \"waves\"}}\n");
    let batch = ["batch", "items.jsonl", "-o", "out", "--max-cost", "0.40"];
    let error = "the cost of a request to vace is unknown: vace has no list price; nothing was submitted";
    for rest in [&[][..], &["--dry-run"]] {
        refused(
            &service.run(&[&batch, rest].concat()),
            "",
            error,
            "--assume vace=USD says what a request to it counts for",
        );
    }
    assert_eq!(service.emulator.requests().len(), 0);
    let assumed = service.run(&[&batch[..], &["--assume", "vace=0.40"]].concat());
    let hint = "the same command with --max-cost 0.405 goes on with them; results.jsonl lists them";
    let error = "1 of 2 items were not begun, because $0.395 of --max-cost $0.40 is left: item 1";
    refused(&assumed, GALLERY, error, hint);
}
