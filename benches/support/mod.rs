//! Shared by the benchmarks: an emulator in a process of its own, measurements of this process, and what they print.
//!
//! A benchmark prints a section of Markdown. Lines that begin with `{` are records for `cargo xtask bench-report`: rows of the
//! summary, and series of the plots.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "each benchmark uses a part of it, and tells its results"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use pruna::{Client, ClientBuilder};
use pruna_emulator::Emulator;
use serde_json::{Value, json};

/// Whether this run only checks that the program works, as `cargo test --benches` does; then nothing is measured.
pub(crate) fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

/// Serves until standard input ends if this process was started as a server; returns whether it was.
pub(crate) fn served() -> bool {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(place) = arguments.iter().position(|argument| argument == "serve") else { return false };
    let (speed, limits) = (arguments[place + 1].parse().unwrap(), arguments[place + 2] == "true");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let emulator = runtime.block_on(Emulator::builder().speed(speed).limits(limits).start()).unwrap();
    println!("{}", emulator.url());
    std::io::stdout().flush().unwrap();
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        let _ = ended.send(());
    });
    let _ = runtime.block_on(end);
    true
}

/// An emulator in a process of its own, stopped on drop.
pub(crate) struct Server {
    process: Child,
    _input: ChildStdin,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(speed: f64, limits: bool) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &speed.to_string(), &limits.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { _input: process.stdin.take().unwrap(), process, url: url.trim().to_owned() }
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder().api_key(Emulator::DEFAULT_KEY).base_url(&self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Creates a runtime on this thread.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Returns the CPU time of this thread.
pub(crate) fn core_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// Returns the resident memory of this process in KiB.
pub(crate) fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures the official Python client with a number of images. `None`, after printing the reason, if it cannot be run:
/// `PRUNA_PYTHON` must name a Python that has `pruna-client` 0.0.9.
pub(crate) fn official(server: &Server, count: usize) -> Option<Value> {
    let Some(python) = std::env::var_os("PRUNA_PYTHON") else {
        println!("\nThe official Python client was not measured: `PRUNA_PYTHON` does not name a Python that has it.\n");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/official.py");
    let output = Command::new(python)
        .arg(script)
        .args([&server.url, Emulator::DEFAULT_KEY, &count.to_string()])
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout);
    if report.is_err() {
        let why = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
        println!("\nThe official Python client was not measured: {why}\n");
    }
    report.ok()
}

/// Prints a table as Markdown.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) {
    println!("\n| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!();
}

/// Prints a row of the summary in docs/benchmarks.md: a piece of work, its result, and the reference of the same run with the ratio
/// of the two, if it has one.
pub(crate) fn summary(work: &str, pruna: String, reference: String, ratio: Option<f64>, official: Option<String>) {
    let row = json!({"work": work, "pruna": pruna, "reference": reference, "ratio": ratio, "official": official});
    println!("{}", json!({"row": row}));
}

/// Prints a series of a plot in docs/benchmarks.md. `xtask/src/bench_report/plots.rs` has the plots.
pub(crate) fn series(plot: &str, panel: &str, name: &str, points: &[(f64, f64)]) {
    println!("{}", json!({"series": {"plot": plot, "panel": panel, "name": name, "points": points}}));
}

/// Rounds to a number of decimals: no plot shows more.
pub(crate) fn round(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

/// Returns wall-clock time and CPU time of a piece of work.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration, Duration) {
    let (wall, core) = (Instant::now(), core_time());
    let result = work();
    (result, wall.elapsed(), core_time().saturating_sub(core))
}
