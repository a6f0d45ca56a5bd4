//! The machine that benchmarks run on.

use std::{fs, process::Command};

/// Describes the machine in one line; what cannot be read is left out.
pub(super) fn describe() -> String {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let program = |name: &str, arguments: &[&str]| {
        let output = Command::new(name).args(arguments).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|text| !text.is_empty())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = file("/proc/loadavg").split_whitespace().next().map(|load| format!("load before the run {load}"));
    let facts = [
        after(&file("/proc/cpuinfo"), "model name"),
        Some(format!("{cores} cores")),
        after(&file("/proc/meminfo"), "MemTotal").map(|memory| format!("{memory} of memory")),
        program("uname", &["-sr"]),
        program("rustc", &["--version"]),
        program("date", &["-u", "+%Y-%m-%d"]),
        load,
    ];
    format!("*{}*", facts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}
