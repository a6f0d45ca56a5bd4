//! What a person in a terminal sees, by way of `script`, which gives a program a terminal and keeps what it writes.

use std::process::{Command, Stdio};

use crate::support::{PRUNA, Service};

/// Whether there is a `script` of util-linux.
fn has_terminal() -> bool {
    let found = Command::new("script").arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("SKIPPED a test in a terminal: there is no `script` of util-linux");
    }
    found
}

/// What the program writes to a terminal with these variables.
fn seen(service: &Service, args: &str, variables: &[(&str, &str)]) -> String {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{PRUNA} {args}"), "/dev/null"]).stdin(Stdio::null()).current_dir(&service.folder);
    for name in ["NO_COLOR", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION"] {
        script.env_remove(name);
    }
    script.env("PRUNA_BASE_URL", service.emulator.url()).env("PRUNA_API_KEY", service.emulator.api_key());
    script.env("TERM", "xterm-256color").envs(variables.iter().copied());
    crate::support::finish(script, "").stdout
}

#[test]
fn a_wait_has_a_bar_in_colour_unless_told_otherwise() {
    if !has_terminal() {
        return;
    }
    let service = Service::with(|builder| builder.speed(0.2));
    let text = seen(&service, "run p-image lion --async -o a.jpg", &[]);
    assert!(text.contains("of usually 1.0 s") && text.contains("\u{1b}[36m"), "{text:?}");
    assert!(text.contains("a.jpg\r\n") && text.contains("✓"), "{text:?}");
    let plain = seen(&service, "run p-image lion --async -o b.jpg", &[("NO_COLOR", "1")]);
    assert!(plain.contains("of usually 1.0 s") && !plain.contains("\u{1b}[3"), "{plain:?}");
    let plain = seen(&service, "run p-image lion --async -o c.jpg --color never", &[]);
    assert!(plain.contains("of usually 1.0 s") && !plain.contains("\u{1b}[3"), "{plain:?}");
    assert_eq!(seen(&service, "run p-image lion --async -o d.jpg -q", &[]), "d.jpg\r\n");
}

#[test]
fn transfers_have_a_bar_in_bytes() {
    if !has_terminal() {
        return;
    }
    let service = Service::start();
    service.write("noise.bin", vec![7; 5_000_000]);
    let text = seen(&service, "upload noise.bin", &[]);
    assert!(text.contains("noise.bin") && text.contains("of 4.77 MiB"), "{text:?}");
    let text = seen(&service, "run p-image lion -o a.jpg", &[]);
    assert!(text.contains("download") && text.contains("KiB of "), "{text:?}");
}

#[test]
fn a_preview_comes_in_the_protocol_of_the_terminal() {
    if !has_terminal() {
        return;
    }
    let service = Service::start();
    let run = |variables: &[(&str, &str)]| seen(&service, "run p-image lion -o a.jpg -f --preview", variables);
    let iterm = run(&[("TERM_PROGRAM", "iTerm.app")]);
    assert!(iterm.contains("\u{1b}]1337;File="), "{iterm:?}");
    let none = run(&[]);
    assert!(none.contains("no preview") && !none.contains("1337"), "{none:?}");
}
