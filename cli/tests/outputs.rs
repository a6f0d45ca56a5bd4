//! Outputs that take nothing: full disks, readers that have gone away, closed descriptors.
#![cfg(unix)]

use std::{
    fs::File,
    process::{Command, Stdio},
};

use libtest_mimic::Trial;

use crate::support::{Run, Service, bare, image_bytes};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        what_was_paid_for_goes_to_stderr_if_stdout_takes_nothing,
        what_costs_nothing_ends_with_an_error_on_a_full_disk,
        #[cfg(target_os = "linux")]
        what_was_paid_for_goes_to_stderr_if_stdout_is_closed,
        a_stderr_that_takes_nothing_changes_no_exit_code,
        the_emulator_prints_its_address_at_once_or_fails,
    ]
}

/// What an output of a program is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// A disk without space.
    Full,
    /// A pipe whose reader has gone away.
    Unread,
    Captured,
}

impl Output {
    fn stdio(self) -> Stdio {
        match self {
            Self::Full => File::options().write(true).open("/dev/full").unwrap().into(),
            Self::Unread => std::io::pipe().unwrap().1.into(),
            Self::Captured => Stdio::piped(),
        }
    }
}

fn run(mut command: Command, stdout: Output, stderr: Output) -> Run {
    let output = command.stdin(Stdio::null()).stdout(stdout.stdio()).stderr(stderr.stdio()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Every command whose output was paid for, each with a part of what must be on stderr.
fn paid(service: &Service) -> Vec<(Vec<String>, String)> {
    service.write("me.png", image_bytes());
    if !service.path("photos").exists() {
        std::fs::create_dir(service.path("photos")).unwrap();
        for number in 0..10 {
            service.write(&format!("photos/{number}.png"), image_bytes());
        }
    }
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    let status = service.run(&["status", &id, "--json"]).json();
    let url = status["urls"][0].as_str().unwrap().to_owned();
    let saved = "the result is saved as a.jpg";
    let rows: Vec<(Vec<&str>, &str)> = vec![
        (vec!["run", "p-image", "x", "-f", "-o", "a.jpg"], saved),
        (vec!["run", "p-image", "x", "-f", "-o", "a.jpg", "--json"], saved),
        (vec!["run", "p-image", "x"], "the result is saved as "),
        (vec!["run", "p-image", "x", "-o", "-"], "`pruna download http"),
        (vec!["wait", &id, "-f", "-o", "a.jpg"], saved),
        (vec!["wait", &id, "-f", "-o", "-"], "`pruna download http"),
        (vec!["submit", "p-image", "x"], "; `pruna wait "),
        (vec!["submit", "p-image", "x", "--json"], "; `pruna wait "),
        (vec!["upload", "me.png"], "me.png is uploaded: http"),
        (vec!["upload", "me.png", "--json"], "me.png is uploaded: http"),
        (vec!["download", &url, "-f", "-o", "a.jpg"], "the file is saved as a.jpg"),
        (vec!["train", "photos", "-i", "default_caption=a dog", "-f", "-o", "a.zip"], "the result is saved as a.zip"),
    ];
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    rows.into_iter().map(|(args, text)| (owned(args), text.to_owned())).collect()
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn what_was_paid_for_goes_to_stderr_if_stdout_takes_nothing() {
    let service = Service::start();
    for (args, expected) in paid(&service) {
        for stdout in [Output::Full, Output::Unread] {
            let run = run(service.command(&words(&args)), stdout, Output::Captured);
            assert_eq!(run.code, 6, "{args:?} {stdout:?}: {run:?}");
            assert!(run.stderr.contains("error: stdout: ") && run.stderr.contains(&expected), "{args:?}: {run:?}");
            assert!(!run.stderr.contains("panicked"), "{args:?}: {run:?}");
        }
    }
}

fn what_costs_nothing_ends_with_an_error_on_a_full_disk() {
    let service = Service::start();
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    for args in [
        &["models"][..],
        &["models", "--json"],
        &["models", "show", "p-image"],
        &["completions", "bash"],
        &["status", &id],
        &["status", &id, "--json"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let run = run(service.command(args), Output::Full, Output::Captured);
        assert_eq!(run.code, 6, "{args:?}: {run:?}");
        assert!(run.stderr.starts_with("error: stdout: ") && run.stderr.lines().count() == 1, "{args:?}: {run:?}");
    }
    assert_eq!(run(service.command(&["man", "pages"]), Output::Full, Output::Captured).code, 0);
}

/// Returns a command that runs in a shell with some redirection.
fn redirected(service: &Service, redirection: &str, args: &[String]) -> Command {
    let program = service.command(&words(args));
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$@\" {redirection}"), "sh"]).arg(program.get_program()).args(program.get_args());
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&service.dir);
    shell
}

/// The standard library opens `/dev/null` in place of a closed descriptor before the program starts, so that writing succeeds.
#[cfg(target_os = "linux")]
fn what_was_paid_for_goes_to_stderr_if_stdout_is_closed() {
    let service = Service::start();
    for (args, expected) in paid(&service) {
        let run = run(redirected(&service, ">&-", &args), Output::Captured, Output::Captured);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        assert!(run.stderr.contains(&expected), "{args:?}: {run:?}");
    }
    let discarded = run(
        redirected(&service, ">/dev/null", &["submit".into(), "p-image".into(), "x".into()]),
        Output::Captured,
        Output::Captured,
    );
    assert_eq!(discarded.stderr, "", "the shell was told to discard it");
}

fn a_stderr_that_takes_nothing_changes_no_exit_code() {
    let service = Service::start();
    for (args, code) in [
        (&["run", "p-image", "x", "-o", "-"][..], 0),
        (&["-v", "run", "p-image", "x", "-o", "-"], 0),
        (&["-vv", "submit", "p-image", "x"], 0),
        (&["run", "p-image", "x", "-i", "ratio=1:1"], 2),
        (&["run", "--nonsense"], 2),
        (&["status", "nosuchjob"], 2),
        (&["upload", "missing.jpg"], 6),
        (&["man", "pages"], 0),
        (&["--help"], 0),
    ] {
        for stderr in [Output::Full, Output::Unread] {
            let run = run(service.command(args), Output::Captured, stderr);
            assert_eq!(run.code, code, "{args:?} {stderr:?}: {run:?}");
        }
        let owned: Vec<String> = args.iter().map(|word| (*word).to_owned()).collect();
        let closed = run(redirected(&service, "2>&-", &owned), Output::Captured, Output::Captured);
        assert_eq!(closed.code, code, "{args:?}: {closed:?}");
        let both = run(service.command(args), Output::Full, Output::Full);
        assert!([6, code].contains(&both.code), "{args:?}: {both:?}");
    }
}

fn the_emulator_prints_its_address_at_once_or_fails() {
    for stdout in [Output::Full, Output::Unread] {
        let mut command = bare();
        command.args(["emulator", "--port", "0"]);
        let run = run(command, stdout, Output::Captured);
        assert_eq!(run.code, 6, "{stdout:?}: {run:?}");
        assert!(run.stderr.starts_with("error: stdout: "), "{run:?}");
    }
}
