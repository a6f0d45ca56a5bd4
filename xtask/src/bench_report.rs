//! `cargo xtask bench-report`: runs the benchmarks and writes their output to docs/benchmarks.md.

use std::{fmt::Write as _, fs, process::Command};

use anyhow::{Context as _, bail};

use crate::{outcome::Outcome, tree::Tree};

const PAGE: &str = "docs/benchmarks.md";
/// The benchmarks that print Markdown, in the order of their sections.
const BENCHMARKS: [&str; 5] = ["overhead", "polling", "scale", "batch", "transfer"];

/// Runs the named benchmarks, or all of them, and replaces their sections of the page.
///
/// # Errors
///
/// When a name is unknown, a benchmark fails, or the page cannot be written.
pub fn run(tree: &mut Tree, names: &[String]) -> anyhow::Result<Outcome> {
    if let Some(unknown) = names.iter().find(|name| !BENCHMARKS.contains(&name.as_str())) {
        bail!("unknown benchmark {unknown}; choose from {}", BENCHMARKS.join(", "));
    }
    let old = tree.find(PAGE)?.unwrap_or_default();
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `cargo xtask bench-report`. Each figure is given with a reference from the same run and the ratio \
         of the two; ratios carry over to other machines better than times.\n",
    );
    for name in BENCHMARKS {
        let wanted = names.is_empty() || names.iter().any(|given| given == name);
        let section = if wanted { measure(tree, name)? } else { section(&old, name).unwrap_or_default() };
        if !section.is_empty() {
            write!(page, "\n{}\n{}\n", mark(name), section.trim())?;
        }
    }
    tree.write(PAGE, page);
    tree.commit()?;
    Ok(Outcome::success(format!("Wrote {PAGE}\n")))
}

fn mark(name: &str) -> String {
    format!("<!-- {name} -->")
}

/// Returns the section of a benchmark in a page.
fn section(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("{}\n", mark(name)))?;
    Some(rest.split("\n<!-- ").next().unwrap_or_default().trim().to_owned())
}

fn measure(tree: &Tree, name: &str) -> anyhow::Result<String> {
    let machine = machine();
    let output = Command::new(env!("CARGO"))
        .args(["bench", "--package", "pruna", "--bench", name])
        .current_dir(tree.root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cargo bench --bench {name}"))?;
    if !output.status.success() {
        bail!("the benchmark {name} failed");
    }
    let printed = String::from_utf8(output.stdout)?;
    // The line about the machine goes below the heading.
    let (heading, body) = printed.trim().split_once("\n\n").with_context(|| format!("{name} printed no section"))?;
    Ok(format!("{heading}\n\n{machine}\n\n{body}"))
}

/// Describes the machine in one line; what cannot be read is left out.
fn machine() -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let page = "# Benchmarks\n\n<!-- overhead -->\n## Overhead\n\n| a |\n\n<!-- polling -->\n## Polling\n";
        assert_eq!(section(page, "overhead").as_deref(), Some("## Overhead\n\n| a |"));
        assert_eq!(section(page, "polling").as_deref(), Some("## Polling"));
        assert_eq!(section(page, "scale"), None);
    }

    #[test]
    fn an_unknown_benchmark_is_rejected_before_anything_runs() {
        let folder = tempfile::tempdir().unwrap();
        let error = run(&mut Tree::new(folder.path()), &["speed".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("overhead, polling, scale, batch, transfer"), "{error}");
    }
}
