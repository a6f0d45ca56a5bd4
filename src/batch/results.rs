//! The results of a batch: a stream that drives it.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::{Stream, StreamExt};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    summary::Summary,
    worker::{Item, Output, Worker, not_submitted},
};
use crate::{Error, Result, stream::BoxStream};

/// The source of items. If it fails, the error comes with an index that no request has.
pub(super) type Items = BoxStream<Result<Item, (usize, Error)>>;
type Finished = (usize, Result<Output>);

/// The results of a batch: a stream of each item's result with the index of its request.
///
/// Reading it drives the batch: without a reader, items in progress continue but no further one is started. Dropping it
/// drops the items in progress, whose jobs continue at the service; [`stop`](Self::stop) and [`detach`](Self::detach) end a
/// batch gracefully.
#[must_use = "nothing is submitted unless the results are read"]
pub struct Results {
    items: Option<Items>,
    worker: Arc<Worker>,
    concurrency: usize,
    running: JoinSet<Finished>,
    /// Results that are held back for the order, and the index of the next.
    waiting: Option<(Early, usize)>,
    stop: CancellationToken,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    summary: Summary,
    started: Instant,
}

/// Results that arrived before those of lower indices.
type Early = BTreeMap<usize, Result<Output>>;

impl Results {
    pub(super) fn new(items: Items, worker: Worker, concurrency: usize, ordered: bool) -> Self {
        let stop = worker.stopping.clone();
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

    /// Starts no further item. Items in progress finish; keep reading to receive them.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Starts no further item and stops waiting for jobs.
    ///
    /// A job that is still running is reported as an error of kind [`Timeout`](crate::ErrorKind::Timeout) with its
    /// [`job`](Error::job). Submissions and downloads in progress finish. Keep reading to receive everything.
    pub fn detach(&self) {
        self.stop.cancel();
        self.worker.detaching.cancel();
    }

    /// Returns a handle that stops the batch from another task, for example after an hour.
    ///
    /// ```no_run
    /// # async fn example(results: pruna::batch::Results) {
    /// let stop_handle = results.stop_handle();
    /// tokio::spawn(async move {
    ///     tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    ///     stop_handle.stop();
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle { stop: self.stop.clone(), detaching: self.worker.detaching.clone() }
    }

    /// Waits for the next result; `None` at the end of the batch.
    pub async fn next(&mut self) -> Option<(usize, Result<Output>)> {
        StreamExt::next(self).await
    }

    /// Returns the counts so far; at the end of the stream, those of the whole batch.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let account = &self.worker.account;
        Summary { cost: account.committed(), unpriced: account.unpriced(), ..self.summary.clone() }
    }

    /// Returns the number of items in progress.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.running.len() + self.waiting.as_ref().map_or(0, |(results, _)| results.len())
    }

    /// Starts items up to the concurrency limit.
    fn start_items(&mut self, context: &mut Context<'_>) {
        if self.stopped.as_mut().poll(context).is_ready() {
            self.items = None;
        }
        while self.in_flight() < self.concurrency
            && let Some(items) = &mut self.items
        {
            match items.poll_next_unpin(context) {
                Poll::Ready(Some(Err((index, broken)))) => {
                    self.items = None;
                    self.running.spawn(async move { (index, Err(broken)) });
                }
                Poll::Ready(Some(Ok(item))) => {
                    let (index, worker) = (item.index, Arc::clone(&self.worker));
                    if let Some(why) = self.worker.storage_failure.get() {
                        // The first item that is not started reports the reason; no further one is taken.
                        let error = not_submitted(why);
                        self.items = None;
                        self.running.spawn(async move { (index, Err(error)) });
                        return;
                    }
                    let number = worker.account.next_number();
                    self.running.spawn(async move { (index, worker.process(item, number).await) });
                }
                Poll::Ready(None) => self.items = None,
                Poll::Pending => return,
            }
        }
    }

    /// Polls for the next result, in order or as they finish.
    fn poll_finished(&mut self, context: &mut Context<'_>) -> Poll<Option<Finished>> {
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
                    // Tasks are canceled only by dropping this stream, or with the whole runtime.
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
    type Item = (usize, Result<Output>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.start_items(context);
        let finished = ready!(this.poll_finished(context));
        if finished.is_none() && this.items.is_some() {
            // Nothing is in progress, and the source will wake this task.
            return Poll::Pending;
        }
        if let Some((_, result)) = &finished {
            this.summary.count(result);
            this.summary.elapsed = this.started.elapsed();
            // A finished item makes room for the next before its result is looked at.
            this.start_items(context);
        }
        Poll::Ready(finished)
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("in_flight", &self.in_flight()).field("summary", &self.summary()).finish()
    }
}

/// Stops a batch from another task: see [`Results::stop_handle`].
#[derive(Clone, Debug)]
pub struct StopHandle {
    stop: CancellationToken,
    detaching: CancellationToken,
}

impl StopHandle {
    /// See [`Results::stop`].
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// See [`Results::detach`].
    pub fn detach(&self) {
        self.stop.cancel();
        self.detaching.cancel();
    }
}
