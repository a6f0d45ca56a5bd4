//! The program in a shell: pipes, signals, colors, the emulator.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Stdio},
};

use libtest_mimic::Trial;
use pruna_emulator::faults::{Fault, Operation};

use crate::support::{Service, bare, finish};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_closed_pipe_ends_the_program_quietly,
        #[cfg(unix)]
        the_id_of_a_job_survives_a_stdout_that_takes_nothing,
        #[cfg(unix)]
        an_argument_that_is_not_unicode_is_a_usage_error_that_does_not_repeat_it,
        escape_sequences_from_outside_are_escaped,
        #[cfg(unix)]
        ctrl_c_prints_the_id_and_how_to_continue,
        #[cfg(unix)]
        the_emulator_runs_until_ctrl_c,
        colors_are_used_in_terminals_and_on_request,
        verbose_output_contains_neither_key_nor_prompt,
    ]
}

/// Sends a signal to a child process.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    assert!(
        name != "HUP" || !ignores_hangups(),
        "these tests do not run under nohup, which makes programs ignore SIGHUP"
    );
    let status = std::process::Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

/// Whether SIGHUP is ignored, here and thus in child processes.
#[cfg(unix)]
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|signals| signals & 1 == 1)
}

/// Reads lines until one is wanted, and returns it.
#[cfg(unix)]
fn read_line(reader: &mut impl std::io::BufRead, wanted: impl Fn(&str) -> bool) -> String {
    reader.lines().map(Result::unwrap).find(|line| wanted(line)).expect("the line is printed")
}

fn a_closed_pipe_ends_the_program_quietly() {
    let service = Service::start();
    let id = service.run(&["submit", "p-image", "x"]).stdout.trim().to_owned();
    for args in [
        &["models"][..],
        &["models", "--json"],
        &["models", "show", "p-image"],
        &["completions", "bash"],
        &["status", &id],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = service.command(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{args:?}: {stderr}");
    }
}

#[cfg(unix)]
fn the_id_of_a_job_survives_a_stdout_that_takes_nothing() {
    let service = Service::start();
    for args in [&["submit", "p-image", "x"][..], &["submit", "p-image", "x", "--json"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        for stdout in [Stdio::from(full), Stdio::from(closed)] {
            let output = service.command(args).stdout(stdout).stderr(Stdio::piped()).output().unwrap();
            let (stderr, id) =
                (String::from_utf8(output.stderr).unwrap(), &service.emulator.predictions().pop().unwrap().id);
            assert!(stderr.contains(&format!("`pruna wait {id}`")), "{args:?}: {stderr}");
        }
    }
}

#[cfg(unix)]
fn an_argument_that_is_not_unicode_is_a_usage_error_that_does_not_repeat_it() {
    use std::os::unix::ffi::OsStrExt as _;
    let service = Service::start();
    for args in [&["--api-key"][..], &["run", "p-image"], &["status"]] {
        let mut command = service.command(args);
        command.arg(std::ffi::OsStr::from_bytes(b"pru_canary\xff"));
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("canary"), "{args:?}: {stderr}");
    }
}

fn escape_sequences_from_outside_are_escaped() {
    let service = Service::start();
    let status = "\u{1b}[2J\u{9b}31mowned\u{202e}";
    service.emulator.faults().add(Fault::Fail { error: status.into() }.on(Operation::GetPredictionStatus));
    let failed = service.run(&["run", "p-image", "x", "--async"]);
    let model = service.run(&["run", "p-\u{1b}[31mimage", "x"]);
    for run in [failed, model] {
        assert_ne!(run.code, 0, "{run:?}");
        let controls: Vec<char> =
            run.stderr.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
        assert!(controls.is_empty(), "{controls:?} in {run:?}");
    }
}

#[cfg(unix)]
fn ctrl_c_prints_the_id_and_how_to_continue() {
    let service = Service::with(|builder| builder.speed(1000.0));
    let mut child = service.command(&["run", "p-image", "x", "--async"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let waiting = read_line(&mut stderr, |line| line.starts_with("waiting for p-image"));
    signal(&child, "INT");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let id = service.emulator.predictions()[0].id.clone();
    assert!(waiting.ends_with(&id), "{waiting}");
    assert_eq!(
        rest,
        format!("error: interrupted\nhint: job {id} is still running; `pruna wait {id}` continues waiting\n")
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    service.emulator.advance(std::time::Duration::from_secs(2000));
    assert_eq!(service.run(&["wait", &id, "-o", "lion.jpg"]).stdout, "lion.jpg\n");
}

#[cfg(unix)]
fn the_emulator_runs_until_ctrl_c() {
    let mut command = bare();
    command.args(["emulator", "--port", "0", "--speed", "0", "--limits", "off", "--api-key", "pru_mine"]);
    command.env("PRUNA_API_KEY", "pru_real");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let url = read_line(&mut stdout, |line| line.starts_with("export PRUNA_BASE_URL="));
    assert_eq!(read_line(&mut stdout, |_| true), "export PRUNA_API_KEY=pru_mine");
    let dir = tempfile::tempdir().unwrap();
    let mut run = bare();
    run.args(["--base-url", url.split_once('=').unwrap().1, "--api-key", "pru_mine", "run", "p-image", "x"]);
    run.current_dir(&dir);
    let run = finish(run, "");
    assert_eq!(run.code, 0, "{run:?}");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn colors_are_used_in_terminals_and_on_request() {
    for (args, variables, expected) in [
        (&[][..], &[][..], false),
        (&["--color", "always"], &[], true),
        (&["--color=always"], &["NO_COLOR"], true),
        (&[], &["CLICOLOR_FORCE"], true),
        (&["--color", "never"], &["CLICOLOR_FORCE"], false),
        (&[], &["CLICOLOR_FORCE", "NO_COLOR"], false),
    ] {
        for command in [&["run", "p-image", "without a key"][..], &["run", "--help"], &["run"]] {
            let mut program = bare();
            program.args(command).args(args).envs(variables.iter().map(|name| (name, "1")));
            let run = finish(program, "");
            let colored = (run.stdout.clone() + &run.stderr).contains('\u{1b}');
            assert_eq!(colored, expected, "{command:?} {args:?} {variables:?}: {run:?}");
        }
    }
}

fn verbose_output_contains_neither_key_nor_prompt() {
    let service = Service::start();
    let run = service.run(&["-v", "run", "p-image", "a private prompt", "-o", "lion.jpg"]);
    assert!(run.stderr.contains("DEBUG"), "{run:?}");
    assert!(!run.stderr.contains(service.emulator.api_key()) && !run.stderr.contains("a private prompt"), "{run:?}");
    assert_eq!(run.stdout, "lion.jpg\n");
}
