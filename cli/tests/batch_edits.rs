//! Batches whose file, journal, directory or service changes between two runs.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::{Run, Service, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        an_edited_file_pays_for_new_lines_only,
        a_second_file_on_a_directory_keeps_the_lines_of_the_first,
        a_changed_line_needs_another_name,
        the_plan_is_printed_without_any_change,
        a_lost_journal_is_said_before_anything_is_sent,
        a_journal_that_is_older_than_the_results_is_said_before_anything_is_sent,
        a_damaged_or_foreign_journal_is_said_before_anything_is_sent,
        results_of_the_emulator_never_pass_for_those_of_a_service,
        another_key_needs_a_word,
        what_the_batch_did_not_write_is_not_replaced,
        lines_that_others_add_to_the_results_are_kept,
        a_batch_file_uploads_only_files_below_its_directory,
        a_moved_directory_continues_from_anywhere,
    ]
}

/// Returns lines with prompts; `name=prompt` has a name, too.
fn lines(words: &str) -> String {
    let line = |word: &str| {
        let (name, prompt) = word.split_once('=').map_or((None, word), |(name, prompt)| (Some(name), prompt));
        let input = json!({"prompt": prompt, "aspect_ratio": "custom", "width": 256, "height": 256});
        format!("{}\n", json!({"model": "p-image", "input": input, "name": name}))
    };
    words.split_whitespace().map(line).collect()
}

/// Runs a batch of words in the directory `out`, with more arguments.
fn batch(service: &Service, words: &str, args: &[&str]) -> Run {
    service.write("items.jsonl", lines(words));
    service.run(&[&["batch", "items.jsonl", "-o", "out"], args].concat())
}

fn records(service: &Service) -> Vec<Value> {
    let text = std::fs::read_to_string(service.path("out/results.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn ended(run: &Run, code: i32, message: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(message), "{run:?}");
}

fn an_edited_file_pays_for_new_lines_only() {
    for (before, after, paid) in [
        ("lion tiger", "bear lion tiger", 1),
        ("a b c d e f g h i j", "x y a b c d e f g h i j", 2),
        ("lion tiger bear", "bear tiger lion", 0),
        ("lion lion", "lion lion lion", 1),
        ("a=lion tiger", "tiger b=lion", 0),
        ("lion tiger", "a=lion b=tiger c=lion", 1),
    ] {
        let service = Service::start();
        ended(&batch(&service, before, &[]), 0, "succeeded");
        let earlier = service.sends("createPrediction");
        let count = after.split_whitespace().count();
        ended(&batch(&service, after, &[]), 0, &format!("{count} of {count} succeeded"));
        assert_eq!(service.sends("createPrediction") - earlier, paid, "{before} -> {after}");
        let indices: std::collections::BTreeSet<u64> =
            records(&service).iter().map(|record| record["index"].as_u64().unwrap()).collect();
        assert_eq!(indices, (0..count as u64).collect(), "{before} -> {after}");
    }
}

fn a_second_file_on_a_directory_keeps_the_lines_of_the_first() {
    let service = Service::start();
    ended(&batch(&service, "lion tiger", &[]), 0, "2 of 2");
    let run = batch(&service, "bear tiger wolf", &[]);
    ended(&run, 0, "3 of 3 succeeded (1 of them earlier)");
    assert!(
        run.stderr.contains("2 to be submitted, 1 finished earlier, 1 earlier but no longer in the file"),
        "{run:?}"
    );
    let prompts: Vec<String> =
        records(&service).iter().map(|record| record["input"]["prompt"].as_str().unwrap().to_owned()).collect();
    assert_eq!({ prompts.len() }, 4, "{prompts:?}");
    assert!(prompts.contains(&"lion".to_owned()), "the line of an item that is gone stays");
}

fn a_changed_line_needs_another_name() {
    let service = Service::start();
    ended(&batch(&service, "a=lion b=tiger", &[]), 0, "2 of 2");
    let run = batch(&service, "c=bear a=wolf b=tiger", &[]);
    ended(
        &run,
        2,
        "items.jsonl, line 2: the request of \"a\" differs from the one that was submitted; give it another key or name",
    );
    assert!(run.stderr.contains("1 problems in items.jsonl; nothing was submitted"), "{run:?}");
    assert_eq!(service.sends("createPrediction"), 2);
}

fn the_plan_is_printed_without_any_change() {
    let service = Service::start();
    ended(&batch(&service, "lion tiger", &[]), 0, "2 of 2");
    let snapshot = || {
        let mut files: Vec<_> = std::fs::read_dir(service.path("out"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let (before, requests) = (snapshot(), service.emulator.requests().len());
    let run = batch(&service, "bear tiger", &["--dry-run"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("1 item, estimated cost $0.0050"), "{run:?}");
    assert!(
        run.stdout.contains("1 to be submitted, 1 finished earlier, 1 earlier but no longer in the file"),
        "{run:?}"
    );
    let json = batch(&service, "bear tiger", &["--dry-run", "--json"]).json();
    let progress = json!({"new": 1, "running": 0, "finished": 1, "failed": 0, "unknown": 0, "gone": 1});
    assert_eq!((&json["items"], &json["progress"]), (&json!(1), &progress));
    // A key is not needed, either.
    let mut command = service.command(&["batch", "items.jsonl", "-o", "out", "--dry-run"]);
    command.env_remove("PRUNA_API_KEY");
    assert_eq!(crate::support::finish(command, "").stdout, run.stdout);
    assert_eq!((snapshot() == before, service.emulator.requests().len()), (true, requests));
}

fn a_lost_journal_is_said_before_anything_is_sent() {
    let service = Service::start();
    ended(&batch(&service, "lion tiger", &[]), 0, "2 of 2");
    std::fs::remove_file(service.path("out/batch.journal")).unwrap();
    let run = batch(&service, "lion tiger bear", &[]);
    ended(&run, 2, "the journal out/batch.journal is missing, but results.jsonl shows 2 items");
    assert!(run.stderr.contains("--rebuild-journal takes the 2 finished items"), "{run:?}");
    assert_eq!(service.sends("createPrediction"), 2);
    // If nothing is left to be paid for, there is no question.
    ended(&batch(&service, "lion tiger", &[]), 0, "2 of 2 succeeded (2 of them earlier)");
    std::fs::remove_file(service.path("out/batch.journal")).unwrap();
    ended(&batch(&service, "lion tiger bear", &["--rebuild-journal"]), 0, "3 of 3 succeeded (2 of them earlier)");
    ended(&batch(&service, "lion tiger bear", &[]), 0, "3 of 3 succeeded (3 of them earlier)");
    assert_eq!(service.sends("createPrediction"), 3);
    assert_eq!(records(&service).len(), 3);
}

fn a_journal_that_is_older_than_the_results_is_said_before_anything_is_sent() {
    let service = Service::start();
    ended(&batch(&service, "lion", &[]), 0, "1 of 1");
    std::fs::copy(service.path("out/batch.journal"), service.path("backup")).unwrap();
    ended(&batch(&service, "lion tiger", &[]), 0, "2 of 2");
    std::fs::copy(service.path("backup"), service.path("out/batch.journal")).unwrap();
    ended(&batch(&service, "lion tiger bear", &[]), 2, "lacks 1 items of this batch that results.jsonl shows");
    ended(&batch(&service, "lion tiger bear", &["--rebuild-journal"]), 0, "3 of 3 succeeded (2 of them earlier)");
    assert_eq!(service.sends("createPrediction"), 3);
}

fn a_damaged_or_foreign_journal_is_said_before_anything_is_sent() {
    let service = Service::start();
    ended(&batch(&service, "lion tiger", &[]), 0, "2 of 2");
    let whole = std::fs::read(service.path("out/batch.journal")).unwrap();
    for content in [&whole[..whole.len() / 3], &[], b"a poem about lions"] {
        service.write("out/batch.journal", content);
        ended(&batch(&service, "lion tiger bear", &[]), 6, "move it away");
        assert_eq!(std::fs::read(service.path("out/batch.journal")).unwrap(), content);
    }
    assert_eq!(service.sends("createPrediction"), 2);
}

fn results_of_the_emulator_never_pass_for_those_of_a_service() {
    let service = Service::start();
    service.write("items.jsonl", lines("lion tiger"));
    let trial = || {
        let mut command = service.command(&["batch", "items.jsonl", "-o", "out"]);
        command.env("PRUNA_BASE_URL", "emulator").env_remove("PRUNA_API_KEY");
        crate::support::finish(command, "")
    };
    ended(&trial(), 0, "2 of 2 succeeded");
    ended(&trial(), 0, "2 of 2 succeeded (2 of them earlier)");
    ended(&batch(&service, "lion tiger", &[]), 2, "has results of another service (emulator, not http://127.0.0.1");
    std::fs::remove_file(service.path("out/results.jsonl")).unwrap();
    ended(&batch(&service, "lion tiger", &[]), 2, "belongs to another service (emulator, not http://127.0.0.1");
    assert_eq!(service.emulator.requests().len(), 0);
}

fn another_key_needs_a_word() {
    let service = Service::start();
    ended(&batch(&service, "lion", &[]), 0, "1 of 1");
    let with_other_key = |args: &[&str]| {
        let mut command = service.command(&[&["batch", "items.jsonl", "-o", "out"], args].concat());
        command.env("PRUNA_API_KEY", "pru_another");
        crate::support::finish(command, "")
    };
    let run = with_other_key(&[]);
    ended(&run, 2, "was written with another API key");
    assert!(run.stderr.contains("--rebind") && !run.stderr.contains("pru_another"), "{run:?}");
    ended(&with_other_key(&["--rebind"]), 0, "1 of 1 succeeded (1 of them earlier)");
    ended(&with_other_key(&[]), 0, "1 of 1 succeeded (1 of them earlier)");
}

fn what_the_batch_did_not_write_is_not_replaced() {
    for (name, content, message) in [
        ("results.jsonl", "my notes\n", "contains lines that are not results of a batch"),
        ("results.jsonl", "{\"index\": 1}\n", "contains lines that are not results of a batch"),
        ("index.html", "<p>mine</p>", "was not written by a batch, or was changed since"),
        ("a.jpg", "mine", "a file or another item has this name"),
        ("A.PNG", "mine", "a file or another item has this name"),
    ] {
        let service = Service::start();
        std::fs::create_dir(service.path("out")).unwrap();
        service.write(&format!("out/{name}"), content);
        let run = batch(&service, "a=lion", &[]);
        assert!(run.code == 2 || run.code == 6, "{run:?}");
        assert!(run.stderr.contains(message) && run.stderr.contains("--force"), "{run:?}");
        assert_eq!(std::fs::read_to_string(service.path(&format!("out/{name}"))).unwrap(), content);
        assert_eq!(service.emulator.requests().len(), 0);
        ended(&batch(&service, "a=lion", &["--force"]), 0, "1 of 1 succeeded");
    }
    // What was changed since is not the batch's any more.
    let service = Service::start();
    ended(&batch(&service, "a=lion", &[]), 0, "1 of 1");
    service.write("out/a.jpg", "retouched");
    ended(&batch(&service, "a=lion", &[]), 0, "1 of 1 succeeded (1 of them earlier)");
    assert_eq!(std::fs::read_to_string(service.path("out/a.jpg")).unwrap(), "retouched");
    let page = std::fs::read_to_string(service.path("out/index.html")).unwrap();
    service.write("out/index.html", page.replace("gallery", "my lions"));
    ended(&batch(&service, "a=lion", &[]), 6, "index.html was not written by a batch, or was changed since");
}

fn lines_that_others_add_to_the_results_are_kept() {
    let service = Service::start();
    ended(&batch(&service, "a=lion b=tiger", &[]), 0, "2 of 2");
    let text = std::fs::read_to_string(service.path("out/results.jsonl")).unwrap();
    service.write("out/results.jsonl", text.replace("\"name\":\"a\"", "\"name\":\"a\",\"stars\":5"));
    ended(&batch(&service, "c=bear b=tiger a=lion", &[]), 0, "3 of 3");
    assert_eq!(records(&service).iter().filter(|record| record["stars"] == 5).count(), 1);
}

fn a_batch_file_uploads_only_files_below_its_directory() {
    let service = Service::start();
    let edit = |path: &str| json!({"model": "p-image-edit", "input": {"prompt": "as a watercolor", "images": [path]}});
    for dir in ["in/pictures", "out", "elsewhere"] {
        std::fs::create_dir_all(service.path(dir)).unwrap();
    }
    for path in ["in/me.png", "in/pictures/me.png", "elsewhere/me.png"] {
        service.write(path, image_bytes());
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(service.path("elsewhere/me.png"), service.path("in/link.png")).unwrap();
    for (path, is_allowed) in [
        ("@in/me.png", true),
        ("@in/pictures/me.png", true),
        ("@in/../in/me.png", true),
        ("@elsewhere/me.png", false),
        ("@in/../elsewhere/me.png", false),
        #[cfg(unix)]
        ("@in/link.png", false),
    ] {
        service.write("in/items.jsonl", edit(path).to_string());
        let run = service.run(&["batch", "in/items.jsonl", "-o", "out", "--dry-run"]);
        assert_eq!(run.code, if is_allowed { 0 } else { 2 }, "{path}: {run:?}");
        assert_eq!(run.stderr.contains("--allow-files"), !is_allowed, "{path}: {run:?}");
        let run = service.run(&["batch", "in/items.jsonl", "-o", "out", "--dry-run", "--allow-files"]);
        assert_eq!(run.code, 0, "{path}: {run:?}");
    }
    for path in ["@in", "@/dev/zero", "@/proc/self/environ"] {
        service.write("in/items.jsonl", edit(path).to_string());
        let run = service.run(&["batch", "in/items.jsonl", "-o", "out", "--dry-run", "--allow-files"]);
        // A pseudo file is a file for the system; that it is none of its length is noticed when it is read.
        assert!(run.code == 2 || path.starts_with("@/proc"), "{path}: {run:?}");
    }
    // A text that is named as a picture is found before it is paid for.
    service.write("in/notes.jpg", "my notes about lions");
    service.write("in/items.jsonl", edit("@in/notes.jpg").to_string());
    ended(&service.run(&["batch", "in/items.jsonl", "-o", "out"]), 6, "notes.jpg");
    assert_eq!(service.emulator.requests().len(), 0);
}

fn a_moved_directory_continues_from_anywhere() {
    let service = Service::start();
    std::fs::create_dir(service.path("here")).unwrap();
    service.write("here/items.jsonl", lines("a=lion tiger"));
    ended(&service.run(&["batch", "here/items.jsonl", "-o", "here/out"]), 0, "2 of 2");
    service.emulator.advance(std::time::Duration::from_secs(48 * 3600));
    std::fs::rename(service.path("here"), service.path("there")).unwrap();
    let mut command = service.command(&["batch", "items.jsonl", "-o", "out"]);
    command.current_dir(service.path("there"));
    ended(&crate::support::finish(command, ""), 0, "2 of 2 succeeded (2 of them earlier)");
    assert_eq!(service.sends("createPrediction"), 2);
}
