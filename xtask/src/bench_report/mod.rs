//! `cargo xtask bench-report`: runs the benchmarks, and writes docs/benchmarks.md and its plots.
//!
//! What a benchmark prints is kept in docs/benchmarks/. The page and the plots are made of that alone, so one benchmark can be
//! repeated without the others.

mod machine;
mod plots;
mod results;
mod summary;

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use self::results::Results;
use crate::{outcome::Outcome, tree::Tree};

const PAGE: &str = "docs/benchmarks.md";
const FOLDER: &str = "docs/benchmarks";
/// The benchmarks, in the order of their sections.
const BENCHMARKS: [&str; 6] = ["makespan", "polling", "overhead", "batch", "scale", "transfer"];

/// What to run.
#[derive(Debug, Default)]
pub struct Options {
    /// Only these benchmarks; all if there is none.
    pub names: Vec<String>,
    /// Nothing: the page and the plots are made of the last results.
    pub draw_only: bool,
}

/// Runs benchmarks, and writes the page and its plots from their results and the last results of the others.
///
/// # Errors
///
/// When a name is unknown, a benchmark fails, results are missing or cannot be understood, or a file cannot be written.
pub fn run(tree: &mut Tree, options: &Options) -> anyhow::Result<Outcome> {
    let Options { names, draw_only } = options;
    if let Some(unknown) = names.iter().find(|name| !BENCHMARKS.contains(&name.as_str())) {
        bail!("unknown benchmark {unknown}; choose from {}", BENCHMARKS.join(", "));
    }
    let mut lines = Vec::new();
    for name in BENCHMARKS.into_iter().filter(|name| names.is_empty() || names.iter().any(|given| given == name)) {
        if !draw_only {
            let printed = measure(tree, name)?;
            tree.write(path(name), printed);
            // Kept even if the next benchmark fails.
            lines.extend(tree.commit()?);
        }
    }
    draw(tree)?;
    lines.extend(tree.commit()?);
    Ok(Outcome::of_files(&lines))
}

/// Returns where the results of a benchmark are.
fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.txt")
}

/// Stages the page and the plots.
fn draw(tree: &mut Tree) -> anyhow::Result<()> {
    let results = BENCHMARKS.map(|name| {
        let advice = || format!("run `cargo xtask bench-report {name}`");
        let text = tree.read(path(name)).with_context(advice)?;
        Results::parse(&text).with_context(|| path(name)).with_context(advice)
    });
    let results = results.into_iter().collect::<anyhow::Result<Vec<_>>>().map_err(one_line)?;
    let rows = results.iter().flat_map(|results| &results.rows);
    let mut page = format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench-report`. Each figure is given with a reference from the same run and the \
         ratio of the two; ratios carry over to other machines better than times.\n\n{}",
        summary::table(rows)
    );
    for (name, results) in BENCHMARKS.into_iter().zip(&results) {
        page += &format!("\n{}\n", results.section);
        for plot in plots::PLOTS.iter().filter(|plot| plot.benchmark == name) {
            let svg =
                plots::draw(plot, &results.series).with_context(|| format!("run `cargo xtask bench-report {name}`"));
            tree.write(format!("{FOLDER}/{}.svg", plot.name), svg.map_err(one_line)?);
            page += &format!("\n![{}](benchmarks/{}.svg)\n", plot.title, plot.name);
        }
    }
    tree.write(PAGE, page);
    Ok(())
}

/// Puts what happened first and the advice last, in one line.
fn one_line(error: anyhow::Error) -> anyhow::Error {
    let mut causes: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    let advice = causes.remove(0);
    anyhow::anyhow!("{}; {advice}", causes.join(": "))
}

/// Runs a benchmark and returns what it printed, with a line about the machine below the heading.
fn measure(tree: &Tree, name: &str) -> anyhow::Result<String> {
    let machine = machine::describe();
    let output = Command::new(env!("CARGO"))
        .args(["bench", "--package", "pruna", "--bench", name])
        .current_dir(tree.root())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cargo bench --bench {name}"))?;
    if !output.status.success() {
        bail!("the benchmark {name} failed; run `cargo bench --bench {name}` to see why");
    }
    let printed = String::from_utf8(output.stdout).with_context(|| format!("the benchmark {name} printed no text"))?;
    let (heading, body) = printed.trim().split_once("\n\n").with_context(|| format!("{name} printed no section"))?;
    Ok(format!("{heading}\n\n{machine}\n\n{body}\n"))
}
