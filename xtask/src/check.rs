//! `cargo xtask check`: whether everything that follows from the document does follow from it. What CI runs.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, process::Command};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Outcome, api, changelog, docs, regenerate,
    tree::Tree,
    vendored::{LOCK, Lock, Vendored, sha256},
    version,
};

/// How each operation is reached.
const OPERATIONS: &str = "xtask/operations.toml";

/// What one check found.
enum Finding {
    /// All is well.
    Good,
    /// Not checked, and why.
    Skipped(String),
    /// Worth doing, no fault.
    Work(Vec<String>),
    /// What is wrong, and the command or the file that mends it.
    Bad(Vec<String>, String),
}

/// What the command is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Models that nobody has described are a fault.
    pub deny_missing: bool,
    /// Leave out what needs a compiler.
    pub no_build: bool,
}

/// Runs every check.
///
/// # Errors
///
/// When a file that the checks are about cannot be read at all.
pub fn run(tree: &Tree, options: Options) -> anyhow::Result<Outcome> {
    let mut checks = vec![
        ("generated sources, docs/models.md, tables of README.md", generated(tree)?),
        ("marks in README.md", marks(tree)?),
        ("hash of the document", lock(tree)?),
        ("operations", operations(tree)?),
        ("models", models(tree, options.deny_missing)?),
    ];
    let left_out = || Finding::Skipped("--no-build".into());
    checks.push(("public API", if options.no_build { left_out() } else { public_api(tree) }));
    checks.push(("version", if options.no_build { left_out() } else { semver(tree)? }));

    let mut outcome = Outcome { text: String::new(), success: true };
    for (name, finding) in checks {
        outcome.success &= !matches!(finding, Finding::Bad(..));
        outcome.text.push_str(&line(name, &finding));
    }
    Ok(outcome)
}

fn line(name: &str, finding: &Finding) -> String {
    let mut text = String::new();
    let (verdict, details, mend) = match finding {
        Finding::Good => ("ok", [].as_slice(), None),
        Finding::Skipped(why) => ("SKIPPED", std::slice::from_ref(why), None),
        Finding::Work(work) => ("to do", work.as_slice(), None),
        Finding::Bad(faults, mend) => ("FAILED", faults.as_slice(), Some(mend)),
    };
    let _ = writeln!(text, "{verdict}: {name}");
    for detail in details {
        let _ = writeln!(text, "  {detail}");
    }
    if let Some(mend) = mend {
        let _ = writeln!(text, "  mend with: {mend}");
    }
    text
}

fn verdict(faults: Vec<String>, mend: &str) -> Finding {
    if faults.is_empty() { Finding::Good } else { Finding::Bad(faults, mend.into()) }
}

fn generated(tree: &Tree) -> anyhow::Result<Finding> {
    let mut fresh = Tree::new(tree.root());
    let vendored = Vendored::read(&fresh)?;
    let output = match vendored.generate() {
        Ok(output) => output,
        Err(error) => return Ok(Finding::Bad(vec![error.to_string()], "an edit of openapi/fixups.json".into())),
    };
    regenerate::stage(&mut fresh, &vendored, &output)?;
    let stale = fresh.altered()?.into_iter().map(|path| format!("{} is not what the document gives", path.display()));
    Ok(verdict(stale.collect(), "cargo xtask regenerate"))
}

fn marks(tree: &Tree) -> anyhow::Result<Finding> {
    if tree.find("README.md")?.is_none() {
        return Ok(Finding::Skipped("README.md does not exist yet".into()));
    }
    Ok(verdict(docs::missing_marks(tree)?, "those marks in README.md, then cargo xtask docs"))
}

fn lock(tree: &Tree) -> anyhow::Result<Finding> {
    let mend = "cargo xtask update FILE|URL, which takes a document over; a vendored one is never edited";
    let vendored = Vendored::read(tree)?;
    let lock = match Lock::read(tree) {
        Ok(lock) => lock,
        Err(error) => return Ok(Finding::Bad(vec![format!("{error:#}")], mend.into())),
    };
    let mut faults = Vec::new();
    for (what, locked, found) in [
        ("document", &lock.document, &vendored.name),
        ("version", &lock.version, &vendored.version()?),
        ("sha256", &lock.sha256, &sha256(&vendored.document)),
    ] {
        if locked != found {
            faults.push(format!("{LOCK} has the {what} {locked}, openapi/ has {found}"));
        }
    }
    Ok(verdict(faults, mend))
}

/// One line of the table of operations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Reach {
    Reached(Vec<String>),
    Raw(String),
}

/// Every operation is reachable through the ergonomic layer, or listed as deliberately raw.
fn operations(tree: &Tree) -> anyhow::Result<Finding> {
    let listed: BTreeMap<String, Reach> = toml::from_str(&tree.read(OPERATIONS)?).context(OPERATIONS)?;
    let document = Vendored::read(tree)?.patched()?;
    let listing = tree.find(api::LISTING)?.unwrap_or_default();
    let documented = operation_names(&document);
    let mut faults = Vec::new();
    for name in documented.iter().filter(|name| !listed.contains_key(*name)) {
        faults.push(format!("{name} is not listed"));
    }
    for (name, reach) in &listed {
        if !documented.contains(name) {
            faults.push(format!("{name} is listed, but the document does not have it"));
        }
        match reach {
            Reach::Raw(reason) if reason.trim().is_empty() => faults.push(format!("{name} is raw without a reason")),
            Reach::Raw(_) => {}
            Reach::Reached(items) if items.is_empty() => faults.push(format!("{name} is reached by nothing")),
            Reach::Reached(items) => {
                let lost =
                    items.iter().filter(|item| !listing.lines().any(|line| line.contains(&format!("fn {item}("))));
                faults.extend(lost.map(|item| format!("{name}: {item} is not in {}", api::LISTING)));
            }
        }
    }
    Ok(verdict(faults, &format!("an edit of {OPERATIONS}")))
}

fn operation_names(document: &Value) -> Vec<String> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = METHODS.into_iter().filter(|method| item.get(method).is_some());
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

fn models(tree: &Tree, deny_missing: bool) -> anyhow::Result<Finding> {
    let work = models_to_describe(tree)?;
    Ok(match work.is_empty() {
        true => Finding::Good,
        false if deny_missing => Finding::Bad(work, "cargo xtask model NAME, then an edit of what it wrote".into()),
        false => Finding::Work(work),
    })
}

/// Models without a type, an example or a line in models.toml, one line for each thing that is missing.
///
/// # Errors
///
/// When the document cannot be read.
pub fn models_to_describe(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let vendored = Vendored::read(tree)?;
    let table = pruna_openapi::Table::parse(&vendored.models)?;
    let inputs = vendored.read_models()?;
    let ids = pruna_openapi::model_ids(&vendored.patched()?);
    let mut work = Vec::new();
    for id in &ids {
        if !table.models().any(|listed| listed == id) {
            work.push(format!("{id} has no line in models.toml (cargo xtask model {id})"));
        }
        match inputs.iter().find(|input| input.model.id == *id) {
            None => work.push(format!("{id} has no type: the document does not describe its input")),
            Some(input) if input.model.example.is_none() => {
                if tree.find(format!("examples/{}.rs", input.module_name))?.is_none() {
                    work.push(format!("{id} has no example, neither in the document nor in examples/"));
                }
            }
            Some(_) => {}
        }
    }
    for listed in table.models().filter(|listed| !ids.iter().any(|id| id == listed)) {
        work.push(format!("{listed} has a line in models.toml, but the document does not have it"));
    }
    Ok(work)
}

fn public_api(tree: &Tree) -> Finding {
    let mend = "cargo xtask regenerate --public-api, and a look at the difference";
    match api::listing(tree.root(), &api::target_folder(tree.root())) {
        Err(error) => Finding::Bad(vec![format!("{error:#}")], "what the compiler says".into()),
        Ok(found) => {
            let listed = tree.find(api::LISTING).ok().flatten().unwrap_or_default();
            verdict(api::difference(&listed, &found), mend)
        }
    }
}

/// The version says what the change is, compared with the last release.
fn semver(tree: &Tree) -> anyhow::Result<Finding> {
    let log = tree.find(changelog::FILE)?.unwrap_or_default();
    let Some(released) = changelog::last_release(&log) else {
        return Ok(Finding::Skipped(
            "nothing has been released, so there is no baseline for cargo-semver-checks".into(),
        ));
    };
    let tag = format!("v{released}");
    if !ran(tree.root(), "git", &["rev-parse", "--verify", "--quiet", &format!("refs/tags/{tag}")]) {
        return Ok(Finding::Skipped(format!("the baseline, the tag {tag}, is not in this clone")));
    }
    if !ran(tree.root(), "cargo", &["semver-checks", "--version"]) {
        return Ok(Finding::Skipped("cargo-semver-checks is not installed".into()));
    }
    let current = version::current(tree)?;
    let agrees = ran(tree.root(), "cargo", &["semver-checks", "--package", "pruna", "--baseline-rev", &tag]);
    let faults = if agrees { vec![] } else { vec![format!("{current} promises more than it keeps since {tag}")] };
    Ok(verdict(faults, &format!("a higher version; cargo semver-checks --package pruna --baseline-rev {tag} says why")))
}

fn ran(root: &Path, program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).current_dir(root).output().is_ok_and(|output| output.status.success())
}
