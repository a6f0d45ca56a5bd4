//! Polling, simulated: how late a result is noticed, and how many status requests that takes.
//!
//! `cargo bench --bench polling`. Responses come from a function instead of a server, on a paused clock: hours pass in
//! seconds, and the figures do not depend on the machine. Job durations are log-normal around a median.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use pruna::{
    Client, Model, Request,
    limits::Limits,
    poll::{Budgeted, FixedInterval, PollPolicy},
    test_util::{QueuedResponses, client_with},
};
use support::{round, series, summary};
use tokio::time::Instant;

/// Standard deviation of the logarithm of job durations.
const SIGMA: f64 = 0.4;
/// The documented limit of status requests per minute.
const PER_MINUTE: u32 = 30_000;

struct Job {
    ends: Instant,
    late: Option<Duration>,
}

/// State of the simulated service: jobs, requests, and how long the next job takes.
struct Service {
    jobs: Vec<Job>,
    random: fastrand::Rng,
    median: f64,
    started: Instant,
    polls: usize,
    /// Number of the minute, requests in it, and the maximum so far.
    minute: (u64, u32, u32),
}

impl Service {
    fn new(median: f64) -> Self {
        let (random, started) = (fastrand::Rng::with_seed(7), Instant::now());
        Self { jobs: Vec::new(), random, median, started, polls: 0, minute: (0, 0, 0) }
    }

    fn duration(&mut self) -> Duration {
        let radius = (-2.0 * (1.0 - self.random.f64()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.random.f64();
        Duration::from_secs_f64(self.median * (SIGMA * radius * angle.cos()).exp())
    }

    fn respond(&mut self, method: &str, path: &str) -> String {
        let now = Instant::now();
        if method == "POST" {
            let ends = now + self.duration();
            self.jobs.push(Job { ends, late: None });
            return format!(r#"{{"id":"{0}","get_url":"/v1/predictions/status/{0}"}}"#, self.jobs.len() - 1);
        }
        self.count();
        let id: usize = path.rsplit('/').next().and_then(|id| id.parse().ok()).unwrap();
        let job = &mut self.jobs[id];
        if now < job.ends {
            return r#"{"status":"processing"}"#.to_owned();
        }
        job.late.get_or_insert(now - job.ends);
        r#"{"status":"succeeded","generation_url":"/x.jpg"}"#.to_owned()
    }

    fn count(&mut self) {
        self.polls += 1;
        let minute = self.started.elapsed().as_secs() / 60;
        let (last, count, max) = self.minute;
        let count = if minute == last { count + 1 } else { 1 };
        self.minute = (minute, count, max.max(count));
    }
}

/// What came of a number of jobs.
struct Outcome {
    /// How late each job was noticed, in seconds, in ascending order.
    lateness: Vec<f64>,
    /// Status requests per job, and in the busiest minute.
    polls: f64,
    busiest: u32,
}

impl Outcome {
    fn mean(&self) -> f64 {
        self.lateness.iter().sum::<f64>() / self.lateness.len() as f64
    }

    fn percentile(&self, percent: usize) -> f64 {
        self.lateness[(self.lateness.len() * percent / 100).min(self.lateness.len() - 1)]
    }

    /// Returns how many percent of the jobs were noticed within which time. A logarithmic axis has no zero.
    fn distribution(&self) -> Vec<(f64, f64)> {
        let percents = (0..20).map(|step| step * 5).chain(97..=100);
        percents.map(|percent| (round(self.percentile(percent).max(0.01), 3), percent as f64)).collect()
    }
}

/// Runs a number of jobs, some of them at once.
async fn simulate(policy: impl PollPolicy + 'static, case: &Case) -> Outcome {
    let service = Arc::new(Mutex::new(Service::new(case.median)));
    let shared = Arc::clone(&service);
    let responses = QueuedResponses::new().respond_with(move |request| {
        http::Response::new(Bytes::from(shared.lock().unwrap().respond(request.method.as_str(), request.url.path())))
    });
    let limits = Limits::none().status(PER_MINUTE).open_submissions(usize::MAX >> 4);
    let builder = Client::builder().limits(limits).poll_policy(policy).deadline(Duration::from_secs(24 * 3600));
    let client = client_with(builder, &responses).unwrap();
    let model = case.model.clone();
    let requests =
        (0..case.count).map(move |_| Request::new(model.clone(), serde_json::json!({"prompt": "x"})).try_sync(false));
    let mut results = client.batch(requests).concurrency(case.at_once).run().await.unwrap();
    while let Some((_, result)) = results.next().await {
        result.unwrap();
    }
    let service = service.lock().unwrap();
    let mut late: Vec<f64> = service.jobs.iter().map(|job| job.late.unwrap().as_secs_f64()).collect();
    late.sort_unstable_by(f64::total_cmp);
    let polls = service.polls as f64 / late.len() as f64;
    Outcome { lateness: late, polls, busiest: service.minute.2 }
}

/// Jobs to run.
struct Case {
    model: Model,
    /// Median duration in seconds.
    median: f64,
    count: usize,
    at_once: usize,
    /// Goal for the 95th percentile of the lateness, in seconds.
    goal: f64,
}

fn cases() -> impl Iterator<Item = Case> {
    let kinds = [(Model::QWEN_IMAGE, 0.5), (Model::WAN_T2V, 2.0), (Model::VACE, 2.0), (Model::P_IMAGE_TRAINER, 5.0)];
    kinds.into_iter().flat_map(|(model, goal)| {
        // As in the catalog, and five times quicker; alone, and a thousand at once.
        let typical = model.info().typical_seconds;
        [(typical, 1), (typical / 5.0, 1), (typical, 1000), (typical / 5.0, 1000)].map(|(median, at_once)| {
            let count = at_once.max(100);
            Case { model: model.clone(), median, count, at_once, goal }
        })
    })
}

fn run(policy: impl PollPolicy + 'static, case: &Case) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(simulate(policy, case))
}

/// Prints the distributions of lateness, and the row of the summary, of jobs that take as long as the catalog says.
fn report(case: &Case, ours: &Outcome, reference: &Outcome) {
    let at_once = if case.at_once == 1 { "one at a time".to_owned() } else { format!("{} at once", case.at_once) };
    let work = match &case.model {
        _ if (case.median - case.model.info().typical_seconds).abs() > 1e-9 => return,
        model if *model == Model::P_IMAGE_TRAINER => return,
        model if *model == Model::QWEN_IMAGE => format!("pictures of {} s", case.median),
        _ => format!("videos of {} s", case.median),
    };
    for (name, outcome) in [("pruna", ours), ("fixed 0.5 s", reference)] {
        series("lateness", &work, &format!("{name}, {at_once}"), &outcome.distribution());
    }
    let [late, fixed] = [ours, reference].map(|outcome| outcome.percentile(95));
    let reference = format!("{fixed:.2} s: polls every 0.5 s");
    let work = format!("{work}, {at_once}: noticed late, 95th percentile");
    summary(&work, format!("{late:.2} s"), reference, Some(late / fixed), None);
}

fn main() {
    if support::is_test() {
        return;
    }
    println!("## Polling\n");
    println!(
        "Simulated: log-normal job durations (σ = {SIGMA}) around each model's typical time, and around a fifth of it. \
         Lateness is the time from the end of a job to the response that reports it. The limit of status requests is \
         {PER_MINUTE} per minute. The reference is a fixed interval of 0.5 s, as in the official client."
    );
    let mut rows = Vec::new();
    for case in cases() {
        let jobs = format!("{}, {} s", case.model, case.median);
        let reference = run(FixedInterval::new(Duration::from_millis(500)), &case);
        let ours = run(Budgeted, &case);
        report(&case, &ours, &reference);
        for (title, outcome) in [("pruna", &ours), ("fixed 0.5 s", &reference)] {
            rows.push(vec![
                jobs.clone(),
                case.at_once.to_string(),
                title.to_owned(),
                format!("{:.2} s", outcome.mean()),
                format!("{:.2} s", outcome.percentile(95)),
                format!("{} s", case.goal),
                format!("{:.1}", outcome.polls),
                format!("{:.2}", outcome.polls / reference.polls),
                outcome.busiest.to_string(),
            ]);
        }
    }
    support::table(
        &[
            "jobs",
            "at once",
            "policy",
            "mean lateness",
            "95th percentile",
            "goal",
            "requests per job",
            "ratio of requests",
            "requests in the busiest minute",
        ],
        &rows,
    );
}
