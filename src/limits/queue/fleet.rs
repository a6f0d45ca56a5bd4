//! Tests of several processes that share a limit, with a coordinator that keeps the rule of the database in memory.

use std::{future::Future, pin::Pin};

use futures_util::future::join_all;

use super::*;
use crate::limits::shared::Grant;

/// Requests that may be sent until a moment.
#[derive(Clone, Copy, Debug)]
struct Granted {
    until: Instant,
    count: u32,
    urgency: Urgency,
}

/// Keeps a log of what it granted. Each answer takes some time, half of it before it is computed.
#[derive(Debug)]
struct Coordinator {
    delay: Duration,
    granted: Mutex<Vec<Granted>>,
    questions: Mutex<Vec<Demand>>,
}

impl Coordinator {
    fn new(delay: u64) -> Arc<Self> {
        let delay = Duration::from_millis(delay);
        Arc::new(Self { delay, granted: Mutex::default(), questions: Mutex::default() })
    }

    fn answer(&self, quota: Quota, demand: Demand) -> Grant {
        let now = Instant::now();
        let mut granted = self.granted.lock().unwrap();
        granted.retain(|grant| grant.until + quota.period > now);
        let is_shared = granted.iter().any(|grant| grant.urgency == Urgency::Interactive);
        let reserved = if demand.urgency == Urgency::Batch && is_shared { quota.limit / 20 } else { 0 };
        let allowed = quota.limit - reserved;
        let count = demand.count.min(allowed.saturating_sub(granted.iter().map(|grant| grant.count).sum()));
        if count > 0 {
            granted.push(Granted { until: now + demand.validity, count, urgency: demand.urgency });
            return Grant { count, wait: Duration::ZERO };
        }
        let mut later = 0;
        let blocking = granted.iter().rev().find(|grant| {
            later += grant.count;
            later >= allowed
        });
        Grant { count, wait: blocking.map_or(Duration::ZERO, |grant| grant.until + quota.period - now) }
    }
}

impl SharedRateLimiter for Coordinator {
    fn reserve<'a>(
        &'a self,
        _queue: &'a str,
        quota: Quota,
        demand: Demand,
    ) -> Pin<Box<dyn Future<Output = Option<Grant>> + Send + 'a>> {
        self.questions.lock().unwrap().push(demand);
        Box::pin(async move {
            tokio::time::sleep(self.delay / 2).await;
            let grant = self.answer(quota, demand);
            tokio::time::sleep(self.delay / 2).await;
            Some(grant)
        })
    }
}

fn worker(coordinator: &Arc<Coordinator>, limit: Limit, burst: f64) -> Arc<LimitQueue> {
    let shared = Arc::new(OnceLock::new());
    shared.set(Arc::clone(coordinator) as Arc<dyn SharedRateLimiter>).unwrap();
    Arc::new(LimitQueue::new("model", limit, burst, shared))
}

/// Sends requests as soon as possible, at most `concurrency` at a time, each with its response after a while; returns the times.
async fn send(queue: Arc<LimitQueue>, urgency: Urgency, count: u32, concurrency: u32) -> Vec<Instant> {
    let senders = (0..concurrency).map(async |sender| {
        let mut times = Vec::new();
        for _ in (sender..count).step_by(concurrency as usize) {
            let now = Instant::now();
            queue.acquire(urgency, now, now + Duration::from_secs(3600)).await.unwrap();
            times.push(Instant::now());
            tokio::time::sleep(Duration::from_millis(30)).await;
            queue.update(false, &RateLimitHeaders::default());
        }
        times
    });
    join_all(senders).await.concat()
}

#[tokio::test(start_paused = true)]
async fn workers_together_send_the_whole_limit_at_once_and_never_more_in_a_minute() {
    for (limit, workers, concurrency, delay) in
        [(500, 4, 64, 4), (500, 1, 64, 4), (500, 20, 8, 40), (5, 3, 2, 4), (1, 2, 1, 4), (150, 3, 64, 700)]
    {
        let (coordinator, start) = (Coordinator::new(delay), Instant::now());
        let each = 3 * limit / workers + 1;
        let tasks = (0..workers).map(|_| worker(&coordinator, Limit::Documented(limit), 1.0));
        let sent = join_all(tasks.map(|queue| send(queue, Urgency::Batch, each, concurrency))).await;
        let mut times = sent.concat();
        times.sort();
        let case = format!("{limit} per minute, {workers} workers, {delay} ms");
        for (first, last) in times.iter().zip(&times[limit as usize..]) {
            assert!(*last - *first >= Duration::from_millis(60_200), "{case}: {:?}", *last - *first);
        }
        // If answers are slow, each worker loses the first one.
        let lost = if delay > 200 { workers } else { 0 };
        let took = |count: u32| (times[(count * limit - lost) as usize - 1] - start).as_secs_f64();
        let delays = 0.001 * delay as f64;
        assert!(took(1) < 0.5 + 15.0 * delays, "{case}: {:.2} s for the first", took(1));
        assert!(took(2) - took(1) < 60.5 + 15.0 * delays, "{case}: {:.2} s until the second", took(2) - took(1));
        let questions = coordinator.questions.lock().unwrap().len();
        let most = times.len() * if concurrency < 8 { 6 } else { 1 };
        assert!(questions <= most, "{case}: {questions} questions for {} requests", times.len());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_reserved_that_nobody_waits_for() {
    let coordinator = Coordinator::new(4);
    let queue = worker(&coordinator, Limit::Documented(500), 1.0);
    for _ in 0..5 {
        send(Arc::clone(&queue), Urgency::Batch, 1, 1).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let questions: Vec<u32> = coordinator.questions.lock().unwrap().iter().map(|demand| demand.count).collect();
    assert_eq!(questions, [1; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_somebody_waits_for_does_not_wait_for_batches_of_other_workers() {
    let coordinator = Coordinator::new(4);
    let own = worker(&coordinator, Limit::Documented(100), 1.0);
    send(Arc::clone(&own), Urgency::Interactive, 1, 1).await;
    let others = worker(&coordinator, Limit::Documented(100), 1.0);
    let batch = tokio::spawn(send(others, Urgency::Batch, 150, 50));
    // A batch of its own does not hold it up, either.
    let own_batch = tokio::spawn(send(Arc::clone(&own), Urgency::Batch, 150, 5));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let asked = Instant::now();
    send(own, Urgency::Interactive, 1, 1).await;
    assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
    assert!(!batch.is_finished() && !own_batch.is_finished());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_does_not_wait_succeeds_the_next_time() {
    let coordinator = Coordinator::new(4);
    let queue = worker(&coordinator, Limit::Documented(500), 1.0);
    for _ in 0..3 {
        let wait = queue.try_acquire().unwrap_err();
        tokio::time::sleep(wait).await;
        assert_eq!(queue.try_acquire(), Ok(()));
    }
    assert_eq!(coordinator.questions.lock().unwrap().len(), 3);
    // What others have used up is told.
    let others = worker(&coordinator, Limit::Documented(500), 1.0);
    send(others, Urgency::Interactive, 497, 64).await;
    tokio::time::sleep(queue.try_acquire().unwrap_err()).await;
    assert!(queue.try_acquire().unwrap_err() > Duration::from_secs(50));
    assert!(queue.expected_wait(0) > Duration::from_secs(50));
}

#[tokio::test(start_paused = true)]
async fn a_worker_asks_for_what_it_may_send_itself() {
    let coordinator = Coordinator::new(4);
    // Rejected far below the limit: this worker goes over to an even pace, and leaves the rest to others.
    let queue = worker(&coordinator, Limit::Documented(600), 1.0);
    send(Arc::clone(&queue), Urgency::Batch, 10, 10).await;
    queue.update(true, &RateLimitHeaders::default());
    coordinator.questions.lock().unwrap().clear();
    send(queue, Urgency::Batch, 20, 20).await;
    let questions: Vec<u32> = coordinator.questions.lock().unwrap().iter().map(|demand| demand.count).collect();
    assert!(questions.iter().all(|count| *count == 1) && questions.len() <= 21, "{questions:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_the_fleet_cannot_meet_fails_at_once() {
    let coordinator = Coordinator::new(4);
    let others = worker(&coordinator, Limit::Documented(10), 1.0);
    send(others, Urgency::Batch, 10, 10).await;
    coordinator.questions.lock().unwrap().clear();
    let queue = worker(&coordinator, Limit::Documented(10), 1.0);
    // The first asks; the second need not, because the answer holds for it, too.
    for questions in [1, 1] {
        let start = Instant::now();
        let waited = queue.acquire(Urgency::Batch, start, start + Duration::from_secs(20)).await;
        assert!(matches!(waited, Err(Some(wait)) if wait > Duration::from_secs(50)), "{waited:?}");
        assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
        assert_eq!(coordinator.questions.lock().unwrap().len(), questions);
    }
}
