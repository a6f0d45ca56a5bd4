//! Before anything is sent: what becomes of each item, and what stands in the way.

use std::{
    collections::{BTreeMap, HashSet},
    fmt, io,
};

use pruna::{
    Client, JobRef,
    batch::{Batch, Plan, PlannedItem, Stage},
};
use serde::Serialize;

use super::{
    gallery, item::Item, options::BatchOptions, over_budget::Coverage, record::Record, results_file::ResultsFile,
};
use crate::{failure::Failure, session::Session, terminal::Terminal};

/// A batch that can begin.
pub(crate) struct Prepared {
    pub(super) plan: Plan,
}

impl Prepared {
    /// Returns how many items are how far.
    pub(crate) fn overview(&self) -> Overview {
        Overview::new(&self.plan)
    }

    /// Compares the budget, if there is one, with the items that will be submitted. Fails if the price of one is not known.
    pub(crate) fn coverage(&self, options: &BatchOptions<'_>) -> Result<Option<Coverage>, Failure> {
        let coverage = |limit| Coverage::new(limit, self.plan.committed(), self.new_items(options));
        options.limit.map(coverage).transpose()
    }

    /// Returns the items that will be submitted.
    pub(crate) fn new_items<'a>(&'a self, options: &BatchOptions<'a>) -> impl Iterator<Item = &'a Item> {
        let (items, resubmit) = (options.items, options.resubmit_unknown);
        let is_new = move |(_, planned): &(_, &PlannedItem)| {
            planned.stage == Stage::New || (resubmit && planned.stage == Stage::Unknown)
        };
        items.iter().zip(self.plan.items()).filter(is_new).map(|(item, _)| item)
    }
}

/// Plans a batch by its journal, its directory and its results file, without changing any of them. Prints every problem; then
/// nothing is sent.
pub(crate) async fn prepare(
    terminal: &Terminal,
    session: &Session,
    options: &BatchOptions<'_>,
) -> Result<Prepared, Failure> {
    let path = options.results_path();
    let results = ResultsFile::read(&path, options.items).map_err(|e| Failure::io(path.display(), &e))?;
    check_own_files(options, &results)?;
    check_service(options, &results, &session.service)?;
    let plan = batch(&session.client, session, options).plan().await;
    let mut plan = plan.map_err(|error| plan_failure(error, options))?;
    restore(terminal, options, &results, &mut plan)?;
    report_problems(terminal, options, &plan)?;
    let prepared = Prepared { plan };
    prepared.coverage(options)?;
    Ok(prepared)
}

/// Creates the batch of the library.
fn batch(client: &Client, session: &Session, options: &BatchOptions<'_>) -> Batch {
    let requests: Vec<_> = options.items.iter().map(Item::request).collect();
    let batch = client.batch(requests).save_to(options.dir).journal(options.journal);
    let batch = batch.replace(options.force).rebind(options.rebind || !session.has_key);
    let batch = batch.resubmit_unknown(options.resubmit_unknown).concurrency(options.concurrency);
    let batch = match options.limit {
        Some(limit) => batch.budget(limit.budget()),
        None => batch,
    };
    match session.is_trial() {
        true => batch.service_name(&session.service),
        false => batch,
    }
}

/// Checks that `results.jsonl` and `index.html` are not somebody else's.
fn check_own_files(options: &BatchOptions<'_>, results: &ResultsFile) -> Result<(), Failure> {
    let refuse = |path: std::path::PathBuf, why: &str| {
        let failure = Failure::files(format!("{} {why}; nothing was submitted", path.display()));
        Err(failure.hint("move it away, use another directory, or replace it with --force"))
    };
    if options.force {
        return Ok(());
    }
    if results.foreign > 0 {
        return refuse(options.results_path(), "contains lines that are not results of a batch");
    }
    let gallery = options.gallery_path();
    match std::fs::read(&gallery) {
        Ok(page) if !gallery::is_own(&String::from_utf8_lossy(&page)) => {
            refuse(gallery, "was not written by a batch, or was changed since")
        }
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Failure::io(gallery.display(), &e)),
        _ => Ok(()),
    }
}

/// Checks that the results are of the same service.
fn check_service(options: &BatchOptions<'_>, results: &ResultsFile, service: &str) -> Result<(), Failure> {
    let services = results.current.values().filter_map(|line| line.record.service.as_deref());
    match { services }.find(|other| *other != service) {
        Some(other) => {
            let path = options.results_path();
            let message = format!("{} has results of another service ({other}, not {service})", path.display());
            Err(Failure::usage(message).hint("use another directory for this service"))
        }
        None => Ok(()),
    }
}

/// Takes what the results file shows of items that the journal does not know, because it was lost or is an older one: if nothing
/// else would be submitted, otherwise only on request.
fn restore(
    terminal: &Terminal,
    options: &BatchOptions<'_>,
    results: &ResultsFile,
    plan: &mut Plan,
) -> Result<(), Failure> {
    let is_new = |index: &usize| plan.items().get(*index).is_some_and(|item| item.stage == Stage::New);
    // The journal may know the job of a line as that of another item, whose request was the same before it was renamed.
    let jobs = plan.items().iter().map(|item| &item.job).chain(plan.gone().iter().map(|item| &item.job));
    let jobs: HashSet<&str> = jobs.flatten().map(JobRef::id).collect();
    let is_missing = |record: &Record| record.id.as_deref().is_none_or(|id| !jobs.contains(id));
    let known: Vec<_> = results
        .current
        .iter()
        .filter(|(index, line)| is_new(index) && is_missing(&line.record))
        .filter_map(|(index, line)| Some((*index, evidence(&line.record, options)?)))
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let journal = options.journal.display();
    let message = match plan.has_journal() {
        true => format!("the journal {journal} lacks {} items of this batch that results.jsonl shows", known.len()),
        false => {
            format!("the journal {journal} is missing, but results.jsonl shows {} items of this batch", known.len())
        }
    };
    let finished = known.iter().filter(|(_, evidence)| evidence.0 == Stage::Finished).count();
    let others = plan.items().iter().filter(|item| item.stage == Stage::New).count() - finished;
    if others > 0 && !options.rebuild_journal {
        let hint = format!(
            "restore the journal; or --rebuild-journal takes the {finished} finished items from results.jsonl and submits \
             the rest of the other {others}, some of which may have been submitted already"
        );
        return Err(Failure::usage(format!("{message}; nothing was submitted")).hint(hint));
    }
    terminal.warn(format_args!("{message}; they are taken from there"));
    for (index, (stage, job, files)) in known {
        plan.assume(index, stage, job, files);
    }
    Ok(())
}

type Evidence = (Stage, Option<JobRef>, Vec<pruna::SavedFile>);

/// Returns what a line of the results file shows. Nothing if the item was not submitted.
fn evidence(record: &Record, options: &BatchOptions<'_>) -> Option<Evidence> {
    let job = record.id.as_ref().map(|id| JobRef::new(id, record.model.as_str()));
    let files: Option<Vec<_>> = record.files.iter().map(|file| file.saved_in(options.dir)).collect();
    match (record.status.as_str(), files) {
        ("succeeded", Some(files)) => Some((Stage::Finished, job, files)),
        ("succeeded", _) => Some((Stage::Running, job, Vec::new())),
        // Without a job, it was stopped before it was submitted.
        ("unfinished", _) => Some((Stage::Running, Some(job?), Vec::new())),
        ("failed" | "canceled", _) => Some((Stage::Failed, job, Vec::new())),
        ("unknown", _) => Some((Stage::Unknown, job, Vec::new())),
        _ => None,
    }
}

/// Prints the problems of items.
fn report_problems(terminal: &Terminal, options: &BatchOptions<'_>, plan: &Plan) -> Result<(), Failure> {
    let mut count = 0;
    for (item, planned) in options.items.iter().zip(plan.items()) {
        if let Some(problem) = &planned.problem {
            terminal.error(&format!("{}, line {}: {problem}", options.file.display(), item.line), None);
            count += 1;
        }
    }
    match count {
        0 => Ok(()),
        count => {
            let message = format!("{count} problems in {}; nothing was submitted", options.file.display());
            Err(Failure::usage(message).hint("--force replaces files; a changed request needs another name"))
        }
    }
}

/// Explains a journal that is in use or belongs to another batch.
fn plan_failure(error: pruna::Error, options: &BatchOptions<'_>) -> Failure {
    let is_configuration = error.is_configuration();
    let failure = Failure::from(error);
    if !is_configuration {
        return failure;
    }
    failure.hint(format!(
        "use another directory and another --journal than {}; if only the key was replaced, continue with --rebind",
        options.journal.display()
    ))
}

/// How many items are how far.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    new: usize,
    running: usize,
    finished: usize,
    failed: usize,
    unknown: usize,
    /// Items of earlier runs that are not in the file.
    gone: usize,
}

impl Overview {
    fn new(plan: &Plan) -> Self {
        let mut counts: BTreeMap<Stage, usize> = BTreeMap::new();
        for item in plan.items() {
            *counts.entry(item.stage).or_default() += 1;
        }
        let count = |stage| counts.get(&stage).copied().unwrap_or_default();
        Self {
            new: count(Stage::New),
            running: count(Stage::Running) + count(Stage::Succeeded),
            finished: count(Stage::Finished),
            failed: count(Stage::Failed),
            unknown: count(Stage::Unknown),
            gone: plan.gone().len(),
        }
    }

    /// Whether every item is new, so that there is nothing to tell.
    pub(crate) fn is_fresh(&self) -> bool {
        self.running + self.finished + self.failed + self.unknown + self.gone == 0
    }
}

impl fmt::Display for Overview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.new, "to be submitted"),
            (self.running, "submitted earlier and not saved yet"),
            (self.finished, "finished earlier"),
            (self.failed, "failed earlier"),
            (self.unknown, "with unknown status"),
            (self.gone, "earlier but no longer in the file"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        f.write_str(&parts.join(", "))
    }
}
