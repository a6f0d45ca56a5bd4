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

/// Follows the document of P-API: takes a new one over, says what changed, checks that all that follows from it does.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct Cli {
    /// The repository, when it is not the one that this program was built from.
    #[arg(long, global = true, value_name = "FOLDER", hide_short_help = true)]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take a new document over: all of it, or nothing when a step fails.
    ///
    /// Validates the document (OpenAPI 3.0, or 3.1 where it can be converted), vendors it in a normal form with its
    /// hash, keeps the old one under openapi/history/, applies the fixups, generates the sources, the reference of the
    /// models and the listing of the public API, writes the section for CHANGELOG.md and the next version, and prints
    /// what changed for a client.
    Update(Update),
    /// Say what changed from one document to another, and what it means for a client.
    ///
    /// Exit status: 0; 1 with --deny-breaking when something breaks; 2 when a document is refused.
    Diff(Diff),
    /// Check that everything that follows from the document does follow from it. What CI runs.
    ///
    /// Each failure ends with the command that mends it.
    Check(Check),
    /// Write the committed copies of what is generated, and the reference of the models.
    Regenerate(Regenerate),
    /// Print the module floors of every crate, their arrows and cycles, and what breaks them.
    ///
    /// Exit status: 1 when there is a fault.
    Floors(Floors),
    /// Start the description of a new model: its table in openapi/models.toml, its program in examples/.
    Model {
        /// The id of the model, as the header `Model` carries it.
        name: String,
    },
    /// Write docs/models.md and the tables of README.md from the catalogue.
    Docs,
    /// Run the benchmarks, which takes minutes, and write docs/benchmarks.md.
    BenchReport {
        /// Only these; the others' sections stay.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Give what is unreleased in CHANGELOG.md the heading of the package's version.
    Release {
        /// The day of the release, such as 2030-12-31.
        #[arg(long, value_name = "DATE")]
        date: String,
    },
}

#[derive(Debug, Args)]
struct Update {
    /// The document, YAML or JSON: a path, or an address (https; http on this machine).
    #[arg(value_name = "FILE|URL")]
    document: String,
    /// Leave the listing of the public API alone, which needs a compiler.
    #[arg(long)]
    no_build: bool,
    /// Also write the change list, in Markdown, to this file.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Diff {
    /// The document that clients know.
    old: String,
    /// The document that they are about to meet.
    new: String,
    /// Print a JSON array of {"class", "where", "what"}, and nothing else.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown, for a pull request.
    #[arg(long)]
    markdown: bool,
    /// Exit with 1 when something breaks.
    #[arg(long)]
    deny_breaking: bool,
}

#[derive(Debug, Args)]
struct Check {
    /// Fail when a model lacks its type, its example or its table in models.toml.
    #[arg(long)]
    deny_missing: bool,
    /// Leave out what needs a compiler: the listing of the public API, and cargo-semver-checks.
    #[arg(long)]
    no_build: bool,
}

#[derive(Debug, Args)]
struct Floors {
    /// Only this crate.
    #[arg(value_name = "CRATE")]
    package: Option<String>,
    /// Only the arrows from and to this module, with every place in the code.
    #[arg(long, value_name = "MODULE")]
    module: Option<String>,
    /// Show every module, also those without a floor of their own.
    #[arg(long)]
    nested: bool,
}

#[derive(Debug, Args)]
struct Regenerate {
    /// Write nothing; fail when something is stale.
    #[arg(long)]
    check: bool,
    /// Also write the listing of the public API, which needs a compiler.
    #[arg(long, conflicts_with = "check")]
    public_api: bool,
}

/// Carries out a command.
///
/// # Errors
///
/// As the command does; [`DocumentError`](crate::document::DocumentError) means a document that is not taken.
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
        Command::BenchReport { names } => bench_report::run(&mut tree, &names),
        Command::Release { date } => changelog::release(&mut tree, &date),
    }
}

/// The repository that cargo runs this program in.
fn repository() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| "xtask".into(), PathBuf::from);
    package.parent().map_or_else(|| ".".into(), PathBuf::from)
}
