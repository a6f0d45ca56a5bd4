//! Output in a terminal. `script` of util-linux runs the program in one and prints what it writes.

use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::{
    harness::requiring,
    support::{PRUNA, Service},
};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    let trials = trials![
        a_wait_shows_a_bar_colored_unless_disabled,
        transfers_show_a_bar_in_bytes,
        a_preview_uses_the_graphics_protocol_of_the_terminal,
    ];
    let has_script = Command::new("script").arg("--version").output().is_ok_and(|o| o.status.success());
    requiring("script", has_script, trials)
}

/// Returns what the program writes to a terminal with these environment variables.
fn terminal_output(service: &Service, args: &str, variables: &[(&str, &str)]) -> String {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{PRUNA} {args}"), "/dev/null"]).stdin(Stdio::null()).current_dir(&service.dir);
    for name in ["NO_COLOR", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION"] {
        script.env_remove(name);
    }
    script.env("PRUNA_BASE_URL", service.emulator.url()).env("PRUNA_API_KEY", service.emulator.api_key());
    script.env("TERM", "xterm-256color").envs(variables.iter().copied());
    crate::support::finish(script, "").stdout
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

fn a_preview_uses_the_graphics_protocol_of_the_terminal() {
    let service = Service::start();
    let run =
        |variables: &[(&str, &str)]| terminal_output(&service, "run p-image lion -o a.jpg -f --preview", variables);
    let iterm = run(&[("TERM_PROGRAM", "iTerm.app")]);
    assert!(iterm.contains("\u{1b}]1337;File="), "{iterm:?}");
    let none = run(&[]);
    assert!(none.contains("no preview") && !none.contains("1337"), "{none:?}");
}
