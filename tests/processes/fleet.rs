//! Several processes work on one batch; some are killed, or lose the database.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use pruna::{Client, Request, batch::Fleet, inputs::PImage};
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
/// Submissions per minute for the whole fleet: a burst of a twentieth, and 94 per second.
pub(crate) const PER_MINUTE: u32 = 6000;
const BURST: usize = 300;
const PER_SECOND: f64 = 94.0;

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
    within_the_shared_limit(&emulator)?;
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

fn submissions(emulator: &Emulator) -> HashMap<String, usize> {
    let mut submissions: HashMap<String, usize> = HashMap::new();
    for prediction in emulator.predictions() {
        *submissions.entry(prediction.input["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    submissions
}

/// Checks that no period has more submissions than one process alone would be allowed.
fn within_the_shared_limit(emulator: &Emulator) -> Result<(), String> {
    let times: Vec<f64> = emulator.predictions().iter().map(|prediction| prediction.created.as_secs_f64()).collect();
    for first in 0..times.len() {
        for last in (first..times.len()).step_by(50) {
            let (count, span) = (last - first + 1, times[last] - times[first]);
            // Requests do not arrive as evenly as they are sent: allow for a quarter of a second.
            let allowed = BURST as f64 + PER_SECOND * (span + 0.25) + 1.0;
            check((count as f64) <= allowed, || format!("{count} submissions within {span:.2} s"))?;
        }
    }
    Ok(())
}
