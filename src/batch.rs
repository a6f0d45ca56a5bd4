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
    ffi::OsStr,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use futures_util::{Stream, StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use crate::{Client, Request, Result, stream::BoxStream};

mod folder;
mod journal;
mod results;
mod summary;
mod worker;

#[cfg(feature = "postgres")]
pub use journal::fleet::Fleet;
pub use results::{Results, StopHandle};
pub use summary::Summary;
pub use worker::Output;

use folder::Folder;
use journal::Journal;
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
    folder: Option<PathBuf>,
    #[cfg(feature = "journal")]
    journal: Option<PathBuf>,
    #[cfg(feature = "postgres")]
    fleet: Option<Fleet>,
    resubmit_unknown: bool,
}

impl Batch {
    fn new(client: Client, requests: Requests) -> Self {
        Self {
            client,
            requests,
            concurrency: DEFAULT_CONCURRENCY,
            ordered: false,
            folder: None,
            #[cfg(feature = "journal")]
            journal: None,
            #[cfg(feature = "postgres")]
            fleet: None,
            resubmit_unknown: false,
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

    /// Saves all files into a folder, which is created if necessary.
    ///
    /// Files are named `INDEX-ID.EXTENSION`, or `NAME.EXTENSION` if the request has a [name](Request::name). If an item has
    /// several files, their numbers follow, counted from 0: `NAME-0.EXTENSION`.
    pub fn save_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Keeps a journal in a file, so that the batch survives the end of the process, including a crash.
    ///
    /// A submission is recorded before it is sent, its job after the response, its files after the download. A later run
    /// with the same requests and the same journal continues: finished items are reported again
    /// ([`Output::resumed`]), running jobs are waited for, the rest is submitted. If a submission was recorded but no
    /// response, its outcome is [unknown](crate::ErrorKind::SubmissionUnknown); such an item is reported, and submitted
    /// again only with [`resubmit_unknown`](Self::resubmit_unknown).
    ///
    /// The file is created if necessary, and locked: a second batch that uses it fails.
    ///
    /// With a journal, submissions are asynchronous even for fast models, because only then does a job have an id under
    /// which it can be found again. [`Request::try_sync`] overrides this.
    #[cfg(feature = "journal")]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
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
    /// [`Io`](crate::ErrorKind::Io) if the folder cannot be created or the journal cannot be read;
    /// [`Configuration`](crate::ErrorKind::Configuration) if another batch uses the journal.
    #[cfg_attr(not(feature = "postgres"), allow(unused_mut))]
    pub async fn run(mut self) -> Result<Results> {
        #[cfg(feature = "postgres")]
        if let Some(fleet) = self.fleet.take() {
            return self.run_in(fleet).await;
        }
        #[cfg(feature = "journal")]
        if let Some(path) = self.journal.take() {
            let owner = path.file_name().map(ToOwned::to_owned);
            let failed = |e| crate::Error::io("the journal", std::io::Error::other(e));
            let opened = tokio::task::spawn_blocking(move || journal::file::FileJournal::open(&path)).await;
            let journal = Arc::new(opened.map_err(failed)??);
            return self.run_with(Some(journal), owner.as_deref()).await;
        }
        self.run_with(None, None).await
    }

    /// Processes all requests with an open journal of that name.
    async fn run_with(mut self, journal: Option<Arc<dyn Journal>>, owner: Option<&OsStr>) -> Result<Results> {
        let requests = std::mem::replace(&mut self.requests, BoxStream::new(stream::empty()));
        let items = requests.enumerate().map(|(index, request)| Ok(Item { index, request }));
        self.start(BoxStream::new(items), journal, owner).await
    }

    /// Runs as a worker of a fleet.
    #[cfg(feature = "postgres")]
    async fn run_in(mut self, fleet: Fleet) -> Result<Results> {
        let requests = std::mem::replace(&mut self.requests, BoxStream::new(stream::empty()));
        let transport = &self.client.context().transport;
        transport.limits.share(Arc::new(journal::fleet::FleetRateLimiter::new(&fleet, transport.account())));
        let worker = fleet.enqueue(requests, self.resubmit_unknown).await?;
        // Other workers process what lies between.
        self.ordered = false;
        self.start(BoxStream::new(Arc::clone(&worker).items()), Some(worker), None).await
    }

    async fn start(self, items: Items, journal: Option<Arc<dyn Journal>>, owner: Option<&OsStr>) -> Result<Results> {
        let folder = match self.folder {
            Some(path) => Some(Folder::open(path, owner).await?),
            None => None,
        };
        let worker = Worker {
            client: self.client,
            folder,
            journal,
            resubmit_unknown: self.resubmit_unknown,
            stopping: CancellationToken::new(),
            detaching: CancellationToken::new(),
            journal_failure: OnceLock::new(),
        };
        Ok(Results::new(items, worker, self.concurrency, self.ordered))
    }
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
