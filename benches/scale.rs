//! Ten thousand jobs in progress under the service's rate limits, memory per waiting job, and the official client under the
//! same limits.
//!
//! `cargo bench --bench scale`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use pruna::{
    Client, Request,
    inputs::PImage,
    limits::Limits,
    poll::{PollContext, PollPolicy},
};
use pruna_emulator::{Emulator, RecordedRequest};
use support::{Server, resident_kib, runtime, table};
use tokio::time::Instant;

const JOBS: usize = 10_000;
/// Factor on the second that the model takes, so that all jobs are in progress before the first has ended.
const SPEED: f64 = 1500.0;
const PER_MINUTE: f64 = 500.0;
/// Images for the comparison in real time.
const COMPARED: usize = 600;

fn main() {
    if support::served() || support::is_test() {
        return;
    }
    println!("## Scale\n");
    // First, before anything else has filled the process.
    memory();
    in_flight();
    compare_official_client();
}

fn images(count: usize) -> impl Iterator<Item = Request> + Send + 'static {
    (0..count).map(|n| Request::from(PImage::new(format!("lion {n}"))).try_sync(false))
}

/// Counts of the requests to the emulator, added up while it runs, because it keeps a limited number.
#[derive(Default)]
struct Tally {
    refused: usize,
    refused_status_calls: usize,
    status_calls: usize,
}

impl Tally {
    fn add(&mut self, emulator: &Emulator) {
        let requests = emulator.requests();
        emulator.clear_requests();
        let refused = requests.iter().filter(|request| request.status == Some(429));
        let is_status_call = |request: &&RecordedRequest| request.operation.as_deref() == Some("getPredictionStatus");
        self.refused += refused.clone().count();
        self.refused_status_calls += refused.filter(is_status_call).count();
        self.status_calls += requests.iter().filter(is_status_call).count();
    }
}

/// All jobs in progress at once, with rate limits and a paused clock: hours pass in minutes.
///
/// The clock jumps ahead while bytes are under way over the sockets, so that single requests seem to take longer than they
/// do. That is acceptable for figures over hours; tests pause the clock without sockets only.
fn in_flight() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let emulator = Emulator::builder().speed(SPEED).limits(true).start().await.unwrap();
        let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url());
        let client = client.deadline(Duration::from_secs(24 * 3600)).build().unwrap();
        let (started, mut tally) = (Instant::now(), Tally::default());
        let mut results = client.batch(images(JOBS)).concurrency(JOBS).run().await.unwrap();
        let mut noticed: HashMap<String, Duration> = HashMap::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(20));
        loop {
            tokio::select! {
                finished = results.next() => {
                    let Some((_, result)) = finished else { break };
                    noticed.insert(result.unwrap().generation.id().unwrap().to_owned(), started.elapsed());
                }
                _ = ticks.tick() => tally.add(&emulator),
            }
        }
        let makespan = started.elapsed().as_secs_f64();
        tally.add(&emulator);
        let predictions = emulator.predictions();
        let late: f64 = predictions.iter().map(|p| noticed[&p.id].as_secs_f64() - p.created.as_secs_f64() - SPEED).sum();
        let last = predictions.iter().map(|prediction| prediction.created.as_secs_f64()).fold(0.0, f64::max);
        let bound = JOBS as f64 / PER_MINUTE * 60.0 + SPEED;
        println!(
            "{JOBS} jobs of {SPEED} s each, submitted under a limit of {PER_MINUTE} per minute and polled under a limit of \
             30,000 status requests per minute, both enforced by the emulator; simulated with a paused clock."
        );
        let calls = tally.status_calls;
        table(
            &["figure", "value", "reference", "ratio", "goal"],
            &[
                row("finished", noticed.len(), JOBS, noticed.len() as f64 / JOBS as f64, "all"),
                row("rejected (429)", tally.refused, "-", f64::NAN, "0"),
                row("rejected status requests", tally.refused_status_calls, "-", f64::NAN, "0"),
                row("makespan", format!("{makespan:.0} s"), format!("{bound:.0} s: lower bound from the limits"), makespan / bound, "1.1"),
                row("last submission", format!("{last:.0} s"), "below 1500 s, all are in progress at once", f64::NAN, "-"),
                row("status requests per job", format!("{:.1}", calls as f64 / JOBS as f64), format!("{:.0}: one every 0.5 s", SPEED * 2.0), calls as f64 / JOBS as f64 / SPEED / 2.0, "-"),
                row("mean lateness", format!("{:.1} s", late / JOBS as f64), format!("{SPEED:.0} s: the duration of a job"), late / JOBS as f64 / SPEED, "0.06"),
            ],
        );
    });
}

fn row(name: &str, value: impl ToString, reference: impl ToString, ratio: f64, goal: &str) -> Vec<String> {
    let ratio = if ratio.is_nan() { "-".to_owned() } else { format!("{ratio:.3}") };
    vec![name.to_owned(), value.to_string(), reference.to_string(), ratio, goal.to_owned()]
}

/// Never polls, and counts the waiting jobs.
#[derive(Debug)]
struct Counting(Arc<AtomicUsize>);

impl PollPolicy for Counting {
    fn delay(&self, _: &PollContext<'_>) -> Duration {
        self.0.fetch_add(1, Ordering::Relaxed);
        Duration::from_secs(24 * 3600)
    }
}

/// Resident memory of waiting jobs, with the server in another process.
fn memory() {
    let server = Server::start(1e6, false);
    runtime().block_on(async {
        let waiting = Arc::new(AtomicUsize::new(0));
        let client = server.client().limits(Limits::none()).poll_policy(Counting(Arc::clone(&waiting)));
        let client = client.deadline(Duration::from_secs(48 * 3600)).build().unwrap();
        // Connections and code are there before anything is measured.
        let mut few = client.batch(images(200)).run().await.unwrap();
        wait_for(&mut few, &waiting, 200).await;
        let before = resident_kib();
        let mut many = client.batch(images(JOBS)).concurrency(JOBS).run().await.unwrap();
        wait_for(&mut many, &waiting, 200 + JOBS).await;
        let each = (resident_kib() - before) as f64 / JOBS as f64;
        println!("Resident memory of {JOBS} jobs that wait in one batch, after the same process had 200 waiting.");
        table(
            &["figure", "value", "reference", "ratio", "goal"],
            &[row("memory per waiting job", format!("{each:.2} KiB"), "10 KiB", each / 10.0, "1")],
        );
    });
}

async fn wait_for(results: &mut pruna::batch::Results, waiting: &AtomicUsize, count: usize) {
    while waiting.load(Ordering::Relaxed) < count {
        assert!(results.next().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The same images under the same rate limits in real time.
fn compare_official_client() {
    let server = Server::start(1.0, true);
    let Some(report) = support::official(&server, COMPARED) else { return };
    drop(server);
    let server = Server::start(1.0, true);
    let client = server.client().build().unwrap();
    let started = std::time::Instant::now();
    let succeeded = runtime().block_on(async {
        let mut results = client.batch((0..COMPARED).map(|n| PImage::new(format!("lion {n}")))).run().await.unwrap();
        while results.next().await.is_some() {}
        results.summary().succeeded
    });
    println!("{COMPARED} images under a limit of {PER_MINUTE} per minute, in real time.");
    let theirs = report["succeeded"].as_f64().unwrap_or_default();
    let row = |name: &str, succeeded: f64, seconds: f64| {
        let ratio = format!("{:.2}", succeeded / theirs);
        vec![name.to_owned(), format!("{succeeded} of {COMPARED}"), ratio, format!("{seconds:.0} s")]
    };
    table(
        &["client", "succeeded", "ratio", "time"],
        &[
            row("pruna: `client.batch`", succeeded as f64, started.elapsed().as_secs_f64()),
            row("official Python client: `generate_batch`", theirs, report["seconds"].as_f64().unwrap_or(f64::NAN)),
        ],
    );
}
