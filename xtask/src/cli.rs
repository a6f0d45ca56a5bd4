//! The command line.

use std::{env, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{
    api, bench_report, changelog, check,
    diff::{self, Format},
    docs,
    document::Source,
    floors, model,
    outcome::Outcome,
    regenerate,
    tree::Tree,
    update,
};

/// Maintains this repository: adopts new OpenAPI documents of P-API, compares them, checks generated files.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct Cli {
    /// The repository; by default the one that contains this program.
    #[arg(long, global = true, value_name = "FOLDER", hide_short_help = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adopt a new OpenAPI document; change nothing when a step fails.
    ///
    /// Validates the document (OpenAPI 3.0, or 3.1 if it can be converted), vendors it in a normal form with its hash,
    /// keeps the old one under openapi/history/, applies the fixups, generates the sources, the model reference and the
    /// listing of the public API, writes the section of CHANGELOG.md and the next version, and prints what changed for
    /// a client.
    Update(Update),
    /// Print what changed between two OpenAPI documents, and what it means for a client.
    ///
    /// Exit status: 0; 1 with --deny-breaking when a change breaks; 2 when a document is rejected.
    Diff(Diff),
    /// Check generated files, module floors, public API and version, as CI does.
    ///
    /// Each failure ends with the command that fixes it.
    Check(Check),
    /// Write the committed copies of generated files, and the model reference.
    Regenerate(Regenerate),
    /// Print the module floors of every crate, the arrows between modules, cycles and faults.
    ///
    /// Exit status: 1 when there is a fault.
    Floors(Floors),
    /// Start the description of a new model: a table in openapi/models.toml and a program in examples/.
    Model {
        /// The id of the model, as in the header `Model`.
        name: String,
    },
    /// Write docs/models.md, the tables in README.md and src/lib.rs, the list in cli/README.md, the floors in DESIGN.md.
    Docs,
    /// Run the benchmarks, which takes minutes, and write docs/benchmarks.md and its plots.
    BenchReport {
        /// Only these benchmarks; the last results of the others are used.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Run nothing; write the page and the plots from the last results.
        #[arg(long, conflicts_with = "names")]
        draw_only: bool,
    },
    /// Move unreleased changes in CHANGELOG.md below a heading with the package's version.
    Release {
        /// The day of the release, such as 2030-12-31.
        #[arg(long, value_name = "DATE")]
        date: String,
    },
}

#[derive(Debug, Args)]
struct Update {
    /// The OpenAPI document, YAML or JSON: a path or a URL (https, or http on this machine).
    #[arg(value_name = "FILE|URL")]
    document: String,
    /// Skip the listing of the public API, which needs a compiler.
    #[arg(long)]
    no_build: bool,
    /// Also write the list of changes, in Markdown, to this file.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Diff {
    /// The old OpenAPI document: a path or a URL.
    old: String,
    /// The new OpenAPI document: a path or a URL.
    new: String,
    /// Print only a JSON array of {"class", "where", "what"}.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown, for a pull request.
    #[arg(long)]
    markdown: bool,
    /// Exit with 1 when a change breaks.
    #[arg(long)]
    deny_breaking: bool,
}

#[derive(Debug, Args)]
struct Check {
    /// Fail when a model lacks a type, an example or a table in models.toml.
    #[arg(long)]
    deny_missing: bool,
    /// Skip what needs a compiler: the listing of the public API, and cargo-semver-checks.
    #[arg(long)]
    no_build: bool,
}

#[derive(Debug, Args)]
struct Floors {
    /// Only this crate.
    #[arg(value_name = "CRATE")]
    package: Option<String>,
    /// Only the arrows from and to this module, with every place in the code.
    #[arg(long, value_name = "MODULE", requires = "package")]
    module: Option<String>,
    /// Show every module, also those without a floor of their own.
    #[arg(long)]
    nested: bool,
}

#[derive(Debug, Args)]
struct Regenerate {
    /// Write nothing; fail when a file is stale.
    #[arg(long)]
    check: bool,
    /// Also write the listing of the public API, which needs a compiler.
    #[arg(long, conflicts_with = "check")]
    public_api: bool,
}

/// Runs a command.
///
/// # Errors
///
/// Those of the command; [`DocumentError`](crate::document::DocumentError) when a document is rejected.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let mut tree = Tree::new(cli.root.unwrap_or_else(repository));
    match cli.command {
        Command::Update(Update { document, no_build, summary }) => {
            update::run(&mut tree, &update::Options { source: Source::from(&*document), no_build, summary })
        }
        Command::Diff(Diff { old, new, json, markdown, deny_breaking }) => {
            let format = match (json, markdown) {
                (true, _) => Format::Json,
                (false, true) => Format::Markdown,
                (false, false) => Format::Text,
            };
            diff::run(&Source::from(&*old), &Source::from(&*new), format, deny_breaking)
        }
        Command::Check(Check { deny_missing, no_build }) => {
            check::run(&tree, check::Options { deny_missing, no_build })
        }
        Command::Regenerate(Regenerate { check, public_api }) => {
            if public_api {
                let listing = api::listing(tree.root(), &api::target_folder(tree.root()))?;
                tree.write(api::LISTING, listing);
            }
            regenerate::run(&mut tree, check)
        }
        Command::Floors(Floors { package, module, nested }) => {
            floors::run(&tree, &floors::Options { package, module, nested })
        }
        Command::Model { name } => model::run(&mut tree, &name),
        Command::Docs => docs::run(&mut tree),
        Command::BenchReport { names, draw_only } => {
            bench_report::run(&mut tree, &bench_report::Options { names, draw_only })
        }
        Command::Release { date } => changelog::release(&mut tree, &date),
    }
}

/// Returns the repository that contains this package.
fn repository() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| "xtask".into(), PathBuf::from);
    package.parent().map_or_else(|| ".".into(), PathBuf::from)
}
