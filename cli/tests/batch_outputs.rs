//! Batches whose outputs fail: closed pipes, full and read-only disks. What was paid for is kept, and nothing more is bought.

use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use serde_json::json;

use crate::{
    harness::requiring,
    support::{Run, Service},
};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        #[cfg(unix)]
        a_reader_that_leaves_stops_the_batch_and_loses_nothing,
        #[cfg(unix)]
        a_reader_that_leaves_at_the_end_is_no_error,
        #[cfg(unix)]
        a_full_stdout_stops_the_batch_and_loses_nothing,
        a_directory_that_cannot_be_written_is_found_before_anything_is_sent,
    ];
    let with_disks = trials![
        #[cfg(target_os = "linux")]
        a_full_disk_stops_the_batch_and_loses_nothing,
        #[cfg(target_os = "linux")]
        a_read_only_directory_is_found_before_anything_is_sent,
    ];
    trials.extend(requiring("mount in a namespace", can_mount(), with_disks));
    trials
}

const COUNT: usize = 60;

fn write_items(service: &Service) {
    let item = |n: usize| {
        let input = json!({"prompt": format!("lion {n}"), "aspect_ratio": "custom", "width": 256, "height": 256});
        format!("{}\n", json!({"model": "p-image", "input": input}))
    };
    service.write("items.jsonl", (0..COUNT).map(item).collect::<String>());
}

const BATCH: [&str; 7] = ["batch", "items.jsonl", "-o", "out", "--json", "--concurrency", "4"];

fn jpegs(service: &Service) -> usize {
    let entries = std::fs::read_dir(service.path("out")).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".jpg")).count()
}

/// Checks that everything that was paid for is there, and that the same command completes the batch.
#[track_caller]
fn nothing_is_lost(service: &Service, run: &Run) {
    let paid = service.sends("createPrediction");
    assert_eq!(run.code, 6, "{run:?}");
    assert!(
        run.stderr.contains("items were processed") && run.stderr.contains("the same command continues"),
        "{run:?}"
    );
    assert!(paid < COUNT, "nothing more is bought: {paid}");
    assert_eq!(jpegs(service), paid);
    let again = service.run(&BATCH);
    assert_eq!((again.code, again.stdout.lines().count()), (0, COUNT), "{again:?}");
    assert_eq!((service.sends("createPrediction"), jpegs(service)), (COUNT, COUNT));
    assert_eq!(std::fs::read_to_string(service.path("out/results.jsonl")).unwrap().lines().count(), COUNT);
}

#[cfg(unix)]
fn a_reader_that_leaves_stops_the_batch_and_loses_nothing() {
    use std::io::BufRead as _;
    for lines in [0, 1, 10] {
        let service = Service::start();
        write_items(&service);
        let mut child = service.command(&BATCH).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut reader = std::io::BufReader::with_capacity(16, child.stdout.take().unwrap());
        for _ in 0..lines {
            reader.read_line(&mut String::new()).unwrap();
        }
        drop(reader);
        nothing_is_lost(&service, &ended(child.wait_with_output().unwrap()));
    }
}

#[cfg(unix)]
fn a_reader_that_leaves_at_the_end_is_no_error() {
    let service = Service::start();
    service.write("items.jsonl", "{\"model\": \"p-image\", \"input\": {\"prompt\": \"a lion\"}}\n");
    let mut child = service.command(&BATCH).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let run = ended(child.wait_with_output().unwrap());
    assert_eq!((run.code, jpegs(&service)), (0, 1), "{run:?}");
}

#[cfg(unix)]
fn a_full_stdout_stops_the_batch_and_loses_nothing() {
    let service = Service::start();
    write_items(&service);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = service.command(&BATCH).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    nothing_is_lost(&service, &ended(child.wait_with_output().unwrap()));
}

fn a_directory_that_cannot_be_written_is_found_before_anything_is_sent() {
    let service = Service::start();
    write_items(&service);
    service.write("file", "x");
    let long = "x".repeat(300);
    for dir in ["file", "file/below", long.as_str()] {
        let run = service.run(&["batch", "items.jsonl", "-o", dir]);
        assert!(run.code == 6 && run.stderr.contains(dir), "{run:?}");
    }
    for path in ["out/results.jsonl", "out/index.html"] {
        let _ = std::fs::remove_dir_all(service.path("out"));
        std::fs::create_dir_all(service.path(path)).unwrap();
        let run = service.run(&["batch", "items.jsonl", "-o", "out"]);
        assert!(run.code == 6 && run.stderr.contains(path), "{run:?}");
    }
    assert_eq!(service.emulator.requests().len(), 0);
}

/// Runs a script in a mount namespace of its own, with the directory `out` as a file system of that size.
fn on_disk(service: &Service, options: &str, script: &str) -> std::process::Output {
    std::fs::create_dir_all(service.path("out")).unwrap();
    let prepare = format!("mount -t tmpfs -o {options} none out");
    let inner = service.command(&[]);
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &format!("{prepare} && {{ {script}; }}")]).current_dir(&service.dir);
    command.env("PRUNA", inner.get_program());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().unwrap()
}

/// Whether this user may mount a file system.
fn can_mount() -> bool {
    let tried = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    tried.is_ok_and(|output| output.status.success())
}

#[cfg(target_os = "linux")]
fn a_full_disk_stops_the_batch_and_loses_nothing() {
    // The journal needs about a megabyte; the rest is full after some pictures.
    for size in ["200k", "400k", "600k", "800k"] {
        let service = Service::start();
        write_items(&service);
        let batch = "\"$PRUNA\" batch items.jsonl -o out --concurrency 4";
        let script = format!(
            "{batch}; echo \"first: $?\"; mount -o remount,size=64m out; {batch}; code=$?; \
             test $code != 5 || {{ {batch} --resubmit-unknown; code=$?; }}; echo \"then: $code\"; \
             ls out | grep -c jpg; wc -l < out/results.jsonl"
        );
        let output = on_disk(&service, &format!("size={size}"), &script);
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(stdout.contains("first: 6"), "{size}: {stdout}{stderr}");
        assert!(stderr.contains("No space left on device"), "{size}: {stderr}");
        assert!(stderr.contains("the same command"), "{size}: {stderr}");
        assert!(stdout.contains("then: 0"), "{size}: {stdout}{stderr}");
        assert!(stdout.contains(&format!("\n{COUNT}\n{COUNT}")), "{size}: {stdout}");
        // The journal may have had no room for what became of a submission. The next run says so, and repeats none by itself.
        let unknown = stderr.matches("resubmit_unknown submits such items again").count();
        let sends = service.sends("createPrediction");
        assert!((COUNT..=COUNT + unknown).contains(&sends), "{size}: {sends} sends, {unknown} unknown: {stderr}");
    }
}

#[cfg(target_os = "linux")]
fn a_read_only_directory_is_found_before_anything_is_sent() {
    let service = Service::start();
    write_items(&service);
    let output = on_disk(&service, "ro", "\"$PRUNA\" batch items.jsonl -o out; echo \"code: $?\"");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("code: 6") && stderr.contains("Read-only file system"), "{stdout}{stderr}");
    assert_eq!(service.emulator.requests().len(), 0);
}

fn ended(output: std::process::Output) -> Run {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}
