//! Tests of the queue of one limit.

use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::*;

#[tokio::test(start_paused = true)]
async fn the_most_urgent_waiter_is_served_first_and_a_late_one_fails_at_once() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let queue = LimitQueue::new("status", Limit::Set(30), 0.05, Arc::default());
    // The burst is used up.
    queue.acquire(Urgency::Interactive, start, after(1)).await.unwrap();
    let waiting = [(50, 600), (20, 600), (40, 600), (30, 3), (10, 600)];
    let mut waiting: FuturesUnordered<_> =
        waiting
            .into_iter()
            .map(|(priority, deadline)| {
                let queue = &queue;
                async move {
                    (priority, queue.acquire(Urgency::Interactive, after(priority), after(deadline)).await.is_ok())
                }
            })
            .collect();
    let mut served = Vec::new();
    while let Some((priority, is_permitted)) = waiting.next().await {
        served.push((priority, is_permitted, start.elapsed().as_secs()));
    }
    // One about every 2.1 seconds. The fourth cannot meet its deadline behind those before it, and fails at once.
    assert_eq!(served, [(30, false, 0), (10, true, 2), (20, true, 4), (40, true, 6), (50, true, 8)]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_uses_no_permit() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let queue = LimitQueue::new("status", Limit::Set(30), 0.05, Arc::default());
    queue.acquire(Urgency::Interactive, start, after(1)).await.unwrap();
    let dropped = timeout_at(after(1), queue.acquire(Urgency::Interactive, after(5), after(600)));
    let (dropped, served) = tokio::join!(dropped, queue.acquire(Urgency::Interactive, after(10), after(600)));
    assert!(dropped.is_err() && served.is_ok());
    assert_eq!(start.elapsed().as_secs(), 2, "the first permit after the burst");
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_never_polled_again_holds_nobody_up() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let queue = LimitQueue::new("status", Limit::Set(30), 0.05, Arc::default());
    queue.acquire(Urgency::Interactive, start, after(1)).await.unwrap();
    let mut idle = std::pin::pin!(queue.acquire(Urgency::Interactive, after(5), after(600)));
    assert!(futures_util::FutureExt::now_or_never(&mut idle).is_none());
    queue.acquire(Urgency::Interactive, after(10), after(600)).await.unwrap();
    assert!((2..=5).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert!(futures_util::FutureExt::now_or_never(&mut idle).is_some());
}

#[test]
fn a_waiter_outlives_the_runtime_of_the_first() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let queue = Arc::new(LimitQueue::new("status", Limit::Set(6000), 0.0001, Arc::default()));
    let (first, second, deadline) = (runtime(), runtime(), Instant::now() + Duration::from_secs(60));
    first.block_on(queue.acquire(Urgency::Interactive, Instant::now(), deadline)).unwrap();
    let waiting = Arc::clone(&queue);
    first.spawn(async move { waiting.acquire(Urgency::Interactive, Instant::now(), deadline).await });
    first.block_on(tokio::task::yield_now());
    let (started, begun) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        second.block_on(async {
            started.send(()).unwrap();
            queue.acquire(Urgency::Interactive, Instant::now(), deadline).await
        })
    });
    begun.recv().unwrap();
    drop(first);
    thread.join().unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_a_deadline_is_told_at_once() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let queue = LimitQueue::new("status", Limit::Set(30), 0.05, Arc::default());
    queue.acquire(Urgency::Interactive, start, after(1)).await.unwrap();
    let rejected = async {
        tokio::task::yield_now().await;
        let headers = RateLimitHeaders { retry_after: Some(Duration::from_secs(42)), ..Default::default() };
        queue.update(true, &headers);
    };
    let (waited, ()) = tokio::join!(queue.acquire(Urgency::Interactive, start, after(10)), rejected);
    assert_eq!((waited, start.elapsed().as_secs()), (Err(Some(Duration::from_secs(42))), 0));
}

#[tokio::test(start_paused = true)]
async fn requests_of_batches_let_others_pass_and_do_not_starve() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    // One in two seconds.
    let queue = LimitQueue::new("model", Limit::Set(30), 0.05, Arc::default());
    queue.acquire(Urgency::Interactive, start, after(1)).await.unwrap();
    let mut waiting: FuturesUnordered<_> = (0..12)
        .map(|number| {
            let (queue, urgency) = (&queue, if number < 3 { Urgency::Batch } else { Urgency::Interactive });
            async move {
                queue.acquire(urgency, start, after(600)).await.unwrap();
                urgency
            }
        })
        .collect();
    let mut batches = Vec::new();
    while let Some(urgency) = waiting.next().await {
        if urgency == Urgency::Batch {
            batches.push(start.elapsed().as_secs());
        }
    }
    // Each time after ten seconds, although others wait, and the last one with nobody else.
    assert_eq!(batches.len(), 3);
    assert!((10..=13).contains(&batches[0]) && (20..=25).contains(&batches[1]), "{batches:?}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_leaves_something_of_the_limit_to_others_once_there_are_any() {
    let queue = LimitQueue::new("model", Limit::Documented(100), 1.0, Arc::default());
    let soon = || Instant::now() + Duration::from_millis(1);
    let at_once = async |urgency| {
        let mut count = 0;
        while queue.acquire(urgency, Instant::now(), soon()).await.is_ok() {
            queue.update(false, &RateLimitHeaders::default());
            count += 1;
        }
        count
    };
    assert_eq!(at_once(Urgency::Batch).await, 100, "nobody else");
    tokio::time::advance(Duration::from_secs(61)).await;
    queue.acquire(Urgency::Interactive, Instant::now(), soon()).await.unwrap();
    assert_eq!(at_once(Urgency::Batch).await, 95, "a twentieth is left");
    assert_eq!(at_once(Urgency::Interactive).await, 4);
}
