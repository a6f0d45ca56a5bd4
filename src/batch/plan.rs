//! What a batch would do, told before anything is sent.

use std::{collections::HashMap, path::Path};

use serde_json::json;

use super::{
    Batch, Results,
    folder::Folder,
    identity::{Fingerprint, Identities, Identity, ItemId},
    journal::{self, Service, State},
    names::Names,
};
use crate::{Error, JobRef, Model, Request, Result, SavedFile, Usd, error::ErrorKind};

/// What a batch would do with each request, by its journal and its folder: see [`Batch::plan`].
#[must_use = "nothing is sent until run is awaited"]
pub struct Plan {
    batch: Batch,
    requests: Vec<Request>,
    identities: Vec<Result<Option<Identity>>>,
    items: Vec<PlannedItem>,
    gone: Vec<GoneItem>,
    journal_exists: bool,
    committed: Usd,
    assumed: Vec<(usize, State)>,
    /// Items that the journal knows by another identity.
    renamed: Vec<(usize, ItemId)>,
}

/// One request of a [`Plan`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedItem {
    /// The key of the request, by default its name.
    pub key: Option<String>,
    /// The model.
    pub model: Model,
    /// How far an earlier run has brought the item.
    pub stage: Stage,
    /// The job that an earlier run has submitted, if it is known.
    pub job: Option<JobRef>,
    /// Files that an earlier run has saved.
    pub files: Vec<SavedFile>,
    /// Why the item cannot be processed, with what to do. A plan with such items does not [run](Plan::run).
    pub problem: Option<String>,
}

/// How far an earlier run has brought an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// It was not submitted, or certainly not accepted; it is submitted now.
    New,
    /// It is unknown whether it was accepted; it is submitted only with [`Batch::resubmit_unknown`].
    Unknown,
    /// Its job was running; the job is waited for.
    Running,
    /// Its result exists; files that are missing are downloaded.
    Succeeded,
    /// All its files are there; nothing is done.
    Finished,
    /// Its job failed; it is not submitted again.
    Failed,
}

/// An item of an earlier run that is not among the requests anymore. It is left alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GoneItem {
    /// The key of its request.
    pub key: Option<String>,
    /// How far it was brought.
    pub stage: Stage,
    /// Its job, if it is known.
    pub job: Option<JobRef>,
    /// The files that were saved.
    pub files: Vec<SavedFile>,
}

type Items = HashMap<ItemId, (Fingerprint, State)>;

/// What a journal knows.
#[derive(Default)]
struct Known {
    items: Items,
    committed: Usd,
}

impl Batch {
    /// Reads all requests, the journal and the folder, and tells what [`run`](Self::run) would do. Nothing is sent or written.
    ///
    /// Beyond what `run` finds by itself, a plan finds requests whose key is known with another input, names that collide with
    /// others or with files, and items that are gone from the list. A request that has got another key is recognized if the item
    /// of its former key is gone. The requests are held in memory.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::{batch::Stage, inputs::PImage};
    ///
    /// let lions = (1..=100).map(|n| PImage::new(format!("a lion, variation {n}")));
    /// let plan = client.batch(lions).save_to("lions").plan().await?;
    /// let new = plan.items().iter().filter(|item| item.stage == Stage::New).count();
    /// println!("{new} requests will be submitted");
    /// let results = plan.run().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) if the journal or the folder cannot be read; [`Configuration`](ErrorKind::Configuration) if the
    /// journal is in use or belongs to another service or account, or if the batch is one of a fleet.
    pub async fn plan(mut self) -> Result<Plan> {
        let requests = self.take_requests().await?;
        let (journal, service, rebind) = (self.journal_path().map(Path::to_owned), self.service(), self.rebind);
        let folder = self.folder.clone();
        let (known, names) = blocking(move || {
            let known = journal.as_deref().map(|path| read_journal(path, &service, rebind)).transpose()?.flatten();
            let names =
                folder.map(|path| Names::in_folder(&path).map_err(|e| Error::io(path.display(), e))).transpose()?;
            Ok((known, names))
        })
        .await?;
        let mut identities = Identities::relative_to(self.journal_folder());
        let has_journal = self.journal_path().is_some();
        let identity = |request: &Request| has_journal.then(|| identities.next(request)).transpose();
        let journal_exists = known.is_some();
        let Known { items: known, committed } = known.unwrap_or_default();
        let mut plan = Plan {
            identities: requests.iter().map(identity).collect(),
            items: Vec::with_capacity(requests.len()),
            gone: Vec::new(),
            journal_exists,
            committed,
            assumed: Vec::new(),
            renamed: Vec::new(),
            requests,
            batch: self,
        };
        plan.match_items(known);
        plan.check_names(names);
        Ok(plan)
    }
}

impl Plan {
    /// Returns what would be done with each request, in their order.
    #[must_use]
    pub fn items(&self) -> &[PlannedItem] {
        &self.items
    }

    /// Returns the items of the journal that are not among the requests.
    #[must_use]
    pub fn gone(&self) -> &[GoneItem] {
        &self.gone
    }

    /// Whether an earlier run has left a journal.
    #[must_use]
    pub fn has_journal(&self) -> bool {
        self.journal_exists
    }

    /// Returns what earlier runs have spent, at most, according to the journal. A [budget](Batch::budget) counts it.
    #[must_use]
    pub fn committed(&self) -> Usd {
        self.committed
    }

    /// Takes the stage of an item from other evidence than the journal, for example when the journal was lost.
    /// [`run`](Self::run) records it.
    ///
    /// `Running` and `Succeeded` need a job, which is attached; without one, the item counts as `Unknown`. `New` and an index
    /// beyond the requests have no effect.
    pub fn assume(&mut self, index: usize, stage: Stage, job: Option<JobRef>, files: Vec<SavedFile>) {
        let Some(item) = self.items.get_mut(index) else { return };
        let (stage, state) = match (stage, job.clone()) {
            (Stage::New, _) => return,
            (Stage::Finished, job) => {
                let urls: Vec<&str> = files.iter().map(|file| file.url.as_str()).collect();
                let response =
                    json!({"id": job.as_ref().map(JobRef::id), "status": "succeeded", "generation_url": urls});
                (stage, State::Done { job, response, files: Folder::as_recorded(&files) })
            }
            (Stage::Failed, job) => {
                let message = "the job failed in an earlier run".to_owned();
                (stage, State::Failed { job, canceled: false, message })
            }
            (Stage::Running | Stage::Succeeded, Some(job)) => (Stage::Running, State::Running { job }),
            _ => (Stage::Unknown, State::Submitting),
        };
        (item.stage, item.job, item.files, item.problem) = (stage, job, files, None);
        self.assumed.push((index, state));
    }

    /// Runs the batch.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if an item has a [problem](PlannedItem::problem); otherwise as
    /// [`Batch::run`].
    pub async fn run(self) -> Result<Results> {
        let mut problems = self.items.iter().filter_map(|item| item.problem.as_deref());
        if let Some(first) = problems.next() {
            let message = match problems.count() {
                0 => first.to_owned(),
                others => format!("{first} (and {others} more problems)"),
            };
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let Self { batch, requests, identities, assumed, renamed, .. } = self;
        batch.run_planned(requests, identities, assumed, renamed).await
    }

    /// Finds each item in the journal.
    fn match_items(&mut self, mut known: Items) {
        let find = |identity: &Result<Option<Identity>>| match identity {
            Ok(Some(identity)) => known.remove(&identity.id),
            _ => None,
        };
        let mut found: Vec<Option<(Fingerprint, State)>> = self.identities.iter().map(find).collect();
        self.adopt_renamed(&mut found, &mut known);
        for (index, found) in found.into_iter().enumerate() {
            let item = self.plan_item(index, found);
            self.items.push(item);
        }
        let mut gone: Vec<_> = known.into_iter().collect();
        gone.sort_unstable_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        self.gone.extend(gone.into_iter().map(|(id, (_, state))| {
            let key = id.key().map(str::to_owned);
            let (stage, job, files) = self.batch.describe(state);
            GoneItem { key, stage, job, files }
        }));
    }

    /// Gives requests whose key changed the item that they had: it is gone, and its request is the same.
    fn adopt_renamed(&mut self, found: &mut [Option<(Fingerprint, State)>], known: &mut Items) {
        let mut gone: HashMap<Fingerprint, Vec<ItemId>> = HashMap::new();
        for (id, (fingerprint, _)) in &*known {
            gone.entry(fingerprint.clone()).or_default().push(id.clone());
        }
        // The same ones are chosen in every run.
        gone.values_mut().for_each(|ids| ids.sort_unstable_by(|one, other| other.as_str().cmp(one.as_str())));
        for (index, (identity, found)) in self.identities.iter().zip(found).enumerate() {
            if found.is_none()
                && let Ok(Some(identity)) = identity
                && let Some(id) = gone.get_mut(&identity.fingerprint).and_then(Vec::pop)
            {
                *found = known.remove(&id);
                self.renamed.push((index, id));
            }
        }
    }

    fn plan_item(&self, index: usize, found: Option<(Fingerprint, State)>) -> PlannedItem {
        let request = &self.requests[index];
        let (key, model) = (request.item_key().map(str::to_owned), request.model().clone());
        let mut item = PlannedItem { key, model, stage: Stage::New, job: None, files: Vec::new(), problem: None };
        match (&self.identities[index], found) {
            (Err(error), _) => item.problem = Some(error.message().to_owned()),
            // What failed has no result that could be taken for that of another request.
            (Ok(Some(identity)), Some((fingerprint, State::Failed { .. }))) if fingerprint != identity.fingerprint => {}
            (Ok(Some(identity)), Some((fingerprint, state))) => {
                if fingerprint != identity.fingerprint {
                    item.problem = Some(journal::changed(identity).message().to_owned());
                }
                (item.stage, item.job, item.files) = self.batch.describe(state);
            }
            _ => {}
        }
        item
    }

    /// Finds names that are taken, among the items that would be submitted.
    fn check_names(&mut self, names: Option<Names>) {
        let Some(in_folder) = names else { return };
        let mut names = if self.batch.replace { Names::default() } else { in_folder };
        let folder = self.batch.folder.clone().unwrap_or_default();
        for (item, request) in self.items.iter().zip(&self.requests) {
            // Names of items that an earlier run has submitted are theirs.
            for file in &item.files {
                names.add_file(&file.path);
            }
            let has_name = matches!(item.stage, Stage::Running | Stage::Succeeded | Stage::Finished);
            if let Some(name) = request.file_stem().filter(|_| has_name) {
                // A file of its own may be there already.
                let _ = names.reserve(&name, &item.model);
            }
        }
        for (item, request) in self.items.iter_mut().zip(&self.requests) {
            let is_submitted = match item.stage {
                Stage::New => true,
                Stage::Unknown => self.batch.resubmit_unknown,
                _ => false,
            };
            let Some(name) = request.file_stem().filter(|_| is_submitted && item.problem.is_none()) else { continue };
            if let Err(taken) = names.reserve(&name, &item.model) {
                item.problem = Some(taken.explain(&folder.join(name).display().to_string()));
            }
        }
    }
}

impl Batch {
    /// Returns what a state of the journal means, the job, and the files.
    fn describe(&self, state: State) -> (Stage, Option<JobRef>, Vec<SavedFile>) {
        match state {
            State::Submitting => (Stage::Unknown, None, Vec::new()),
            State::Running { job } => (Stage::Running, Some(job), Vec::new()),
            State::Succeeded { job, .. } => (Stage::Succeeded, job, Vec::new()),
            State::Failed { job, .. } => (Stage::Failed, job, Vec::new()),
            State::Done { job, mut files, .. } => {
                let Some(folder) = &self.folder else { return (Stage::Finished, job, Vec::new()) };
                for file in &mut files {
                    file.path = folder.join(&file.path);
                }
                let is_there = files.iter().all(|file| file.path.is_file());
                (if is_there { Stage::Finished } else { Stage::Succeeded }, job, files)
            }
        }
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("items", &self.items.len()).field("gone", &self.gone.len()).finish_non_exhaustive()
    }
}

/// Reads a journal, which must belong to the service.
#[cfg(feature = "journal")]
fn read_journal(path: &Path, service: &Service, rebind: bool) -> Result<Option<Known>> {
    let Some(contents) = journal::file::FileJournal::read(path)? else { return Ok(None) };
    service.check(&format!("the journal {}", path.display()), &contents.service, rebind)?;
    Ok(Some(Known { items: contents.items, committed: contents.committed }))
}

/// Without the feature, no batch has a journal.
#[cfg(not(feature = "journal"))]
fn read_journal(_: &Path, _: &Service, _: bool) -> Result<Option<Known>> {
    Ok(None)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Error::io("the journal", std::io::Error::other(e)))?
}
