//! Output in a terminal. `script` of util-linux runs the program in one and prints what it writes.

use std::{
    io::Read as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::Trial;

use crate::{
    harness::requiring,
    support::{PRUNA, Service, in_test_home},
};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    let trials = trials![
        a_wait_shows_a_bar_colored_unless_disabled,
        transfers_show_a_bar_in_bytes,
        a_batch_shows_its_cost_and_spending_has_bars,
        a_preview_uses_the_graphics_protocol_of_the_terminal,
        a_preview_does_not_wait_for_a_terminal_that_never_answers,
        #[cfg(target_os = "linux")]
        thousands_of_uploads_use_a_bounded_number_of_threads_and_bars,
    ];
    let has_script = Command::new("script").arg("--version").output().is_ok_and(|o| o.status.success());
    requiring("script", has_script, trials)
}

/// Returns what the program writes to a terminal with these environment variables.
fn terminal_output(service: &Service, args: &str, variables: &[(&str, &str)]) -> String {
    let mut script = in_terminal(service, args, variables);
    script.stdin(Stdio::null());
    crate::support::finish(script, "").stdout
}

/// Returns a command that runs the program in a terminal.
fn in_terminal(service: &Service, args: &str, variables: &[(&str, &str)]) -> Command {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("exec {PRUNA} {args}"), "/dev/null"]).current_dir(&service.dir);
    for name in ["NO_COLOR", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION"] {
        script.env_remove(name);
    }
    in_test_home(&mut script);
    script.env("PRUNA_BASE_URL", service.emulator.url()).env("PRUNA_API_KEY", service.emulator.api_key());
    script.env("TERM", "xterm-256color").envs(variables.iter().copied());
    script
}

/// Waits for the end of a child that is watched meanwhile; fails if that takes more than 60 s.
#[track_caller]
fn end(mut child: Child, mut watch: impl FnMut()) -> String {
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the program does not end");
        }
        watch();
        std::thread::sleep(Duration::from_millis(5));
    }
    reader.join().unwrap()
}

fn a_wait_shows_a_bar_colored_unless_disabled() {
    let service = Service::with(|builder| builder.speed(0.2));
    let text = terminal_output(&service, "run p-image lion --async -o a.jpg", &[]);
    assert!(text.contains("typically 1.0 s") && text.contains("\u{1b}[36m"), "{text:?}");
    assert!(text.contains("a.jpg\r\n") && text.contains("✓"), "{text:?}");
    let plain = terminal_output(&service, "run p-image lion --async -o b.jpg", &[("NO_COLOR", "1")]);
    assert!(plain.contains("typically 1.0 s") && !plain.contains("\u{1b}[3"), "{plain:?}");
    let plain = terminal_output(&service, "run p-image lion --async -o c.jpg --color never", &[]);
    assert!(plain.contains("typically 1.0 s") && !plain.contains("\u{1b}[3"), "{plain:?}");
    assert_eq!(terminal_output(&service, "run p-image lion --async -o d.jpg -q", &[]), "d.jpg\r\n");
}

fn transfers_show_a_bar_in_bytes() {
    let service = Service::start();
    service.write("noise.bin", vec![7; 5_000_000]);
    let text = terminal_output(&service, "upload noise.bin", &[]);
    assert!(text.contains("noise.bin") && text.contains("of 4.77 MiB"), "{text:?}");
    let text = terminal_output(&service, "run p-image lion -o a.jpg", &[]);
    assert!(text.contains("download") && text.contains("KiB of "), "{text:?}");
}

fn a_batch_shows_its_cost_and_spending_has_bars() {
    let service = Service::start();
    let line =
        |n: u32| format!("{{\"model\": \"p-image\", \"input\": {{\"prompt\": \"{n}\"}}, \"label\": \"a\\u001b\"}}\n");
    service.write("items.jsonl", (0..4).map(line).collect::<String>());
    let ledger = [("PRUNA_LEDGER", "ledger.jsonl")];
    let text = terminal_output(&service, "batch items.jsonl -o out --max-cost 0.015", &ledger);
    assert!(text.contains("left, $0.015 of $0.015, 1 not begun"), "{text:?}");
    let text = terminal_output(&service, "batch items.jsonl -o out", &ledger);
    assert!(text.contains("left, $0.005") && !text.contains("$0.005 of"), "{text:?}");
    let text = terminal_output(&service, "spend --by label", &ledger);
    assert!(text.contains(&"█".repeat(20)) && text.contains("a\\u{1b}"), "{text:?}");
    let text = terminal_output(&service, "spend --by label --csv", &ledger);
    assert!(text.contains("a\\u{1b},4,0.02,0.00,0"), "{text:?}");
}

fn a_preview_uses_the_graphics_protocol_of_the_terminal() {
    let service = Service::start();
    let run =
        |variables: &[(&str, &str)]| terminal_output(&service, "run p-image lion -o a.jpg -f --preview", variables);
    let iterm = run(&[("TERM_PROGRAM", "iTerm.app")]);
    assert!(iterm.contains("\u{1b}]1337;File="), "{iterm:?}");
    let none = run(&[]);
    assert!(none.contains("no preview") && !none.contains("1337"), "{none:?}");
}

fn a_preview_does_not_wait_for_a_terminal_that_never_answers() {
    let service = Service::start();
    for (variables, shown) in [
        (&[("TERM", "xterm-kitty")][..], "\u{1b}_Gf=100,a=T,q=2,"),
        (&[("TERM_PROGRAM", "iTerm.app")], "\u{1b}]1337;File="),
        (&[("TERM", "foot")], "\u{1b}P"),
    ] {
        let mut script = in_terminal(&service, "run p-image lion -f -o a.png --preview", variables);
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // Open, so that the program in the terminal does not see an end of its input.
        let keyboard = child.stdin.take();
        let text = end(child, || {});
        drop(keyboard);
        assert!(text.contains(shown) && text.contains("✓"), "{variables:?}: {}", &text[..text.len().min(500)]);
        for question in ["\u{1b}[c", "\u{1b}[5n", "a=q"] {
            assert!(!text.contains(question), "{variables:?}");
        }
    }
}

#[cfg(target_os = "linux")]
fn thousands_of_uploads_use_a_bounded_number_of_threads_and_bars() {
    const FILES: usize = 2000;
    // The main thread, two of the runtime, at most 32 for files, and one that draws.
    const MAX_THREADS: usize = 1 + 2 + 32 + 1;
    let service = Service::start();
    std::fs::create_dir(service.path("many")).unwrap();
    for number in 0..FILES {
        let content = [crate::support::image_bytes(), number.to_string().into()].concat();
        service.write(&format!("many/{number}.png"), content);
    }
    let mut script = in_terminal(&service, "upload many/*.png", &[]);
    let child = script.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let mut peak = 0;
    let text = end(child, || {
        let pid = std::fs::read_to_string(&children).unwrap_or_default();
        let tasks = std::fs::read_dir(format!("/proc/{}/task", pid.trim())).map_or(0, Iterator::count);
        peak = peak.max(tasks);
    });
    assert_eq!(text.matches("/v1/files/").count(), FILES);
    assert_eq!(service.sends("uploadFile"), FILES);
    assert!((4..=MAX_THREADS).contains(&peak), "{peak} threads");
    assert!(text.contains(&format!("of {FILES} ")), "one bar counts the files");
}
