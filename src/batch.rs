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

use std::path::PathBuf;

use futures_util::{Stream, StreamExt as _, stream};

use crate::{Client, Error, Request};

mod files;
mod results;
mod work;

pub use results::{Results, Stopper, Summary};
pub use work::Output;

use files::Folder;
use results::Requests;
use work::Worker;

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
}

impl Batch {
    fn new(client: Client, requests: Requests) -> Self {
        Self { client, requests, concurrency: CONCURRENCY, ordered: false, folder: None }
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

    /// Saves every file into a folder, which is made if need be, as `INDEX-ID.EXTENSION`. Of several files of one item
    /// each has its number behind the id.
    pub fn save_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Begins to work. Nothing is submitted before the first result is asked for.
    ///
    /// # Errors
    ///
    /// Io, when the folder cannot be made.
    pub async fn run(self) -> Result<Results, Error> {
        let folder = match self.folder {
            Some(path) => Some(Folder::open(path).await?),
            None => None,
        };
        let worker = Worker::new(self.client, folder);
        Ok(Results::new(self.requests, worker, self.concurrency, self.ordered))
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
