//! Several processes work on one batch; some are killed, or lose the database.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use pruna::{
    Budget, Client, Model, Request, Usd,
    batch::{Fleet, Summary},
    inputs::PImage,
    limits::Limits,
};
use pruna_emulator::Emulator;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use super::{
    Outcome,
    crash::{check, compare, finish, indices, printed},
    postgres::Postgres,
    this,
};

const ITEMS: usize = 2000;
const WORKERS: usize = 4;
/// Submissions per minute for the whole fleet: more than there are items, so that none of them waits for a minute.
pub(crate) const PER_MINUTE: u32 = 6000;

fn start(emulator: &Emulator, database: &Postgres, folder: &Path, resubmit: bool) -> Child {
    Command::new(this())
        .args(["--fleet-worker", &database.address()])
        .arg(folder)
        .args([ITEMS.to_string(), resubmit.to_string()])
        .env("PRUNA_BASE_URL", emulator.url())
        .env("PRUNA_API_KEY", emulator.api_key())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn wait_for_submissions(emulator: &Emulator, count: usize) {
    while emulator.predictions().len() < count {
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn two_of_four_workers_are_killed(programs: PathBuf) -> Outcome {
    let database = Postgres::start(&programs)?;
    let emulator = Emulator::builder().speed(0.3).start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("files");
    let started = Instant::now();
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start(&emulator, &database, &folder, false)).collect();
    let mut unknown = BTreeSet::new();
    for count in [ITEMS / 3, ITEMS / 2] {
        wait_for_submissions(&emulator, count).await;
        let mut victim = workers.pop().ok_or("no worker is left")?;
        victim.start_kill().map_err(|e| e.to_string())?;
        // The second may have reported items of the first.
        unknown.extend(indices(&printed(victim).await?, "unknown"));
    }
    for worker in workers {
        let lines = finish(worker).await?;
        check(indices(&lines, "failed").is_empty(), || format!("failed: {lines:?}"))?;
        unknown.extend(indices(&lines, "unknown"));
    }
    let elapsed = started.elapsed();
    let once = submissions(&emulator);
    check(once.values().all(|count| *count == 1), || "an item was submitted twice".into())?;
    // Items that the killed workers were submitting are unknown; the caller asks for them to be submitted again.
    let lines = finish(start(&emulator, &database, &folder, true)).await?;
    check(indices(&lines, "done").len() == unknown.len(), || format!("{unknown:?} were unknown: {lines:?}"))?;
    for (prompt, count) in submissions(&emulator) {
        let item = prompt.strip_prefix("item ").and_then(|item| item.parse().ok()).ok_or("a prompt of no item")?;
        let allowed = if unknown.contains(&item) { 2 } else { 1 };
        check(count <= allowed, || format!("{prompt} was submitted {count} times"))?;
    }
    compare(&emulator, &folder, ITEMS).await?;
    Ok(format!("{ITEMS} files in {:.0} s, {} items unknown", elapsed.as_secs_f64(), unknown.len()))
}

/// Items that were submitted when the database stopped are finished and saved; no further one is started; the reason is a
/// result.
pub(crate) async fn the_database_is_lost(programs: PathBuf) -> Outcome {
    let database = Postgres::start(&programs)?;
    let emulator = Emulator::builder().speed(0.3).start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("files");
    let worker = start(&emulator, &database, &folder, false);
    wait_for_submissions(&emulator, 200).await;
    drop(database);
    let lines = finish(worker).await?;
    // Reported by the next item, or, if there is none, under the first index that no request has.
    let (next, none) = (
        "not submitted, because the journal cannot be written: the database",
        "this worker takes no further items: the database",
    );
    let beyond = format!("failed {ITEMS} ");
    let is_reason = |line: &String| line.contains(next) || (line.starts_with(&beyond) && line.contains(none));
    check(lines.iter().any(is_reason), || format!("the reason is missing: {lines:?}"))?;
    let submitted = emulator.predictions().len();
    let saved = std::fs::read_dir(&folder).map_err(|e| e.to_string())?.count();
    check(saved == submitted && submitted < ITEMS, || format!("{saved} files of {submitted} jobs"))?;
    Ok(format!("{saved} files of {submitted} jobs"))
}

/// Requests that were entered earlier are found wherever they are in the list; a batch belongs to one service.
/// Four workers have a budget for some of the items; later workers have more.
pub(crate) async fn the_budget_is_shared(programs: PathBuf) -> Outcome {
    const PRICE: Usd = Usd::from_micros(5_000);
    let (database, home) = (Postgres::start(&programs)?, tempfile::tempdir().unwrap());
    let emulator = Emulator::builder().start().await.unwrap();
    let worker = async |items_paid_for: u64| {
        let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url()).build()?;
        let requests = (0..30).map(|item| PImage::new(format!("a lion, variation {item}")));
        let fleet = Fleet::connect(&database.address(), "lions").await?;
        let batch = client.batch(requests).fleet(fleet).budget(Budget::new(PRICE * items_paid_for));
        let mut results = batch.save_to(home.path()).run().await?;
        while results.next().await.is_some() {}
        Ok::<Summary, pruna::Error>(results.summary())
    };
    for (items_paid_for, jobs) in [(10, 10), (10, 10), (25, 25), (100, 30)] {
        let workers = (0..4).map(|_| worker(items_paid_for));
        let summaries: Vec<Summary> = try_join_all(workers).await.map_err(|e| e.to_string())?;
        let submitted = emulator.predictions().len();
        check(submitted == jobs, || format!("{items_paid_for}: {submitted} jobs instead of {jobs}"))?;
        let failed: usize = summaries.iter().map(|summary| summary.failed + summary.unknown).sum();
        check(failed == 0, || format!("{summaries:?}"))?;
    }
    // What was rejected does not count.
    let committed = database.query(&programs, "SELECT committed FROM pruna_batch")?;
    check(committed == (PRICE * 30).micros().to_string(), || format!("{committed} micro-dollars for 30 jobs"))?;
    Ok("30 jobs in three steps".into())
}

pub(crate) async fn the_list_is_edited(programs: PathBuf) -> Outcome {
    let database = Postgres::start(&programs)?;
    let emulator = Emulator::builder().start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let run = async |emulator: &Emulator, prompts: &[&str]| {
        let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url()).build()?;
        let request = |prompt: &&str| match prompt.split_once('=') {
            Some((name, prompt)) => Request::from(PImage::new(prompt)).name(name),
            None => PImage::new(*prompt).into(),
        };
        let requests: Vec<Request> = prompts.iter().map(request).collect();
        let fleet = Fleet::connect(&database.address(), "lions").await?;
        let mut results = client.batch(requests).fleet(fleet).save_to(home.path()).run().await?;
        while let Some((_, result)) = results.next().await {
            result?;
        }
        Ok::<usize, pruna::Error>(results.summary().succeeded)
    };
    for (prompts, processed) in [
        (&["lion", "a=tiger"][..], 2),
        (&["bear", "a=tiger", "lion"], 1),
        (&["lion", "lion", "bear"], 1),
        (&["a=tiger"], 0),
    ] {
        let succeeded = run(&emulator, prompts).await.map_err(|e| e.to_string())?;
        check(succeeded == processed, || format!("{prompts:?}: {succeeded} instead of {processed}"))?;
    }
    check(emulator.predictions().len() == 4, || format!("{} submissions", emulator.predictions().len()))?;
    let other = Emulator::builder().start().await.unwrap();
    for (emulator, prompts, reason) in
        [(&emulator, ["a=wolf"], "\"a\" differs"), (&other, ["lion"], "belongs to another service")]
    {
        let error = run(emulator, &prompts).await.err().map(|error| error.to_string()).unwrap_or_default();
        check(error.contains(reason), || format!("{prompts:?}: {error:?}"))?;
    }
    check(other.requests().is_empty(), || "something was sent".into())?;
    // Items of an earlier version, which knew them by their position.
    let old = "CREATE TABLE pruna_item (batch text, index bigint); INSERT INTO pruna_item VALUES ('lions', 0);";
    database.execute(&programs, old)?;
    let error = run(&emulator, &["lion"]).await.err().map(|error| error.to_string()).unwrap_or_default();
    check(error.contains("an earlier version of this program has entered the batch"), || error.clone())?;
    database.execute(&programs, "UPDATE pruna_item SET batch = 'others'")?;
    check(run(&emulator, &["lion"]).await.is_ok(), || "a batch of another name is refused".into())?;
    Ok("4 jobs".into())
}

/// Two workers, whose own limits would allow all items: together they submit the whole limit at once, and not one more.
pub(crate) async fn the_limit_is_submitted_at_once(programs: PathBuf) -> Outcome {
    const LIMIT: u32 = 40;
    let database = Postgres::start(&programs)?;
    let emulator = Emulator::builder().start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let run = async |batch: &str| {
        let limits = Limits::documented().submissions(Model::P_IMAGE, LIMIT);
        let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url()).limits(limits).build()?;
        let requests: Vec<Request> = (0..LIMIT - 5)
            .map(|n| Request::from(PImage::new(format!("{batch} {n}"))).deadline(Duration::from_secs(20)))
            .collect();
        let fleet = Fleet::connect(&database.address(), batch).await?;
        let mut results = client.batch(requests).fleet(fleet).save_to(home.path().join(batch)).run().await?;
        let mut reasons = Vec::new();
        while let Some((_, result)) = results.next().await {
            reasons.extend(result.err().filter(|error| !error.is_rate_limited()).map(|error| error.to_string()));
        }
        Ok::<Vec<String>, pruna::Error>(reasons)
    };
    let started = Instant::now();
    let (lions, tigers) = tokio::join!(run("lions"), run("tigers"));
    let reasons = [lions.map_err(|e| e.to_string())?, tigers.map_err(|e| e.to_string())?].concat();
    check(reasons.is_empty(), || format!("{reasons:?}"))?;
    let times: Vec<Duration> = emulator.predictions().iter().map(|prediction| prediction.created).collect();
    // At first, each worker may lose one of its share.
    check((LIMIT as usize - 2..=LIMIT as usize).contains(&times.len()), || format!("{} submissions", times.len()))?;
    let span = times.iter().max().copied().unwrap_or_default() - times.iter().min().copied().unwrap_or_default();
    // At the even pace of earlier versions it took most of a minute.
    check(span < Duration::from_secs(10), || format!("they took {span:?}"))?;
    Ok(format!("{} of {LIMIT} per minute within {span:.2?}, {:.1?} in all", times.len(), started.elapsed()))
}

fn submissions(emulator: &Emulator) -> HashMap<String, usize> {
    let mut submissions: HashMap<String, usize> = HashMap::new();
    for prediction in emulator.predictions() {
        *submissions.entry(prediction.input["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    submissions
}
