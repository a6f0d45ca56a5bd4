//! `pruna spend`: sums of the ledger as text, JSON and CSV.

use std::time::{Duration, SystemTime};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::{Run, bare, finish};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_ledger_is_summed_by_each_grouping,
        csv_is_quoted_and_json_is_complete,
        only_the_last_time_is_counted,
        a_missing_ledger_is_said_to_be_missing,
        damaged_lines_are_skipped_with_one_warning,
    ]
}

const HOSTILE: &str = "a \"zoo\",\n\u{1b}[2J=1+1";

/// A directory with a ledger.
struct Ledger(tempfile::TempDir);

impl Ledger {
    fn of(lines: &[Value]) -> Self {
        let ledger = Self(tempfile::tempdir().unwrap());
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(ledger.0.path().join("ledger.jsonl"), lines).unwrap();
        ledger
    }

    /// Six submissions on two days: three were accepted, one has an unknown outcome, one no price, one was rejected.
    fn sample() -> Self {
        let line = |id: &str,
                    at: &str,
                    model: &str,
                    usd: Option<f64>,
                    state: &str,
                    label: Option<&str>,
                    folder: &str| {
            let service = "https://api.pruna.ai";
            json!({"id": id, "at": at, "service": service, "model": model, "usd": usd, "state": state, "label": label, "folder": folder})
        };
        Self::of(&[
            line("1", "2026-01-30T23:59:59Z", "p-image", Some(0.005), "reserved", Some("zoo"), "/lions"),
            json!({"id": "1", "state": "spent", "job": "j1"}),
            line("2", "2026-01-31T00:00:00Z", "p-image", Some(0.005), "spent", Some("zoo"), "/lions"),
            line("3", "2026-01-31T10:00:00Z", "p-image-trainer", Some(1.8), "spent", None, "/dogs"),
            line("4", "2026-01-31T11:00:00Z", "p-image", Some(0.005), "unknown", Some(HOSTILE), "/lions"),
            line("5", "2026-01-31T12:00:00Z", "vace", None, "spent", None, "/lions"),
            line("6", "2026-01-31T12:00:00Z", "p-image", Some(0.005), "released", None, "/lions"),
        ])
    }

    fn spend(&self, args: &[&str]) -> Run {
        let mut command = bare();
        command.arg("spend").args(args).current_dir(&self.0).env("PRUNA_LEDGER", "ledger.jsonl");
        finish(command, "")
    }
}

/// Returns the words of each line.
fn words(run: &Run) -> Vec<String> {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn the_ledger_is_summed_by_each_grouping() {
    let ledger = Ledger::sample();
    let total = "total by list prices: $1.81 spent by 5 submissions, 1 of them without one; possibly $0.005 more";
    for (by, first, rows) in [
        (
            &[][..],
            "model",
            &["p-image-trainer 1 $1.80 $0.000 -", "p-image 3 $0.01 $0.005 -", "vace 1 $0.00 $0.000 1"][..],
        ),
        (&["--by", "day"], "day (UTC)", &["2026-01-30 1 $0.005 $0.000 -", "2026-01-31 4 $1.805 $0.005 1"]),
        (
            &["--by", "label"],
            "label",
            &["(no label) 2 $1.80 $0.000 1", "zoo 2 $0.01 $0.000 -", "a \"zoo\",\\n\\u{1b}[2J=1+1 1 $0.00 $0.005 -"],
        ),
        (&["--by", "folder"], "folder", &["/dogs 1 $1.80 $0.000 -", "/lions 4 $0.01 $0.005 1"]),
    ] {
        let header = format!("{first} submissions spent possibly spent no price");
        let expected: Vec<&str> = [header.as_str()].into_iter().chain(rows.iter().copied()).chain([total]).collect();
        assert_eq!(words(&ledger.spend(by)), expected);
    }
}

fn csv_is_quoted_and_json_is_complete() {
    let ledger = Ledger::sample();
    let csv = ledger.spend(&["--by", "label", "--csv"]).stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap(), &["label", "submissions", "spent_usd", "possibly_spent_usd", "unpriced"][..]);
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let expected =
        [["", "2", "1.80", "0.00", "1"], ["zoo", "2", "0.01", "0.00", "0"], [HOSTILE, "1", "0.00", "0.005", "0"]];
    assert_eq!(rows, expected);
    let json = ledger.spend(&["--by", "label", "--json"]).json();
    let group = |key: Value, submissions: u64, spent: f64, possibly: f64, unpriced: u64| json!({"key": key, "submissions": submissions, "spent_usd": spent, "possibly_spent_usd": possibly, "unpriced": unpriced});
    let groups = [
        group(Value::Null, 2, 1.8, 0.0, 1),
        group("zoo".into(), 2, 0.01, 0.0, 0),
        group(HOSTILE.into(), 1, 0.0, 0.005, 0),
    ];
    let total = json!({"submissions": 5, "spent_usd": 1.81, "possibly_spent_usd": 0.005, "unpriced": 1});
    assert_eq!(json, json!({"by": "label", "groups": groups, "total": total}));
}

fn only_the_last_time_is_counted() {
    let at = |hours: u64| {
        let time = SystemTime::now() - Duration::from_secs(hours * 3600);
        humantime::format_rfc3339_seconds(time).to_string()
    };
    let line =
        |id: u64| json!({"id": id.to_string(), "at": at(id), "model": "p-image", "usd": 0.005, "state": "spent"});
    let ledger = Ledger::of(&[line(1), line(30), line(200)]);
    for (since, count) in [(&[][..], 3), (&["--since", "7d"], 2), (&["--since", "24h"], 1), (&["--since", "9999y"], 3)]
    {
        assert_eq!(ledger.spend(&[since, &["--json"]].concat()).json()["total"]["submissions"], count, "{since:?}");
    }
    let none = ledger.spend(&["--since", "1m"]);
    assert_eq!(
        (none.code, none.stdout.as_str(), none.stderr.as_str()),
        (0, "", "no such submission in ledger ledger.jsonl\n")
    );
}

fn a_missing_ledger_is_said_to_be_missing() {
    let ledger = Ledger::of(&[]);
    let missing = ledger.spend(&["--ledger", "other.jsonl"]);
    let said = "nothing was noted yet: there is no ledger other.jsonl\n";
    assert_eq!((missing.code, missing.stdout.as_str(), missing.stderr.as_str()), (0, "", said));
    let json = ledger.spend(&["--ledger", "other.jsonl", "--json"]).json();
    assert_eq!((&json["groups"], &json["total"]["spent_usd"]), (&json!([]), &json!(0.0)));
    let folder = ledger.spend(&["--ledger", "."]);
    assert_eq!(folder.code, 6, "{folder:?}");
}

fn damaged_lines_are_skipped_with_one_warning() {
    let ledger = Ledger::sample();
    let path = ledger.0.path().join("ledger.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{{\"id\": \"0\", \"at\n{text}[1]\n\u{1b}\n")).unwrap();
    let run = ledger.spend(&["--json"]);
    assert_eq!((run.code, &run.json()["total"]["submissions"]), (0, &json!(5)), "{run:?}");
    assert!(run.stderr.starts_with("warning: lines of the ledger were skipped, because they are damaged"), "{run:?}");
    assert!(run.stderr.lines().count() == 1 && run.stderr.contains("lines: 3"), "{run:?}");
    assert_eq!(ledger.spend(&["--json", "-q"]).stderr, "");
}
