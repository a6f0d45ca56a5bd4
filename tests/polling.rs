//! Results are noticed promptly, and all polls of a client together stay within their budget. On a paused clock, against a
//! service without sockets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use pruna::{
    Client, ClientBuilder, Model, Request,
    inputs::WanT2v,
    limits::Limits,
    poll::{PollContext, PollPolicy},
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    limits::assert_within_limit,
    simulated::{Received, Service},
};

/// The documented limit of status requests per minute.
const STATUS_LIMIT: usize = 30_000;

/// Limits on status requests only, so that any number of jobs is in progress at once, and a deadline that is not reached.
fn builder(status_per_minute: usize) -> ClientBuilder {
    let limits = Limits::none().status(u32::try_from(status_per_minute).unwrap()).open_submissions(20_000);
    Client::builder().limits(limits).deadline(Duration::from_secs(24 * 3600))
}

/// Runs jobs of a model, a number of them at once.
async fn run(client: &Client, model: Model, count: usize, at_once: usize) {
    let requests =
        (0..count).map(move |n| Request::new(model.clone(), json!({"prompt": n.to_string()})).try_sync(false));
    let mut results = client.batch(requests).concurrency(at_once).run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        result.unwrap_or_else(|error| panic!("{index}: {error}"));
    }
}

fn polls(service: &Service) -> Vec<Received> {
    service.received("getPredictionStatus")
}

/// Returns the maximum number of requests in any minute.
fn most_in_a_minute(requests: &[Received]) -> usize {
    let mut first = 0;
    let counts = requests.iter().enumerate().map(|(index, request)| {
        while requests[first].time + Duration::from_secs(60) <= request.time {
            first += 1;
        }
        index + 1 - first
    });
    counts.max().unwrap_or_default()
}

/// Asserts that a client sent at most half of the limit on average. After a quiet time there is as much again, once.
fn assert_within_half_on_average(requests: &[Received], per_minute: usize, time: Duration) {
    let budget = per_minute as f64 / 2.0 * (time.as_secs_f64() / 60.0 + 1.0);
    assert!((requests.len() as f64) < budget, "{} requests in {time:?}, at most {budget}", requests.len());
}

/// Images, videos and trainers, and how late 95 of 100 may be noticed.
const GOALS: [(Model, f64); 3] = [(Model::QWEN_IMAGE, 0.5), (Model::WAN_T2V, 2.0), (Model::P_IMAGE_TRAINER, 5.0)];

/// Runs jobs of some models, and asserts how late 95 of 100 are noticed.
async fn assert_prompt(goals: &[(Model, f64)], count: usize, at_once: usize, speed: f64) {
    for (model, goal) in goals {
        let service = Service::new().with_speed(speed).with_spread(0.5).with_status_limit(STATUS_LIMIT);
        run(&service.client_with(builder(STATUS_LIMIT)), model.clone(), count, at_once).await;
        let lateness = service.lateness();
        assert_eq!(lateness.len(), count);
        let late = lateness[count * 95 / 100];
        assert!(late <= *goal, "{model}, {at_once} at once: noticed {late:.2} s late");
        assert_eq!(service.rejections_of("getPredictionStatus"), 0, "{model}, {at_once} at once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_result_is_noticed_promptly() {
    assert_prompt(&GOALS, 60, 1, 1.0).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_much_quicker_than_expected_is_noticed_as_promptly() {
    assert_prompt(&GOALS, 60, 1, 0.2).await;
}

// A thousand trainers are in `benches/polling.rs`, because they take many polls.
#[tokio::test(start_paused = true)]
async fn a_thousand_results_are_noticed_as_promptly_as_one() {
    assert_prompt(&GOALS[..2], 1000, 1000, 1.0).await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_jobs_much_quicker_than_expected_are_noticed_as_promptly() {
    assert_prompt(&GOALS[..2], 1000, 1000, 0.2).await;
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_jobs_stay_within_the_limit_and_within_half_of_it_on_average() {
    let service = Service::new().with_speed(4.0).with_spread(0.1).with_status_limit(STATUS_LIMIT);
    let started = Instant::now();
    run(&service.client_with(builder(STATUS_LIMIT)), Model::WAN_T2V, 10_000, 10_000).await;
    let polls = polls(&service);
    assert_eq!(service.rejections_of("getPredictionStatus"), 0);
    let most = most_in_a_minute(&polls);
    assert!(most < STATUS_LIMIT * 19 / 20, "{most} in a minute");
    assert_within_half_on_average(&polls, STATUS_LIMIT, started.elapsed());
    // A round of polls takes 40 s.
    let lateness = service.lateness();
    assert!(lateness[9500] < 40.0, "{}", lateness[9500]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_the_caller_sets_is_kept_in_every_minute() {
    let service = Service::new().with_speed(1.0);
    let started = Instant::now();
    run(&service.client_with(builder(600)), Model::WAN_T2V, 400, 400).await;
    assert_within_limit(&polls(&service), 600);
    // None starves: a round of 400 jobs takes 80 s.
    assert!(started.elapsed() < Duration::from_secs(45 + 2 * 80), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn if_status_requests_are_scarce_a_short_job_is_polled_more_often_than_long_ones() {
    let service = Service::new().with_speed(1.0);
    // One request per second on average, for sixty long jobs and a short one: in turns, its polls would be 61 s apart.
    let client = service.client_with(builder(120));
    let long = run(&client, Model::VACE, 60, 60);
    let short = async {
        for n in 0..5 {
            tokio::time::sleep(Duration::from_secs(60)).await;
            let started = Instant::now();
            let request = Request::new("qwen-image", json!({"prompt": n.to_string()})).try_sync(false);
            client.generate(request).await.unwrap();
            let late = started.elapsed().as_secs_f64() - 4.0;
            assert!((0.0..20.0).contains(&late), "image {n} was noticed {late:.1} s late");
        }
    };
    tokio::join!(long, short);
    let mut counts: HashMap<String, usize> = HashMap::new();
    for request in polls(&service) {
        *counts.entry(request.path).or_default() += 1;
    }
    assert_eq!(counts.len(), 65);
    assert!(counts.values().max() > Some(&4), "the long ones were polled meanwhile: {counts:?}");
}

#[tokio::test(start_paused = true)]
async fn intervals_become_longer_only_if_there_is_a_limit() {
    for (limits, is_prompt) in [(Limits::none(), true), (Limits::none().status(600), false)] {
        let service = Service::new().with_speed(1.0).with_spread(0.5);
        run(&service.client_with(Client::builder().limits(limits)), Model::WAN_T2V, 100, 100).await;
        let worst = service.lateness()[99];
        assert_eq!(worst <= 2.0, is_prompt, "{worst}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_the_service_takes_precedence_unless_there_are_too_many_jobs() {
    let service = Service::new().with_speed(1.0).with_poll_interval(7);
    run(&service.client_with(builder(STATUS_LIMIT)), Model::WAN_T2V, 1, 1).await;
    let times: Vec<f64> = polls(&service).iter().map(|poll| poll.time.as_secs_f64()).collect();
    assert!(times.windows(2).all(|pair| (pair[1] - pair[0] - 7.0).abs() < 0.01), "{times:?}");

    let service = Service::new().with_speed(1.0).with_poll_interval(1);
    let started = Instant::now();
    run(&service.client_with(builder(600)), Model::VACE, 100, 100).await;
    assert_within_half_on_average(&polls(&service), 600, started.elapsed());
}

/// Records what a policy is told about the number of jobs, the demand and the budget.
#[derive(Clone, Debug, Default)]
struct Recording(Arc<Mutex<Vec<(usize, f64, f64)>>>);

impl Recording {
    fn take(&self) -> Vec<(usize, f64, f64)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl PollPolicy for Recording {
    fn delay(&self, context: &PollContext<'_>) -> Duration {
        self.0.lock().unwrap().push((context.waiting, context.demand, context.budget));
        Duration::from_secs(10)
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_knows_how_many_jobs_wait_and_what_they_may_have() {
    let service = Service::new().with_speed(1.0);
    let recording = Recording::default();
    let client = service.client_with(builder(1200).poll_policy(recording.clone()));
    let job = client.submit(WanT2v::new("waves")).await.unwrap();
    for _ in 0..2 {
        let waits = (0..50).map(|_| job.wait_timeout(Duration::from_secs(5)));
        let results = futures_util::future::join_all(waits).await;
        assert!(results.iter().all(|result| result.as_ref().is_err_and(pruna::Error::is_timeout)));
        // Waits that have ended do not count any longer.
        let told = recording.take();
        assert_eq!(told.iter().map(|(waiting, ..)| *waiting).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
        let (_, demand, budget) = told[49];
        assert!((demand - 50.0 * 0.55).abs() < 0.01, "{demand}");
        // Ten per second, and 600 that were saved.
        assert!((10.0..=610.0).contains(&budget), "{budget}");
    }
    // A client without a limit, and a clone.
    let client = service.client_with(Client::builder().limits(Limits::none()).poll_policy(recording.clone()));
    let clone = client.clone();
    let (a, b) = (clone.submit(WanT2v::new("a")), client.submit(WanT2v::new("b")));
    let (a, b) = (a.await.unwrap(), b.await.unwrap());
    let (a, b) = tokio::join!(a.wait(), b.wait());
    assert!(a.is_ok() && b.is_ok());
    let told = recording.take();
    assert!(told.iter().all(|(.., budget)| *budget == f64::INFINITY), "{told:?}");
    assert_eq!(told.iter().map(|(waiting, ..)| *waiting).max(), Some(2));
}
