//! Many requests at once: bounded in flight, each result as it comes, each failure its own.
//!
//! ```no_run
//! # async fn example() -> Result<(), pruna::Error> {
//! use futures_util::StreamExt as _;
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
//! Requests are taken from their source only as fast as results are read, so a million of them need no more memory than
//! [`concurrency`](Batch::concurrency) many. Each item obeys the same doctrine as [`Client::generate`]: a submission whose
//! fate is unknown is reported and not sent again.

use std::{
    ffi::OsStr,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use futures_util::{Stream, StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use crate::{Client, Error, Request};

mod files;
mod journal;
mod results;
mod work;

#[cfg(feature = "postgres")]
pub use journal::fleet::Fleet;
pub use results::{Results, StopHandle, Summary};
pub use work::Output;

use files::Folder;
use journal::Journal;
use results::Items;
use work::{Item, Worker};

type Requests = std::pin::Pin<Box<dyn Stream<Item = Request> + Send>>;

/// How many items are in flight unless the caller says otherwise.
const CONCURRENCY: usize = 256;

impl Client {
    /// Many requests, worked on together: see [`batch`](crate::batch).
    pub fn batch<I>(&self, requests: I) -> Batch
    where
        I: IntoIterator<Item: Into<Request>, IntoIter: Send + 'static>,
    {
        self.batch_stream(stream::iter(requests))
    }

    /// As [`batch`](Self::batch), with requests that arrive over time.
    pub fn batch_stream<S>(&self, requests: S) -> Batch
    where
        S: Stream<Item: Into<Request>> + Send + 'static,
    {
        Batch::new(self.clone(), Box::pin(requests.map(Into::into)))
    }
}

/// A batch before it runs. Made by [`Client::batch`].
#[must_use = "nothing is sent before run is awaited"]
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
            concurrency: CONCURRENCY,
            ordered: false,
            folder: None,
            #[cfg(feature = "journal")]
            journal: None,
            #[cfg(feature = "postgres")]
            fleet: None,
            resubmit_unknown: false,
        }
    }

    /// How many items are in flight at most, from submission to the saved file. 256 by default, at least 1.
    ///
    /// A waiting job costs a few kilobytes, so the number may well be 10,000. It should be at least the submissions a
    /// minute that the service allows times the minutes a job takes; how many requests are open at once is bounded apart
    /// from it.
    pub fn concurrency(mut self, items: usize) -> Self {
        self.concurrency = items.max(1);
        self
    }

    /// Whether results come in the order of the requests. By default they come as they finish. In order, an item that
    /// takes long holds back those after it, and those that wait for their turn count as in flight.
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.ordered = ordered;
        self
    }

    /// Saves every file into a folder, which is made if need be, as `INDEX-ID.EXTENSION`, or as `NAME.EXTENSION` if the
    /// request has a [name](Request::name). Of several files of one item each has its number behind that.
    pub fn save_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Keeps a journal, so that the batch survives the end of the process, a crash included.
    ///
    /// Before a submission its intent is noted, after the answer its job, after the download its files. A later run with
    /// the same requests and the same journal continues: what is finished is reported as it was
    /// ([`Output::resumed`]), jobs that run are waited for, the rest is submitted. Where a submission was begun and no
    /// answer was noted, nobody knows whether the service took it: such an item is reported as
    /// [unknown](Error::is_submission_unknown), and sent again only with [`resubmit_unknown`](Self::resubmit_unknown).
    ///
    /// The file is made if need be. It is locked: a second batch on it is an error.
    ///
    /// With a journal submissions are asynchronous, also of models that would answer at once, unless a request asks for
    /// [`try_sync`](Request::try_sync) itself: only so a job has a handle to be found again by.
    #[cfg(feature = "journal")]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Works on the batch together with other processes: see [`Fleet`]. The database takes the place of the journal.
    ///
    /// The requests are entered before the first is worked on, where they are not there yet; a worker may well give none.
    /// The stream has the items that this worker did, as they finish, and ends when none is left for anybody. When the
    /// database is lost it ends with that error, as the result of the item that would have been next, or under the first
    /// index that no request has: others go on, and so does this one when it is run again. Files are saved by each worker
    /// into its own folder, or into one that all machines see.
    #[cfg(feature = "postgres")]
    pub fn fleet(mut self, fleet: Fleet) -> Self {
        self.fleet = Some(fleet);
        self
    }

    /// Whether items of which an earlier run does not know what became of them are submitted again. By default not: they
    /// may have been taken, and paid for.
    pub fn resubmit_unknown(mut self, again: bool) -> Self {
        self.resubmit_unknown = again;
        self
    }

    /// Begins to work. Nothing is submitted before the first result is asked for.
    ///
    /// # Errors
    ///
    /// Io, when the folder cannot be made or the journal cannot be read; configuration, when another batch uses the
    /// journal.
    #[cfg_attr(not(feature = "postgres"), allow(unused_mut))]
    pub async fn run(mut self) -> Result<Results, Error> {
        #[cfg(feature = "postgres")]
        if let Some(fleet) = self.fleet.take() {
            return self.run_in(fleet).await;
        }
        #[cfg(feature = "journal")]
        if let Some(path) = self.journal.take() {
            let owner = path.file_name().map(ToOwned::to_owned);
            let failed = |e| Error::io("the journal", std::io::Error::other(e));
            let opened = tokio::task::spawn_blocking(move || journal::file::FileJournal::open(&path)).await;
            let journal = Arc::new(opened.map_err(failed)??);
            return self.run_with(Some(journal), owner.as_deref()).await;
        }
        self.run_with(None, None).await
    }

    /// Runs through all requests with an open journal, which has that name.
    async fn run_with(mut self, journal: Option<Arc<dyn Journal>>, owner: Option<&OsStr>) -> Result<Results, Error> {
        let requests = std::mem::replace(&mut self.requests, Box::pin(stream::empty()));
        let items = requests.enumerate().map(|(index, request)| Ok(Item { index, request }));
        self.start(Box::pin(items), journal, owner).await
    }

    /// Runs as one worker of a fleet.
    #[cfg(feature = "postgres")]
    async fn run_in(mut self, fleet: Fleet) -> Result<Results, Error> {
        let requests = std::mem::replace(&mut self.requests, Box::pin(stream::empty()));
        let transport = self.client.transport();
        transport.limits.share(Arc::new(journal::fleet::FleetPace::new(&fleet, transport.account())));
        let worker = fleet.enter(requests, self.resubmit_unknown).await?;
        // Others do what lies between.
        self.ordered = false;
        self.start(Box::pin(Arc::clone(&worker).items()), Some(worker), None).await
    }

    async fn start(
        self,
        items: Items,
        journal: Option<Arc<dyn Journal>>,
        owner: Option<&OsStr>,
    ) -> Result<Results, Error> {
        let folder = match self.folder {
            Some(path) => Some(Folder::open(path, owner).await?),
            None => None,
        };
        let worker = Worker {
            client: self.client,
            folder,
            journal,
            resubmit_unknown: self.resubmit_unknown,
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
