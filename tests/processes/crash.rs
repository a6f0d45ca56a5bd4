//! A batch with a journal is killed (SIGKILL) at random instants, and continues.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    process::Stdio,
    time::Duration,
};

use pruna::{Ledger, LedgerState, Model};
use pruna_emulator::Emulator;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{Outcome, this};

/// Items of a batch.
const ITEMS: usize = 500;
/// A run is killed after this time at the latest.
const LONGEST_RUN: Duration = Duration::from_millis(400);

/// Starts a run of a batch whose journal and folder are in `home`.
fn start(emulator: &Emulator, home: &Path, resubmit: bool) -> Child {
    Command::new(this())
        .arg("--worker")
        .args([home.join("journal"), home.join("files")])
        .args([ITEMS.to_string(), resubmit.to_string()])
        .env("PRUNA_BASE_URL", emulator.url())
        .env("PRUNA_API_KEY", emulator.api_key())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Returns the lines of a run, however it ended.
pub(crate) async fn printed(child: Child) -> Result<Vec<String>, String> {
    let output = child.wait_with_output().await.map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Returns the lines of a run that must end successfully.
pub(crate) async fn finish(child: Child) -> Result<Vec<String>, String> {
    let output = child.wait_with_output().await.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match lines.last() {
        Some(last) if last == "end" && output.status.success() => Ok(lines),
        _ => Err(format!("a run failed: {text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Returns the indices of the lines that begin with a word.
pub(crate) fn indices(lines: &[String], word: &str) -> BTreeSet<usize> {
    let index = |line: &String| line.strip_prefix(word)?.split_whitespace().next()?.parse().ok();
    lines.iter().filter_map(index).collect()
}

/// Runs one batch and kills it until it is complete or there were enough kills. Returns the number of kills and of unknown
/// items.
async fn batch(kills_left: usize, random: &mut fastrand::Rng) -> Result<(usize, usize), String> {
    let emulator = Emulator::builder().start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut kills = 0;
    while kills < kills_left {
        let mut child = start(&emulator, home.path(), false);
        let instant = LONGEST_RUN.mul_f64(random.f64());
        if timeout(instant, child.wait()).await.is_ok() {
            finish(child).await?;
            break;
        }
        child.kill().await.map_err(|e| e.to_string())?;
        kills += 1;
    }
    let lines = finish(start(&emulator, home.path(), false)).await?;
    let unknown = indices(&lines, "unknown");
    let failed = indices(&lines, "failed");
    check(failed.is_empty(), || format!("failed: {lines:?}"))?;
    // The caller asks for unknown items to be submitted again.
    let lines = finish(start(&emulator, home.path(), true)).await?;
    let complete = indices(&lines, "resumed").len() + indices(&lines, "done").len();
    check(complete == ITEMS, || format!("{complete} of {ITEMS} are complete: {lines:?}"))?;
    let mut submissions: HashMap<String, usize> = HashMap::new();
    for prediction in emulator.predictions() {
        *submissions.entry(prediction.input["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for item in 0..ITEMS {
        let count = submissions.get(&format!("item {item}")).copied().unwrap_or_default();
        let allowed = if unknown.contains(&item) { 1..=2 } else { 1..=1 };
        check(allowed.contains(&count), || format!("item {item} was submitted {count} times"))?;
    }
    compare(&emulator, &home.path().join("files"), ITEMS).await?;
    check_ledger(&emulator, &home.path().join("ledger.jsonl"))?;
    // Of the journal's account, each item is a part, and each submission that may have been sent before.
    let committed = indices(&lines, "committed ").into_iter().next().unwrap_or_default();
    let price = Model::WAN_IMAGE_SMALL.info().estimate_usd(&()).ok_or("the model has no price")?.micros() as usize;
    check(committed == (ITEMS + unknown.len()) * price, || {
        format!("the journal has {committed} micro-dollars for {ITEMS} items, {} of them unknown", unknown.len())
    })?;
    Ok((kills, unknown.len()))
}

/// Checks that nothing that the service accepted is missing in the ledger, or counted twice.
fn check_ledger(emulator: &Emulator, ledger: &Path) -> Result<(), String> {
    let accepted: BTreeSet<String> = emulator.predictions().into_iter().map(|prediction| prediction.id).collect();
    let entries = Ledger::read(ledger).map_err(|e| e.to_string())?;
    let spent: Vec<String> = entries.iter().filter_map(|entry| entry.job.clone()).collect();
    let distinct: BTreeSet<String> = spent.iter().cloned().collect();
    check(spent.len() == distinct.len(), || "a job is counted twice".into())?;
    check(distinct.is_subset(&accepted), || "a job is counted that the service does not know".into())?;
    let reserved = entries.iter().filter(|entry| entry.state == LedgerState::Reserved).count();
    check(accepted.len() <= spent.len() + reserved, || {
        format!("{} accepted, {} noted as spent, {reserved} as reserved", accepted.len(), spent.len())
    })?;
    check(entries.len() <= accepted.len() + reserved, || "more is noted than was sent".into())
}

/// Checks that there is one file for each item, and that it equals what the service delivers.
pub(crate) async fn compare(emulator: &Emulator, folder: &Path, items: usize) -> Result<(), String> {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // A worker of a fleet that was killed leaves its hidden folder.
    let names = files.iter().map(|name| name.to_str().unwrap().to_owned()).filter(|name| !name.starts_with(".pruna-"));
    let names: BTreeSet<String> = names.collect();
    check(names.len() == items, || format!("{} files in {}", names.len(), folder.display()))?;
    let client = pruna::Client::builder()
        .api_key(emulator.api_key())
        .base_url(emulator.url())
        .build()
        .map_err(|e| e.to_string())?;
    let predictions: HashMap<String, String> = emulator
        .predictions()
        .into_iter()
        .map(|prediction| (prediction.id, format!("/v1/predictions/delivery/{}", prediction.files[0])))
        .collect();
    for (item, name) in names.iter().enumerate() {
        let id = name.strip_prefix(&format!("{item:06}-")).and_then(|rest| rest.split('.').next());
        let address = id.and_then(|id| predictions.get(id)).ok_or_else(|| format!("{name} belongs to no job"))?;
        let delivered = client.download(address.clone()).bytes().await.map_err(|e| e.to_string())?;
        let saved = std::fs::read(folder.join(name)).map_err(|e| e.to_string())?;
        check(saved == delivered, || format!("{name} differs from the delivered file"))?;
    }
    Ok(())
}

pub(crate) fn check(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

pub(crate) async fn killed_at_any_instant() -> Outcome {
    let wanted: usize = std::env::var("PRUNA_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(40);
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut kills, mut batches, mut unknown) = (0, 0, 0);
    while kills < wanted {
        let one = batch(wanted - kills, &mut random).await.map_err(|why| format!("seed {seed}: {why}"))?;
        (kills, batches, unknown) = (kills + one.0, batches + 1, unknown + one.1);
        // On a machine that is too fast to kill anything, the loop would never end.
        check(batches <= wanted, || "runs end before they can be killed".into())?;
        sleep(Duration::ZERO).await;
    }
    Ok(format!(
        "{kills} kills, {batches} batches of {ITEMS}, {unknown} items unknown; PRUNA_KILLS=200 for the full count"
    ))
}

/// While one process has a journal open, another one fails and changes nothing.
pub(crate) async fn a_second_process() -> Outcome {
    let emulator = Emulator::builder().speed(0.3).start().await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let first = start(&emulator, home.path(), false);
    while emulator.predictions().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    let second = start(&emulator, home.path(), false).wait_with_output().await.map_err(|e| e.to_string())?;
    let message = String::from_utf8_lossy(&second.stderr);
    check(!second.status.success() && message.contains("in use by another process"), || message.to_string())?;
    finish(first).await?;
    compare(&emulator, &home.path().join("files"), ITEMS).await?;
    check(emulator.predictions().len() == ITEMS, || "an item was submitted twice".into())?;
    Ok(format!("{ITEMS} files by the first process"))
}
