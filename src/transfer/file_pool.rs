//! Reads files on a bounded number of threads of the runtime.
//!
//! The runtime alone would start another thread whenever the previous one is not idle yet, up to 512 of them.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, task::spawn_blocking};

use crate::{Error, Result, error::ErrorKind};

/// Maximum number of threads.
const MAX_THREADS: usize = 8;
/// How long a thread waits for more work. Ending a runtime waits for it, so it is short.
const IDLE: Duration = Duration::from_millis(10);

type Job = Box<dyn FnOnce() + Send>;

/// A pool of threads for one client.
#[derive(Clone, Default)]
pub(super) struct FilePool {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

/// Work that was started.
pub(super) struct Started<T> {
    result: oneshot::Receiver<Result<T>>,
}

impl<T> Started<T> {
    /// Waits for the result.
    pub(super) async fn join(self) -> Result<T> {
        // The sender is dropped if the work panics, or the runtime ends.
        self.result.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "reading a file was aborted")))
    }
}

impl FilePool {
    /// Starts work, or queues it while all threads are busy.
    pub(super) fn start<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Started<T> {
        let (sender, result) = oneshot::channel();
        self.enqueue(Box::new(move || {
            // The receiver is dropped when the upload is.
            if !sender.is_closed() {
                let _ = sender.send(work());
            }
        }));
        Started { result }
    }

    fn enqueue(&self, job: Job) {
        let mut queue = self.shared.queue();
        queue.jobs.push_back(job);
        if queue.jobs.len() <= queue.idle {
            self.shared.arrived.notify_one();
        } else if queue.threads < MAX_THREADS {
            queue.threads += 1;
            let thread = Thread { shared: Arc::clone(&self.shared) };
            drop(spawn_blocking(move || thread.run()));
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads. It counts until it is dropped, even if the runtime never runs it.
struct Thread {
    shared: Arc<Shared>,
}

impl Thread {
    /// Works until nothing is left to do.
    fn run(self) {
        let mut queue = self.shared.queue();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // Nothing panics here; if it did, the thread would go on.
                let _ = catch_unwind(AssertUnwindSafe(job));
                queue = self.shared.queue();
                continue;
            }
            queue.idle += 1;
            let waited = self.shared.arrived.wait_timeout(queue, IDLE).unwrap_or_else(PoisonError::into_inner);
            queue = waited.0;
            queue.idle -= 1;
            if waited.1.timed_out() && queue.jobs.is_empty() {
                return;
            }
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.shared.queue().threads -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread::current};

    use super::*;

    #[tokio::test]
    async fn a_thousand_jobs_share_eight_threads() {
        let pool = FilePool::default();
        let jobs: Vec<_> = (0..1000).map(|number| pool.start(move || Ok((number, current().id())))).collect();
        let mut threads = HashSet::new();
        for (number, job) in jobs.into_iter().enumerate() {
            let (result, thread) = job.join().await.unwrap();
            assert_eq!(result, number);
            threads.insert(thread);
        }
        assert!(threads.len() <= MAX_THREADS, "{}", threads.len());
    }

    #[tokio::test]
    async fn an_error_is_returned_and_a_panic_is_an_error() {
        let pool = FilePool::default();
        for _ in 0..2 * MAX_THREADS {
            let failed = pool.start(|| Err::<(), _>(Error::new(ErrorKind::Io, "no such file"))).join().await;
            assert_eq!(failed.unwrap_err().message(), "no such file");
            #[allow(unreachable_code, clippy::panic, reason = "what a defect would do")]
            let aborted = pool.start(|| -> Result<()> { panic!("a defect") }).join().await;
            assert!(aborted.unwrap_err().message().contains("aborted"));
        }
    }

    #[test]
    fn a_pool_works_in_one_runtime_after_the_other() {
        let pool = FilePool::default();
        for _ in 0..2 * MAX_THREADS {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                drop(pool.start(|| Ok(1)));
                assert_eq!(pool.start(|| Ok(2)).join().await.unwrap(), 2);
            });
        }
    }
}
