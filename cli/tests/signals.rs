//! Signals that end the program: what it cleans up, what it says, and its exit code.
#![cfg(unix)]

use std::{
    io::Read as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};

use crate::{
    shell::signal,
    support::{Run, Service, bare, image_bytes},
};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_signal_ends_a_wait_with_the_id_and_its_exit_code,
        every_signal_removes_the_temporary_file_of_a_download,
        every_signal_removes_the_archive_of_a_training,
        a_signal_during_a_submission_says_that_the_id_is_unknown,
        a_signal_ends_a_program_whose_output_nobody_reads,
        the_emulator_ends_with_success_at_every_signal,
        #[cfg(target_os = "linux")]
        a_program_that_ignores_the_end_of_its_terminal_continues,
    ]
}

/// Each signal with its exit code and message.
const SIGNALS: [(&str, i32, &str); 3] =
    [("INT", 130, "interrupted"), ("TERM", 143, "terminated by SIGTERM"), ("HUP", 129, "the terminal was closed")];

/// Waits until something is true, at most for 30 s.
#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "it never happens");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end of a child; fails if that takes more than 30 s.
#[track_caller]
fn end(mut child: Child) -> Run {
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill().unwrap();
                panic!("the program does not end");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut stdout).unwrap());
    child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut stderr).unwrap());
    Run { code: status.code().unwrap_or(-1), stdout, stderr }
}

/// Asserts that a run ended by a signal, with an error and a hint.
#[track_caller]
fn ended(run: &Run, (_, code, message): (&str, i32, &str), hint: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{run:?}");
    assert!(run.stderr.contains(&format!("error: {message}\nhint: ")) && run.stderr.contains(hint), "{run:?}");
}

fn every_signal_ends_a_wait_with_the_id_and_its_exit_code() {
    for expected in SIGNALS {
        let service = Service::with(|builder| builder.speed(1000.0));
        let child = start(service.command(&["run", "p-image", "x", "--async"]));
        until(|| service.sends("getPredictionStatus") > 0);
        signal(&child, expected.0);
        let id = service.emulator.predictions()[0].id.clone();
        let hint = format!("job {id} is still running; `pruna wait {id}` continues waiting");
        ended(&end(child), expected, &hint);
        let child = start(service.command(&["wait", &id]));
        until(|| service.sends("getPredictionStatus") > 1);
        signal(&child, expected.0);
        ended(&end(child), expected, &hint);
    }
}

fn every_signal_removes_the_temporary_file_of_a_download() {
    for expected in SIGNALS {
        let service = Service::start();
        service.emulator.faults().add(Fault::StallInBody { after: 1000 }.on(Operation::DownloadContent));
        let child = start(service.command(&["run", "p-image", "x", "-o", "lion.jpg"]));
        until(|| {
            service.files().iter().any(|name| name.starts_with(".pruna-")) && service.sends("downloadContent") > 0
        });
        signal(&child, expected.0);
        let run = end(child);
        let url = run.stderr.split("`pruna download ").nth(1).unwrap_or_else(|| panic!("{run:?}"));
        let url = url.split(' ').next().unwrap().to_owned();
        ended(&run, expected, "the result is available for 24 hours");
        assert_eq!(service.files(), [""; 0]);
        let child = start(service.command(&["download", &url, "-o", "lion.jpg"]));
        until(|| service.sends("downloadContent") > 1);
        signal(&child, expected.0);
        ended(&end(child), expected, &format!("`pruna download {url}` starts again"));
        assert_eq!(service.files(), [""; 0]);
    }
}

fn every_signal_removes_the_archive_of_a_training() {
    for expected in SIGNALS {
        let service = Service::start();
        let temporary = tempfile::tempdir().unwrap();
        service.emulator.faults().add(Fault::StallBeforeHead.on(Operation::UploadFile));
        std::fs::create_dir(service.path("photos")).unwrap();
        for number in 0..10 {
            service.write(&format!("photos/{number}.png"), image_bytes());
        }
        let mut train = service.command(&["train", "photos", "-i", "default_caption=a dog"]);
        train.env("TMPDIR", temporary.path());
        let child = start(train);
        let names = || std::fs::read_dir(&temporary).unwrap().count();
        until(|| service.sends("uploadFile") > 0);
        assert_eq!(names(), 1);
        signal(&child, expected.0);
        ended(&end(child), expected, "nothing was submitted");
        assert_eq!(names(), 0);
        let child = start(service.command(&["upload", "photos/1.png"]));
        until(|| service.sends("uploadFile") > 1);
        signal(&child, expected.0);
        ended(&end(child), expected, "nothing was submitted");
    }
}

fn a_signal_during_a_submission_says_that_the_id_is_unknown() {
    for expected in SIGNALS {
        let service = Service::start();
        service.emulator.faults().add(Fault::StallBeforeHead.on(Operation::CreatePrediction));
        let child = start(service.command(&["submit", "p-image", "x"]));
        until(|| service.sends("createPrediction") > 0);
        signal(&child, expected.0);
        ended(&end(child), expected, "the job may have been submitted; its id is not known");
    }
}

fn a_signal_ends_a_program_whose_output_nobody_reads() {
    let service = Service::start();
    assert!(Command::new("mkfifo").arg(service.path("pipe")).status().unwrap().success());
    let child = start(service.command(&["run", "p-image", "x", "-o", "pipe"]));
    until(|| service.sends("createPrediction") > 0);
    signal(&child, "TERM");
    let run = end(child);
    assert_eq!(run.code, 143, "{run:?}");
    assert_eq!(service.files(), ["pipe"]);
}

fn the_emulator_ends_with_success_at_every_signal() {
    for (name, ..) in SIGNALS {
        let mut command = bare();
        command.args(["emulator", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // It listens to signals before it prints its address.
        assert_eq!(child.stdout.as_mut().unwrap().read(&mut [0]).unwrap(), 1);
        signal(&child, name);
        assert_eq!(end(child).code, 0, "{name}");
    }
}

#[cfg(target_os = "linux")]
fn a_program_that_ignores_the_end_of_its_terminal_continues() {
    let service = Service::with(|builder| builder.speed(1000.0));
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    let wait = service.command(&["wait", &id, "-o", "lion.jpg"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(wait.get_program()).args(wait.get_args());
    command.envs(wait.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&service.dir);
    let child = start(command);
    until(|| service.sends("getPredictionStatus") > 0);
    signal(&child, "HUP");
    service.emulator.advance(Duration::from_secs(2000));
    let run = end(child);
    assert_eq!((run.code, run.stdout.as_str()), (0, "lion.jpg\n"), "{run:?}");
}
