//! Batches: many requests at once, with bounded concurrency and one result per request.
//!
//! ```no_run
//! # async fn example() -> Result<(), pruna::Error> {
//! use pruna::{Client, inputs::PImage};
//!
//! let client = Client::from_env()?;
//! let prompts = (1..=50_000).map(|n| PImage::new(format!("a lion, variation {n}")));
//! let mut results = client.batch(prompts).save_to("lions").run().await?;
//! while let Some((index, result)) = results.next().await {
//!     match result {
//!         Ok(output) => println!("{index}: {}", output.files[0].path.display()),
//!         Err(error) => eprintln!("{index}: {error}"),
//!     }
//! }
//! println!("{}", results.summary());
//! # Ok(())
//! # }
//! ```
//!
//! Requests are taken from the iterator only as results are read, so memory use depends on
//! [`concurrency`](Batch::concurrency), not on the number of requests. The retry policy is that of [`Client::generate`]: a
//! submission with an unknown outcome is reported and not repeated.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use futures_util::{Stream, StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use crate::{Budget, Client, Request, Result, stream::BoxStream};

mod account;
mod folder;
mod identity;
mod journal;
mod names;
mod plan;
mod results;
mod summary;
mod turns;
mod worker;

#[cfg(feature = "postgres")]
pub use journal::fleet::Fleet;
pub use plan::{GoneItem, Plan, PlannedItem, Stage};
pub use results::{Results, StopHandle};
pub use summary::Summary;
pub use worker::Output;

use account::Account;
use folder::Folder;
use identity::{Identities, Identity, ItemId};
use journal::{Commitment, Journal, Service, State};
use results::Items;
use worker::{Item, Worker};

type Requests = BoxStream<Request>;

/// Default number of items in progress.
const DEFAULT_CONCURRENCY: usize = 256;

impl Client {
    /// Prepares a batch of requests: see [`batch`](crate::batch).
    pub fn batch<I>(&self, requests: I) -> Batch
    where
        I: IntoIterator<Item: Into<Request>, IntoIter: Send + 'static>,
    {
        self.batch_stream(stream::iter(requests))
    }

    /// Prepares a batch from a stream of requests.
    pub fn batch_stream<S>(&self, requests: S) -> Batch
    where
        S: Stream<Item: Into<Request>> + Send + 'static,
    {
        Batch::new(self.clone(), BoxStream::new(requests.map(Into::into)))
    }
}

/// A batch that has not started: see [`Client::batch`].
#[must_use = "nothing is sent until run is awaited"]
pub struct Batch {
    client: Client,
    requests: Requests,
    concurrency: usize,
    ordered: bool,
    budget: Option<Budget>,
    folder: Option<PathBuf>,
    #[cfg(feature = "journal")]
    journal: Option<PathBuf>,
    #[cfg(feature = "postgres")]
    fleet: Option<Fleet>,
    resubmit_unknown: bool,
    replace: bool,
    service_name: Option<String>,
    rebind: bool,
}

impl Batch {
    fn new(client: Client, requests: Requests) -> Self {
        Self {
            client,
            requests,
            concurrency: DEFAULT_CONCURRENCY,
            ordered: false,
            budget: None,
            folder: None,
            #[cfg(feature = "journal")]
            journal: None,
            #[cfg(feature = "postgres")]
            fleet: None,
            resubmit_unknown: false,
            replace: false,
            service_name: None,
            rebind: false,
        }
    }

    /// Sets the maximum number of items in progress, from submission to the saved file: 256 by default, at least 1.
    ///
    /// A waiting job costs a few kilobytes, so 10,000 is fine. For full throughput, use at least the number of submissions
    /// per minute that the service allows, times the minutes that a job takes. The number of open HTTP requests is limited
    /// separately.
    pub fn concurrency(mut self, items: usize) -> Self {
        self.concurrency = items.max(1);
        self
    }

    /// Sets whether results come in the order of the requests. By default they come as they finish.
    ///
    /// In order, a slow item holds back those after it, and results that are held back count as in progress.
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.ordered = ordered;
        self
    }

    /// Sets what the batch may cost, by list prices, apart from a [budget of the client](crate::ClientBuilder::budget).
    ///
    /// Items are begun in their order. One that the rest of the budget does not cover is not begun: its result is an error of kind
    /// [`BudgetExceeded`](crate::ErrorKind::BudgetExceeded), and the other items continue. With a journal, the budget
    /// covers all runs together: what earlier runs have spent counts, and a later run with a larger budget goes on. In a fleet it
    /// covers all workers together: the database keeps what they have committed, and [`Budget::committed`] does not show it.
    ///
    /// ```no_run
    /// # async fn example(client: pruna::Client) -> pruna::Result<()> {
    /// use pruna::{Budget, inputs::PImage};
    ///
    /// let lions = (0..1_000).map(|n| PImage::new(format!("a lion, variation {n}")));
    /// let mut results = client.batch(lions).budget(Budget::usd("2.50")).save_to("lions").run().await?;
    /// while results.next().await.is_some() {}
    /// println!("{} items cost {}", results.summary().succeeded, results.summary().cost);
    /// # Ok(())
    /// # }
    /// ```
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Saves all files into a folder, which is created if necessary.
    ///
    /// Files are named `INDEX-ID.EXTENSION`, or `NAME.EXTENSION` if the request has a [name](Request::name). If an item has
    /// several files, their numbers follow, counted from 0: `NAME-0.EXTENSION`. An item whose name a file or another item has
    /// fails before it is submitted; [`replace`](Self::replace) admits files.
    pub fn save_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets whether files are replaced that this batch did not write, or that were changed since: `false` by default.
    pub fn replace(mut self, replace: bool) -> Self {
        self.replace = replace;
        self
    }

    /// Keeps a journal in a file, so that the batch survives the end of the process, including a crash.
    ///
    /// A submission is recorded before it is sent, its job after the response, its files after the download. A later run with
    /// the same journal continues: finished items are reported again ([`Output::resumed`]), running jobs are waited for, the rest
    /// is submitted. If a submission was recorded but no response, its outcome is
    /// [unknown](crate::ErrorKind::SubmissionUnknown); such an item is reported, and submitted again only with
    /// [`resubmit_unknown`](Self::resubmit_unknown).
    ///
    /// An item is known by the [key](Request::key) of its request, by default its name; without one, by its model and input, and
    /// the number of equal requests before it. So requests can be added, removed and reordered between runs. A request whose key is
    /// known with another input is rejected, unless its job failed. Local media count by their path, relative to the folder of the
    /// journal. [`plan`](Self::plan) tells in advance what becomes of each request.
    ///
    /// The journal belongs to one service and one API key: see [`service_name`](Self::service_name) and [`rebind`](Self::rebind). The
    /// file is created if necessary, and locked: a second batch that uses it fails.
    ///
    /// With a journal, submissions are asynchronous even for fast models, because only then does a job have an id under
    /// which it can be found again. [`Request::try_sync`] overrides this.
    #[cfg(feature = "journal")]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Names the service and account that the journal or the fleet belongs to, instead of by base URL and API key. For an emulator
    /// that listens on another port each time.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.service_name = Some(name.into());
        self
    }

    /// Sets whether a journal that was written with another API key is used with this one: `false` by default. Right if both keys
    /// are of the same account, for example after a key was replaced; jobs of another account cannot be found.
    pub fn rebind(mut self, rebind: bool) -> Self {
        self.rebind = rebind;
        self
    }

    /// Processes the batch together with other processes: see [`Fleet`]. The database replaces the journal.
    ///
    /// Requests that are not in the database yet are added before the first is processed; a worker may add none. The
    /// stream yields the items that this worker processed, as they finish, and ends when none is left for any worker. If the
    /// connection to the database is lost, the stream ends with that error, as the result of the next item or under an
    /// index that no request has; other workers continue, and so does this one when it is run again. Each worker saves
    /// files into its own folder, or into one that all machines share.
    #[cfg(feature = "postgres")]
    pub fn fleet(mut self, fleet: Fleet) -> Self {
        self.fleet = Some(fleet);
        self
    }

    /// Sets whether items with an unknown outcome from an earlier run are submitted again: `false` by default, because they may
    /// have been accepted and be billed.
    pub fn resubmit_unknown(mut self, again: bool) -> Self {
        self.resubmit_unknown = again;
        self
    }

    /// Starts the batch. Nothing is submitted until the first result is requested.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the folder cannot be written or the journal cannot be read;
    /// [`Configuration`](crate::ErrorKind::Configuration) if another batch uses the journal, or if it belongs to another service
    /// or account.
    #[cfg_attr(not(feature = "postgres"), allow(unused_mut))]
    pub async fn run(mut self) -> Result<Results> {
        #[cfg(feature = "postgres")]
        if let Some(fleet) = self.fleet.take() {
            return self.run_in(fleet).await;
        }
        let (journal, hidden) = self.open_journal().await?;
        self.run_with(journal, hidden).await
    }

    /// Processes the requests as they come, with an open journal.
    async fn run_with(mut self, journal: Option<Arc<dyn Journal>>, hidden: Option<String>) -> Result<Results> {
        let requests = std::mem::replace(&mut self.requests, BoxStream::new(stream::empty()));
        let mut identities = journal.as_ref().map(|_| Identities::relative_to(self.journal_folder()));
        let items = requests.enumerate().map(move |(index, request)| {
            let identity = identities.as_mut().map(|identities| identities.next(&request)).transpose();
            Ok(Item { index, request, identity })
        });
        self.start(BoxStream::new(items), journal, hidden).await
    }

    /// Runs planned items. Recorded first are `assumed` states, by other evidence, and the new identities of `renamed` items.
    async fn run_planned(
        self,
        requests: Vec<Request>,
        identities: Vec<Result<Option<Identity>>>,
        assumed: Vec<(usize, State)>,
        renamed: Vec<(usize, ItemId)>,
    ) -> Result<Results> {
        let (journal, hidden) = self.open_journal().await?;
        if let Some(journal) = &journal {
            let record = |(index, state): (usize, State)| {
                let identity = identities.get(index).and_then(|identity| identity.as_ref().ok()?.clone());
                async move {
                    match identity {
                        Some(identity) => journal.record(&identity, Some(state), Commitment::Unchanged).await,
                        None => Ok(()),
                    }
                }
            };
            futures_util::future::try_join_all(assumed.into_iter().map(record)).await?;
            for (index, id) in renamed {
                if let Some(Ok(Some(identity))) = identities.get(index) {
                    rename(&**journal, id, identity).await?;
                }
            }
        }
        let items = requests.into_iter().zip(identities).enumerate();
        let items = items.map(|(index, (request, identity))| Ok(Item { index, request, identity }));
        self.start(BoxStream::new(stream::iter(items)), journal, hidden).await
    }

    /// Runs as a worker of a fleet.
    #[cfg(feature = "postgres")]
    async fn run_in(mut self, fleet: Fleet) -> Result<Results> {
        let requests = std::mem::replace(&mut self.requests, BoxStream::new(stream::empty()));
        let transport = &self.client.context().transport;
        transport.limits.share(Arc::new(journal::fleet::FleetRateLimiter::new(&fleet, transport.account())));
        self.budget.as_ref().map_or(Ok(()), Budget::check)?;
        let max_cost = self.budget.as_ref().map(Budget::limit);
        let options =
            journal::fleet::Enqueue { resubmit_unknown: self.resubmit_unknown, rebind: self.rebind, max_cost };
        let worker = fleet.enqueue(requests, &self.service(), options).await?;
        // Other workers process what lies between.
        self.ordered = false;
        self.start(BoxStream::new(Arc::clone(&worker).items()), Some(worker), None).await
    }

    /// Opens the journal, if the batch has one. Returns the name of its folder for unfinished files, too.
    async fn open_journal(&self) -> Result<(Option<Arc<dyn Journal>>, Option<String>)> {
        #[cfg(feature = "journal")]
        if let Some(path) = self.journal.clone() {
            let (service, rebind) = (self.service(), self.rebind);
            let failed = |e| crate::Error::io("the journal", std::io::Error::other(e));
            let opened = tokio::task::spawn_blocking(move || journal::file::FileJournal::open(&path, &service, rebind));
            let journal = opened.await.map_err(failed)??;
            let hidden = journal.hidden_folder().to_owned();
            return Ok((Some(Arc::new(journal)), Some(hidden)));
        }
        Ok((None, None))
    }

    /// Starts the items. `hidden` is the name of a folder for unfinished files that only this batch uses.
    async fn start(self, items: Items, journal: Option<Arc<dyn Journal>>, hidden: Option<String>) -> Result<Results> {
        let folder = match self.folder {
            Some(path) => Some(Folder::open(path, hidden, self.replace).await?),
            None => None,
        };
        let account = Account::open(self.budget, journal.as_deref())?;
        let worker = Worker {
            client: self.client,
            account,
            folder,
            journal,
            resubmit_unknown: self.resubmit_unknown,
            stopping: CancellationToken::new(),
            detaching: CancellationToken::new(),
            storage_failure: OnceLock::new(),
        };
        Ok(Results::new(items, worker, self.concurrency, self.ordered))
    }

    /// Collects the requests, for a plan.
    async fn take_requests(&mut self) -> Result<Vec<Request>> {
        #[cfg(feature = "postgres")]
        if self.fleet.is_some() {
            return Err(crate::Error::configuration("the items of a fleet are in its database; a fleet has no plan"));
        }
        Ok(std::mem::replace(&mut self.requests, BoxStream::new(stream::empty())).collect().await)
    }

    fn journal_path(&self) -> Option<&Path> {
        #[cfg(feature = "journal")]
        return self.journal.as_deref();
        #[cfg(not(feature = "journal"))]
        None
    }

    /// Returns the absolute folder of the journal.
    fn journal_folder(&self) -> Option<PathBuf> {
        let journal = std::path::absolute(self.journal_path()?).ok()?;
        journal.parent().map(Path::to_owned)
    }

    /// Returns the service and the account that the journal belongs to.
    fn service(&self) -> Service {
        let transport = &self.client.context().transport;
        match &self.service_name {
            Some(name) => Service { name: name.clone(), account: None },
            None => Service { name: transport.base.as_str().to_owned(), account: Some(transport.account()) },
        }
    }
}

/// Moves what a journal knows of an item to its new identity, so that a later request with the old one is another item.
async fn rename(journal: &dyn Journal, id: ItemId, identity: &Identity) -> Result<()> {
    let old = Identity { id, fingerprint: identity.fingerprint.clone() };
    if let Some(state) = journal.find(&old).await? {
        // If the process ends in between, both know the same job.
        journal.record(identity, Some(state), Commitment::Unchanged).await?;
        journal.record(&old, None, Commitment::Unchanged).await?;
    }
    Ok(())
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("concurrency", &self.concurrency)
            .field("ordered", &self.ordered)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
