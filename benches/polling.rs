//! Polling, simulated: how late a result is noticed, and how many status requests that takes.
//!
//! `cargo bench --bench polling`. A server of a few lines and the client share a thread whose clock is paused: hours pass
//! in seconds, and the figures do not depend on the machine. Job durations are log-normal around the model's typical time.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use std::{cell::RefCell, rc::Rc, time::Duration};

use pruna::{
    Client, Model, Request,
    limits::Limits,
    poll::{Budgeted, FixedInterval, PollContext, PollPolicy},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
    time::Instant,
};

/// Standard deviation of the logarithm of job durations.
const SIGMA: f64 = 0.4;

/// Doubles the elapsed time with each poll.
#[derive(Debug)]
struct Doubling;

impl PollPolicy for Doubling {
    fn delay(&self, context: &PollContext<'_>) -> Duration {
        context.elapsed.max(Duration::from_millis(500))
    }
}

struct Job {
    ready: Instant,
    took: Duration,
    calls: u32,
    noticed: Option<Duration>,
}

/// State of the server: jobs, and how long the next one takes.
struct Service {
    jobs: Vec<Job>,
    random: fastrand::Rng,
    median: f64,
    sigma: f64,
}

impl Service {
    fn duration(&mut self) -> Duration {
        let (radius, angle) =
            ((-2.0 * (1.0 - self.random.f64()).ln()).sqrt(), std::f64::consts::TAU * self.random.f64());
        Duration::from_secs_f64(self.median * (self.sigma * radius * angle.cos()).exp())
    }

    fn respond(&mut self, request: &str) -> String {
        let now = Instant::now();
        if request.starts_with("POST") {
            let took = self.duration();
            self.jobs.push(Job { ready: now + took, took, calls: 0, noticed: None });
            return format!(r#"{{"id":"{}","get_url":"/v1/predictions/status/x"}}"#, self.jobs.len() - 1);
        }
        let id: usize =
            request.split_whitespace().nth(1).and_then(|path| path.rsplit('/').next()?.parse().ok()).unwrap();
        let job = &mut self.jobs[id];
        job.calls += 1;
        if now < job.ready {
            return r#"{"status":"processing"}"#.to_owned();
        }
        job.noticed = Some(now - job.ready);
        r#"{"status":"succeeded","generation_url":"/x.jpg"}"#.to_owned()
    }
}

async fn serve(stream: TcpStream, service: Rc<RefCell<Service>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufStream::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        if stream.read_line(&mut request).await? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).await?;
        let body = service.borrow_mut().respond(&request);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await?;
        stream.flush().await?;
    }
}

/// Mean lateness as a share of the job's duration, its 95th percentile, and status requests per job.
async fn simulate(policy: impl PollPolicy + 'static, model: Model, median: f64, sigma: f64, count: usize) -> [f64; 3] {
    let service = Service { jobs: Vec::new(), random: fastrand::Rng::with_seed(7), median, sigma };
    let service = Rc::new(RefCell::new(service));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shared = Rc::clone(&service);
    let server = tokio::task::spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::task::spawn_local(serve(stream, Rc::clone(&shared)));
        }
    });
    let client = Client::builder().api_key("pru_bench").base_url(url).limits(Limits::none()).poll_policy(policy);
    let client = client.deadline(Duration::from_secs(24 * 3600)).build().unwrap();
    let requests =
        (0..count).map(move |_| Request::new(model.clone(), serde_json::json!({"prompt": "x"})).try_sync(false));
    // Few at once, so that most of them profit from observed durations.
    let mut results = client.batch(requests).concurrency(4).run().await.unwrap();
    while let Some((_, result)) = results.next().await {
        result.unwrap();
    }
    server.abort();
    let service = service.borrow();
    let late = |job: &Job| job.noticed.unwrap().as_secs_f64() / job.took.as_secs_f64();
    let mut lateness: Vec<f64> = service.jobs.iter().map(late).collect();
    lateness.sort_unstable_by(f64::total_cmp);
    let calls: u32 = service.jobs.iter().map(|job| job.calls).sum();
    [lateness.iter().sum::<f64>() / count as f64, lateness[lateness.len() * 95 / 100], f64::from(calls) / count as f64]
}

fn main() {
    if support::is_test() {
        return;
    }
    println!("## Polling\n");
    println!(
        "Simulated: log-normal job durations (σ = {SIGMA}) around each model's typical time. Lateness is the time from the end of a \
         job to the response that reports it, as a share of the job's duration. The reference is a fixed interval of 0.5 s, \
         as in the official client. Goals: mean lateness at most 6 %, a video of 60 s in at most 15 status requests."
    );
    let mut rows = Vec::new();
    for (name, model, median, sigma, count) in [
        ("qwen-image, 4 s", Model::QWEN_IMAGE, 4.0, SIGMA, 400),
        ("wan-t2v, 45 s", Model::WAN_T2V, 45.0, SIGMA, 400),
        ("wan-t2v, always 60 s", Model::WAN_T2V, 60.0, 0.0, 100),
        ("vace, 500 s", Model::VACE, 500.0, SIGMA, 100),
    ] {
        let run = |policy: usize| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            let model = model.clone();
            tokio::task::LocalSet::new().block_on(&runtime, async move {
                match policy {
                    0 => simulate(Budgeted, model, median, sigma, count).await,
                    1 => simulate(FixedInterval::new(Duration::from_millis(500)), model, median, sigma, count).await,
                    2 => simulate(FixedInterval::new(Duration::from_millis(100)), model, median, sigma, count).await,
                    _ => simulate(Doubling, model, median, sigma, count).await,
                }
            })
        };
        let reference = run(1);
        for (policy, title) in [(0, "pruna"), (1, "fixed 0.5 s"), (2, "fixed 0.1 s"), (3, "doubling")] {
            let [mean, late, calls] = if policy == 1 { reference } else { run(policy) };
            let shares = [mean, late].map(|share| format!("{:.1} %", share * 100.0));
            let ratio = format!("{:.2}", calls / reference[2]);
            rows.push(
                [vec![name.to_owned(), title.to_owned()], shares.to_vec(), vec![format!("{calls:.1}"), ratio]].concat(),
            );
        }
    }
    support::table(
        &["jobs", "policy", "mean lateness", "95th percentile", "requests per job", "ratio of requests"],
        &rows,
    );
}
