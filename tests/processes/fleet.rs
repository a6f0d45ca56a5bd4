//! Several processes on one batch, of which some are killed.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use pruna_emulator::Emulator;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use super::{
    Outcome,
    crash::{check, compare, finish, printed, with_word},
    postgres::Postgres,
    this,
};

const ITEMS: usize = 2000;
const WORKERS: usize = 4;
/// Submissions a minute for the whole fleet. Of these a twentieth may come at once, and 94 a second steadily.
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

async fn submitted(emulator: &Emulator, count: usize) {
    while emulator.predictions().len() < count {
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn two_of_four_workers_are_killed(database: Postgres) -> Outcome {
    let emulator = Emulator::builder().speed(0.3).start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("files");
    let started = Instant::now();
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start(&emulator, &database, &folder, false)).collect();
    let mut unknown = BTreeSet::new();
    for count in [ITEMS / 3, ITEMS / 2] {
        submitted(&emulator, count).await;
        let mut victim = workers.pop().ok_or("no worker is left")?;
        victim.start_kill().map_err(|e| e.to_string())?;
        // The second may have told what it found of the first.
        unknown.extend(with_word(&printed(victim).await?, "unknown"));
    }
    for worker in workers {
        let lines = finish(worker).await?;
        check(with_word(&lines, "failed").is_empty(), || format!("failed: {lines:?}"))?;
        unknown.extend(with_word(&lines, "unknown"));
    }
    let elapsed = started.elapsed();
    let once = submissions(&emulator);
    check(once.values().all(|count| *count == 1), || "an item was submitted twice".into())?;
    within_the_shared_limit(&emulator)?;
    // What was being submitted by those who died is unknown; the caller says that it be sent again.
    let lines = finish(start(&emulator, &database, &folder, true)).await?;
    check(with_word(&lines, "done").len() == unknown.len(), || format!("{unknown:?} were unknown: {lines:?}"))?;
    for (prompt, count) in submissions(&emulator) {
        let item = prompt.strip_prefix("item ").and_then(|item| item.parse().ok()).ok_or("an odd prompt")?;
        let allowed = if unknown.contains(&item) { 2 } else { 1 };
        check(count <= allowed, || format!("{prompt} was submitted {count} times"))?;
    }
    compare(&emulator, &folder, ITEMS).await?;
    Ok(format!("{ITEMS} files in {:.0} s, {} items unknown", elapsed.as_secs_f64(), unknown.len()))
}

/// What was submitted when the database went away is finished and saved; nothing new is begun; the reason is a result.
pub(crate) async fn the_database_is_lost(database: Postgres) -> Outcome {
    let emulator = Emulator::builder().speed(0.3).start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("files");
    let worker = start(&emulator, &database, &folder, false);
    submitted(&emulator, 200).await;
    drop(database);
    let lines = finish(worker).await?;
    // Told by the item that was leased next, or, when none was, under the first index that no request has.
    let (next, none) =
        ("not begun, because of the journal: the database", "this worker takes no more items: the database");
    let beyond = format!("failed {ITEMS} ");
    let told = |line: &String| line.contains(next) || (line.starts_with(&beyond) && line.contains(none));
    check(lines.iter().any(told), || format!("the reason is not told: {lines:?}"))?;
    let made = emulator.predictions().len();
    let saved = std::fs::read_dir(&folder).map_err(|e| e.to_string())?.count();
    check(saved == made && made < ITEMS, || format!("{saved} files of {made} predictions"))?;
    Ok(format!("{saved} files of {made} predictions"))
}

fn submissions(emulator: &Emulator) -> HashMap<String, usize> {
    let mut submissions: HashMap<String, usize> = HashMap::new();
    for prediction in emulator.predictions() {
        *submissions.entry(prediction.input["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    submissions
}

/// In no time of any length more was submitted than one process alone would be allowed.
fn within_the_shared_limit(emulator: &Emulator) -> Result<(), String> {
    let times: Vec<f64> = emulator.predictions().iter().map(|prediction| prediction.created.as_secs_f64()).collect();
    for first in 0..times.len() {
        for last in (first..times.len()).step_by(50) {
            let (count, span) = (last - first + 1, times[last] - times[first]);
            // Requests do not arrive as evenly as they are sent: a quarter of a second more.
            let allowed = BURST as f64 + PER_SECOND * (span + 0.25) + 1.0;
            check((count as f64) <= allowed, || format!("{count} submissions within {span:.2} s"))?;
        }
    }
    Ok(())
}
