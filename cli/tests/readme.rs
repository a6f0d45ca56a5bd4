//! The README shows the actual output of its commands.

use libtest_mimic::Trial;

use crate::support::{PRUNA, Service, in_test_home};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        #[cfg(unix)]
        the_commands_in_the_readme_print_what_it_shows,
    ]
}

/// Returns the commands in the README, each with the output that is shown.
fn sessions() -> Vec<(String, String)> {
    let readme = include_str!("../README.md");
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let commands = blocks.flat_map(|block| block.strip_prefix("$ ").unwrap().split("\n$ "));
    let parts = commands.map(|text| text.split_once('\n').unwrap_or((text, "")));
    parts.map(|(command, output)| (command.to_owned(), output.to_owned())).collect()
}

/// Replaces numbers and ids, which differ from run to run.
fn normalized(text: &str) -> String {
    let mut normalized = String::new();
    let mut word = String::new();
    for c in text.trim_end().chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '.' {
            word.push(c);
            continue;
        }
        let is_id = word.len() > 20 && word.chars().any(|c| c.is_ascii_digit());
        let is_number = word.starts_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok();
        match word.as_str() {
            _ if is_id => normalized += "ID",
            _ if is_number => normalized += "N",
            "KiB" | "B" => normalized += "UNIT",
            word => normalized += word,
        }
        word.clear();
        normalized.push(c);
    }
    // The address of the emulator: an IP address and a port.
    normalized.replace("127.0.0.1:N", "HOST").replace("  ", " ")
}

#[cfg(unix)]
fn the_commands_in_the_readme_print_what_it_shows() {
    let service = Service::with(|builder| builder.speed(0.1));
    let sessions = sessions();
    assert!(sessions.len() >= 8, "{sessions:?}");
    let program = std::path::Path::new(PRUNA).parent().unwrap().display();
    for (command, shown) in sessions {
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let mut sh = std::process::Command::new("sh");
        sh.args(["-c", &format!("exec 2>&1; {command}")]).env("PATH", path).current_dir(&service.dir);
        in_test_home(&mut sh);
        sh.env("PRUNA_BASE_URL", service.emulator.url()).env("PRUNA_API_KEY", service.emulator.api_key());
        let printed = crate::support::finish(sh, "").stdout;
        assert_eq!(normalized(&printed), normalized(&shown), "$ {command}\n{printed}");
    }
}
