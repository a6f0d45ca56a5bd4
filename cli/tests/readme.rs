//! The README shows what really happens.

use crate::support::{PRUNA, Service};

/// A command and what the README shows of its output.
fn sessions() -> Vec<(String, String)> {
    let readme = include_str!("../README.md");
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let commands = blocks.flat_map(|block| block.strip_prefix("$ ").unwrap().split("\n$ "));
    let parts = commands.map(|text| text.split_once('\n').unwrap_or((text, "")));
    parts.map(|(command, output)| (command.to_owned(), output.to_owned())).collect()
}

/// A text with every number and id replaced: these differ from run to run.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut word = String::new();
    for c in text.trim_end().chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '.' {
            word.push(c);
            continue;
        }
        let is_id = word.len() > 20 && word.chars().any(|c| c.is_ascii_digit());
        let is_number = word.starts_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok();
        match word.as_str() {
            _ if is_id => steady += "ID",
            _ if is_number => steady += "N",
            "KiB" | "B" => steady += "UNIT",
            word => steady += word,
        }
        word.clear();
        steady.push(c);
    }
    // Where it listens shows as an address of four numbers and a port.
    steady.replace("127.0.0.1:N", "HOST").replace("  ", " ")
}

#[cfg(unix)]
#[test]
fn its_commands_print_what_it_says() {
    let service = Service::with(|builder| builder.speed(0.1));
    let sessions = sessions();
    assert!(sessions.len() >= 8, "{sessions:?}");
    let program = std::path::Path::new(PRUNA).parent().unwrap().display();
    for (command, shown) in sessions {
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let mut sh = std::process::Command::new("sh");
        sh.args(["-c", &format!("exec 2>&1; {command}")]).env("PATH", path).current_dir(&service.folder);
        sh.env("PRUNA_BASE_URL", service.emulator.url()).env("PRUNA_API_KEY", service.emulator.api_key());
        let printed = crate::support::finish(sh, "").stdout;
        assert_eq!(steady(&printed), steady(&shown), "$ {command}\n{printed}");
    }
}
