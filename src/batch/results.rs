//! The results of a batch as a stream, which drives the batch.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::Stream;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::work::{Item, Output, Worker};
use crate::{Error, error::ErrorKind};

/// Where items come from. A source that breaks off says why, under an index that no request has.
pub(super) type Items = Pin<Box<dyn Stream<Item = Result<Item, (usize, Error)>> + Send>>;
type Finished = (usize, Result<Output, Error>);

/// The results of a batch, each with the index of its request. The stream ends when all items have.
///
/// Reading it drives the batch: while nobody reads, what is in flight goes on but nothing new is begun. Dropping it drops
/// what is in flight, whose jobs go on with the service; [`stop`](Self::stop) and [`detach`](Self::detach) end a
/// batch in good order.
pub struct Results {
    items: Option<Items>,
    worker: Arc<Worker>,
    concurrency: usize,
    running: JoinSet<Finished>,
    /// Results that wait for their turn, when they are to come in order, and the index whose turn it is.
    waiting: Option<(Early, usize)>,
    stop: CancellationToken,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    summary: Summary,
    started: Instant,
}

/// Results that came before those of lower indices.
type Early = BTreeMap<usize, Result<Output, Error>>;

impl Results {
    pub(super) fn new(items: Items, worker: Worker, concurrency: usize, ordered: bool) -> Self {
        let stop = CancellationToken::new();
        Self {
            items: Some(items),
            worker: Arc::new(worker),
            concurrency,
            running: JoinSet::new(),
            waiting: ordered.then(Default::default),
            stopped: Box::pin(stop.clone().cancelled_owned()),
            stop,
            summary: Summary::default(),
            started: Instant::now(),
        }
    }

    /// Begins no further item. What is in flight is finished; read on to get it.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Begins no further item and waits for no job any longer: what runs comes as an error with its
    /// [`job`](Error::job), of the kind [deadline](Error::is_timeout). A submission under way is still answered, a
    /// download under way still finished. Read on to get it all.
    pub fn detach(&self) {
        self.stop.cancel();
        self.worker.detaching.cancel();
    }

    /// A handle by which the batch can be stopped from elsewhere, say when the program is interrupted.
    ///
    /// ```no_run
    /// # async fn example(results: pruna::batch::Results) {
    /// let stop_handle = results.stop_handle();
    /// tokio::spawn(async move {
    ///     if tokio::time::timeout(std::time::Duration::from_secs(3600), std::future::pending::<()>()).await.is_err() {
    ///         stop_handle.stop();
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle { stop: self.stop.clone(), detaching: self.worker.detaching.clone() }
    }

    /// What has come of the batch so far; at the end of the stream, of all of it.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.summary.clone()
    }

    /// How many items are in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.running.len() + self.waiting.as_ref().map_or(0, |(results, _)| results.len())
    }

    /// Begins items until there are enough of them, or none to be had.
    fn begin(&mut self, context: &mut Context<'_>) {
        if self.stopped.as_mut().poll(context).is_ready() {
            self.items = None;
        }
        while self.in_flight() < self.concurrency
            && let Some(items) = &mut self.items
        {
            match items.as_mut().poll_next(context) {
                Poll::Ready(Some(Err((index, broken)))) => {
                    self.items = None;
                    self.running.spawn(async move { (index, Err(broken)) });
                }
                Poll::Ready(Some(Ok(item))) => {
                    let (index, worker) = (item.index, Arc::clone(&self.worker));
                    if let Some(why) = self.worker.journal_failure.get() {
                        // The first item that is not begun tells why; there is no use in taking any more.
                        let error = Error::new(ErrorKind::Io, format!("not begun, because of the journal: {why}"));
                        self.items = None;
                        self.running.spawn(async move { (index, Err(error)) });
                        return;
                    }
                    self.running.spawn(async move { (index, worker.work(item).await) });
                }
                Poll::Ready(None) => self.items = None,
                Poll::Pending => return,
            }
        }
    }

    /// The next result, in order or as they finish.
    fn finished(&mut self, context: &mut Context<'_>) -> Poll<Option<Finished>> {
        loop {
            if let Some((results, turn)) = &mut self.waiting
                && let Some(result) = results.remove(turn)
            {
                *turn += 1;
                return Poll::Ready(Some((*turn - 1, result)));
            }
            let (index, result) = match ready!(self.running.poll_join_next(context)) {
                Some(Ok(finished)) => finished,
                Some(Err(error)) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // Tasks are cancelled only by dropping this stream, or with the whole runtime.
                    Err(_) => continue,
                },
                None => return Poll::Ready(None),
            };
            match &mut self.waiting {
                Some((results, _)) => results.insert(index, result),
                None => return Poll::Ready(Some((index, result))),
            };
        }
    }
}

impl Stream for Results {
    type Item = (usize, Result<Output, Error>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.begin(context);
        let finished = ready!(this.finished(context));
        if finished.is_none() && this.items.is_some() {
            // Nothing is in flight and the source has nothing yet; it will wake us.
            return Poll::Pending;
        }
        if let Some((_, result)) = &finished {
            this.summary.count(result);
            this.summary.elapsed = this.started.elapsed();
            // What has ended makes room for what is next, before its result is looked at.
            this.begin(context);
        }
        Poll::Ready(finished)
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("in_flight", &self.in_flight()).field("summary", &self.summary).finish()
    }
}

/// Stops a batch from elsewhere: see [`Results::stop_handle`].
#[derive(Clone, Debug)]
pub struct StopHandle {
    stop: CancellationToken,
    detaching: CancellationToken,
}

impl StopHandle {
    /// As [`Results::stop`].
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// As [`Results::detach`].
    pub fn detach(&self) {
        self.stop.cancel();
        self.detaching.cancel();
    }
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Items with a result.
    pub succeeded: usize,
    /// Those of them that an earlier run had finished.
    pub resumed: usize,
    /// Items that failed; those of the next two kinds are not among them.
    pub failed: usize,
    /// Items of which it is unknown whether the service took them: [`Error::is_submission_unknown`].
    pub unknown: usize,
    /// Items whose time was over or whose batch was stopped; their jobs may be running: [`Error::is_timeout`].
    pub unfinished: usize,
    /// Files saved.
    pub files: usize,
    /// Bytes in those files.
    pub bytes: u64,
    /// Time from the start to the last result.
    pub elapsed: Duration,
}

impl Summary {
    /// How many items have ended, one way or another.
    #[must_use]
    pub fn items(&self) -> usize {
        self.succeeded + self.failed + self.unknown + self.unfinished
    }

    fn count(&mut self, result: &Result<Output, Error>) {
        match result {
            Ok(output) => {
                self.succeeded += 1;
                self.resumed += usize::from(output.resumed);
                self.files += output.files.len();
                self.bytes += output.files.iter().map(|file| file.bytes).sum::<u64>();
            }
            Err(error) if error.is_submission_unknown() => self.unknown += 1,
            Err(error) if error.is_timeout() => self.unfinished += 1,
            Err(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} succeeded", self.succeeded, self.items())?;
        if self.resumed > 0 {
            write!(f, " ({} of them earlier)", self.resumed)?;
        }
        for (count, what) in [(self.failed, "failed"), (self.unknown, "unknown"), (self.unfinished, "unfinished")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if self.files > 0 {
            write!(f, "; {} files, {} bytes", self.files, self.bytes)?;
        }
        write!(f, "; {:.1} s", self.elapsed.as_secs_f64())
    }
}
