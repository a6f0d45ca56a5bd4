//! Ten thousand jobs in progress under the service's rate limits, memory per waiting job, and the official client under the
//! same limits.
//!
//! `cargo bench --bench scale`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use std::{
    collections::HashMap,
    process::Command,
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
use support::{Server, resident_kib, round, runtime, series, summary, table};
use tokio::time::Instant;

const JOBS: usize = 10_000;
/// Factor on the second that the model takes, so that all jobs are in progress before the first has ended.
const SPEED: f64 = 1500.0;
const PER_MINUTE: f64 = 500.0;
/// The documented limit of status requests per minute.
const STATUS_PER_MINUTE: f64 = 30_000.0;
/// Numbers of jobs whose memory is measured.
const MEASURED: [usize; 6] = [500, 1000, 2000, 5000, JOBS, 20_000];
/// Goal for the memory of a waiting job.
const GOAL_KIB: f64 = 10.0;
/// Images for the comparison in real time, and how long each takes.
const COMPARED: [usize; 2] = [100, 1000];
const SECONDS: f64 = 0.3;

fn main() {
    if support::served() || support::is_test() {
        return;
    }
    if let Some(count) = std::env::args().skip_while(|argument| argument != "memory").nth(1) {
        println!("{}", grown_kib(count.parse().unwrap()));
        return;
    }
    println!("## Scale\n");
    memory();
    in_flight();
    compare_official_client();
}

/// Returns the least time of a number of jobs that the limit allows, in seconds.
fn bound(count: usize, seconds: f64) -> f64 {
    ((count as f64 / PER_MINUTE).ceil() - 1.0) * 60.0 + seconds
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
        let late = predictions.iter().map(|p| noticed[&p.id].as_secs_f64() - p.created.as_secs_f64() - SPEED);
        let late = late.collect();
        let last = predictions.iter().map(|prediction| prediction.created.as_secs_f64()).fold(0.0, f64::max);
        report_in_flight(&tally, makespan, last, late);
    });
}

/// Prints how all jobs went: requests, times in seconds, how late each was noticed.
fn report_in_flight(tally: &Tally, makespan: f64, last: f64, mut late: Vec<f64>) {
    late.sort_unstable_by(f64::total_cmp);
    let finished = late.len();
    let (mean, late) = (late.iter().sum::<f64>() / finished as f64, late[finished * 95 / 100]);
    let bound = bound(JOBS, SPEED);
    let rejected = tally.refused - tally.refused_status_calls;
    // Half of the limit on average, and a minute's share that is saved at first.
    let share = STATUS_PER_MINUTE / 2.0;
    let (polls, budget) = (tally.status_calls as f64, share * (makespan / 60.0 + 1.0));
    let whole_round = JOBS as f64 / share * 60.0;
    println!(
        "{JOBS} jobs of {SPEED} s each, submitted under a limit of {PER_MINUTE} per minute and polled under a limit of \
         {STATUS_PER_MINUTE} status requests per minute, both enforced by the emulator; simulated with a paused clock."
    );
    let seconds = |time: f64, what: &str| format!("{time:.0} s: {what}");
    let round = seconds(whole_round, "a round of polls within the budget");
    let rows = [
        row("finished", finished, JOBS, finished as f64 / JOBS as f64, "1"),
        row("rejected submissions", rejected, JOBS, rejected as f64 / JOBS as f64, "0.01"),
        row("rejected status requests", tally.refused_status_calls, "-", f64::NAN, "0"),
        row("makespan", format!("{makespan:.0} s"), seconds(bound, "the bound"), makespan / bound, "1.05"),
        row("last submission", format!("{last:.0} s"), seconds(SPEED, "the first job ends"), last / SPEED, "1"),
        row(
            "status requests",
            polls,
            format!("{budget:.0}: half of the limit, and a minute's share"),
            polls / budget,
            "1",
        ),
        row("mean lateness", format!("{mean:.1} s"), &round, mean / whole_round, "1"),
        row("lateness, 95th percentile", format!("{late:.1} s"), &round, late / whole_round, "2"),
    ];
    table(&["figure", "value", "reference", "ratio", "goal"], &rows);
    let work = format!("{JOBS} jobs of {SPEED:.0} s");
    summary(&work, format!("{makespan:.0} s"), seconds(bound, "the bound"), Some(makespan / bound), None);
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

/// Memory of waiting jobs, each number of them in a process of its own.
fn memory() {
    let measured = MEASURED.map(|count| {
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).args(["memory", &count.to_string()]).output().unwrap();
        (count as f64, String::from_utf8(output.stdout).unwrap().trim().parse::<f64>().unwrap())
    });
    let mib = |points: &dyn Fn((f64, f64)) -> f64| measured.map(|point| (point.0, round(points(point) / 1024.0, 2)));
    let goal = format!("{GOAL_KIB} KiB for each job");
    series("memory", "resident memory", &goal, &mib(&|(count, _)| count * GOAL_KIB));
    series("memory", "resident memory", "pruna", &mib(&|(_, kib)| kib));
    println!("Growth of resident memory by jobs that wait in one batch, after the same process had 200 waiting.");
    let rows = measured.map(|(count, kib)| {
        let each = kib / count;
        let reference = format!("{GOAL_KIB} KiB");
        if count as usize == JOBS {
            let work = format!("memory of a waiting job, of {JOBS}");
            summary(&work, format!("{each:.2} KiB"), format!("{reference}: the goal"), Some(each / GOAL_KIB), None);
        }
        row(&format!("memory per job, {count} waiting"), format!("{each:.2} KiB"), reference, each / GOAL_KIB, "1")
    });
    table(&["figure", "value", "reference", "ratio", "goal"], &rows);
}

/// Returns by how many KiB resident memory grows with a number of waiting jobs. The server is another process.
fn grown_kib(count: usize) -> u64 {
    let server = Server::start(1e6, false);
    runtime().block_on(async {
        let waiting = Arc::new(AtomicUsize::new(0));
        let client = server.client().limits(Limits::none()).poll_policy(Counting(Arc::clone(&waiting)));
        let client = client.deadline(Duration::from_secs(48 * 3600)).build().unwrap();
        // Connections and code are there before anything is measured.
        let mut few = client.batch(images(200)).run().await.unwrap();
        wait_for(&mut few, &waiting, 200).await;
        let before = resident_kib();
        let mut many = client.batch(images(count)).concurrency(count).run().await.unwrap();
        wait_for(&mut many, &waiting, 200 + count).await;
        resident_kib() - before
    })
}

async fn wait_for(results: &mut pruna::batch::Results, waiting: &AtomicUsize, count: usize) {
    while waiting.load(Ordering::Relaxed) < count {
        assert!(results.next().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The same images under the same rate limits in real time.
fn compare_official_client() {
    println!("Images of {SECONDS} s under a limit of {PER_MINUTE} per minute, in real time, over HTTP.");
    let mut rows = Vec::new();
    for count in COMPARED {
        let bound = bound(count, SECONDS);
        let (succeeded, seconds) = batch(count);
        rows.push(compared("pruna: `client.batch`", count, succeeded, seconds, bound));
        let theirs = support::official(&Server::start(SECONDS, true), count).map(|report| {
            let [succeeded, seconds] = ["succeeded", "seconds"].map(|name| report[name].as_f64().unwrap_or(f64::NAN));
            rows.push(compared("official Python client: `generate_batch`", count, succeeded as usize, seconds, bound));
            format!("{succeeded} succeeded in {seconds:.2} s")
        });
        let (work, ours) =
            (format!("{count} pictures of {SECONDS} s over HTTP"), format!("{succeeded} succeeded in {seconds:.2} s"));
        summary(&work, ours, format!("{bound:.2} s: the bound"), Some(seconds / bound), theirs);
    }
    table(&["client", "images", "succeeded", "time", "bound", "ratio"], &rows);
}

fn compared(client: &str, count: usize, succeeded: usize, seconds: f64, bound: f64) -> Vec<String> {
    // The time of a part says nothing about that of the whole.
    let ratio = if succeeded == count { format!("{:.2}", seconds / bound) } else { "-".to_owned() };
    let figures = [format!("{seconds:.2} s"), format!("{bound:.2} s"), ratio];
    [vec![client.to_owned(), count.to_string(), succeeded.to_string()], figures.to_vec()].concat()
}

/// Runs a batch of images and returns how many succeeded, and the time in seconds.
fn batch(count: usize) -> (usize, f64) {
    let server = Server::start(SECONDS, true);
    let client = server.client().build().unwrap();
    let started = std::time::Instant::now();
    let succeeded = runtime().block_on(async {
        let mut results = client.batch((0..count).map(|n| PImage::new(format!("lion {n}")))).run().await.unwrap();
        while results.next().await.is_some() {}
        results.summary().succeeded
    });
    (succeeded, started.elapsed().as_secs_f64())
}
