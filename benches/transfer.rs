//! One GiB uploaded and downloaded: throughput beside curl's in the same run, and growth of resident memory.
//!
//! `cargo bench --bench transfer`. The server is an emulator in another process: this program, started with `serve`.
//! Fails when memory grows by 16 MiB or more in either direction.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its results")]

mod support;

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pruna::{Client, Media, inputs::PImage, limits::Limits};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};

const GIB: u64 = 1 << 30;
const MOST_GROWTH: u64 = 16 << 20;
const ROUNDS: u32 = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    if std::env::args().any(|argument| argument == "serve") {
        return tokio::runtime::Runtime::new()?.block_on(serve());
    }
    // `cargo test --benches` runs benchmarks as tests; this one takes minutes.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let server = Server::start()?;
    let result = tokio::runtime::Runtime::new()?.block_on(measure(&server.url));
    drop(server);
    result
}

/// Runs the emulator until standard input ends.
async fn serve() -> Outcome<()> {
    let emulator = Emulator::builder().upload_limit(2 * GIB).start().await?;
    emulator.faults().add(Fault::Flood { length: Some(GIB) }.on(Operation::DownloadContent));
    println!("{}", emulator.url());
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    Ok(())
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Outcome<Self> {
        let program = std::env::current_exe()?;
        let mut process = Command::new(program).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self { process, url: url.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing can be done about a process that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn measure(url: &str) -> Outcome<()> {
    let folder = tempfile::tempdir_in(option_env!("CARGO_TARGET_TMPDIR").unwrap_or("."))?;
    let source = folder.path().join("source.bin");
    make_file(&source)?;
    let client = Client::builder().api_key(Emulator::DEFAULT_KEY).base_url(url).limits(Limits::none()).build()?;
    let picture = client.generate(PImage::new("a lion at dusk")).await?.urls()[0].clone();
    println!(
        "## Transfers\n\nA file of 1 GiB, to and from a server on the same machine, in turns with curl; the best of {ROUNDS} \
         rounds each. Uploads are hashed while they are sent. The ratio is that of the throughputs.",
    );

    let (mut ours, mut curls, mut grown) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        curls.push(curl(&["-F", &format!("content=@{}", source.display()), &format!("{url}/v1/files")])?);
        // Equal content is uploaded once: every round has a client of its own.
        let client = Client::builder().api_key(Emulator::DEFAULT_KEY).base_url(url).build()?;
        let (took, growth) = watched(async { client.upload(Media::path(&source)).await.map(drop) }).await?;
        ours.push(took);
        grown = grown.max(growth);
        eprintln!("upload {} of {ROUNDS}", round + 1);
    }
    let upload = report("upload", &ours, &curls, grown)?;

    let (mut ours, mut curls, mut grown) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        let target = folder.path().join("target");
        curls.push(curl(&["-o", &target.display().to_string(), &picture])?);
        std::fs::remove_file(&target)?;
        let (took, growth) = watched(async { client.download(&picture).save(&target).await.map(drop) }).await?;
        assert_eq!(std::fs::metadata(&target)?.len(), GIB);
        std::fs::remove_file(&target)?;
        ours.push(took);
        grown = grown.max(growth);
        eprintln!("download {} of {ROUNDS}", round + 1);
    }
    let download = report("download", &ours, &curls, grown)?;
    support::table(&["1 GiB", "pruna", "curl", "ratio", "goal", "memory grew", "limit"], &[upload, download]);
    Ok(())
}

/// Creates a file of 1 GiB that is not an image.
fn make_file(path: &Path) -> Outcome<()> {
    let mut file = std::fs::File::create(path)?;
    let block: Vec<u8> = (0..1 << 20).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for _ in 0..GIB >> 20 {
        file.write_all(&block)?;
    }
    Ok(file.sync_all()?)
}

/// Runs curl with the key; returns how long it took.
fn curl(arguments: &[&str]) -> Outcome<Duration> {
    let key = format!("apikey: {}", Emulator::DEFAULT_KEY);
    let start = Instant::now();
    let status = Command::new("curl").args(["-sSf", "-H", &key]).args(arguments).stdout(Stdio::null()).status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("curl: {status}").into()) }
}

/// Runs a function; returns how long it took, and the maximum growth of resident memory meanwhile.
async fn watched(work: impl Future<Output = Result<(), pruna::Error>>) -> Outcome<(Duration, u64)> {
    let before = resident()?;
    let start = Instant::now();
    let mut work = std::pin::pin!(work);
    let mut most = before;
    loop {
        tokio::select! {
            result = &mut work => {
                result?;
                return Ok((start.elapsed(), most.max(resident()?) - before));
            }
            () = tokio::time::sleep(Duration::from_millis(5)) => most = most.max(resident()?),
        }
    }
}

fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kilobytes * 1024)
}

/// Returns a row of the table.
fn report(name: &str, ours: &[Duration], curls: &[Duration], grown: u64) -> Outcome<Vec<String>> {
    let best = |times: &[Duration]| times.iter().min().copied().unwrap_or_default().as_secs_f64();
    let (ours, curls) = (best(ours), best(curls));
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64);
    if grown >= MOST_GROWTH {
        return Err(format!("{name}: memory grew by {}", mib(grown)).into());
    }
    let seconds = |time: f64| format!("{time:.2} s");
    let ratio = format!("{:.2}", curls / ours);
    let rate = |time: f64| format!("{:.0} MiB/s", 1024.0 / time);
    support::summary(
        &format!("{name} of 1 GiB"),
        rate(ours),
        format!("{}: curl", rate(curls)),
        Some(curls / ours),
        None,
    );
    Ok(vec![name.into(), seconds(ours), seconds(curls), ratio, "0.9".into(), mib(grown), mib(MOST_GROWTH)])
}
