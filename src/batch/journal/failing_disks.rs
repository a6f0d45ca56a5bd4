//! Journals on a disk that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use pruna_emulator::Emulator;
use redb::{BackendError, StorageBackend};

use super::{Service, file::FileJournal};
use crate::{
    Client,
    batch::{Batch, Summary},
    inputs::WanImageSmall,
    limits::Limits,
};

const ITEMS: usize = 24;

/// A disk that keeps what was synchronized and a random part of the rest. It fails permanently at some write.
#[derive(Clone, Debug)]
struct Disk(Arc<Mutex<Sectors>>);

#[derive(Debug, Default)]
struct Sectors {
    /// The content that programs read.
    seen: Vec<u8>,
    /// The content that survives a loss of power.
    kept: Vec<u8>,
    /// Writes since then.
    loose: Vec<(usize, Vec<u8>)>,
    writes: u64,
    fails_at: u64,
}

impl Disk {
    fn new(content: Vec<u8>, fails_at: u64) -> Self {
        let sectors = Sectors { seen: content.clone(), kept: content, fails_at, ..Sectors::default() };
        Self(Arc::new(Mutex::new(sectors)))
    }

    fn failing(&self) -> io::Result<std::sync::MutexGuard<'_, Sectors>> {
        let sectors = self.0.lock().unwrap();
        if sectors.writes >= sectors.fails_at { Err(io::Error::other("the disk has failed")) } else { Ok(sectors) }
    }

    /// Returns the content after a loss of power: some of the unsynchronized writes are applied, in any order, and some of these
    /// only in part.
    fn remains(&self, random: &mut fastrand::Rng) -> Vec<u8> {
        let sectors = self.0.lock().unwrap();
        let mut content = sectors.kept.clone();
        for (offset, data) in &sectors.loose {
            let part = match random.u8(..3) {
                0 => continue,
                1 => data.len() / 2,
                _ => data.len(),
            };
            let end = offset + part;
            content.resize(content.len().max(end), 0);
            content[*offset..end].copy_from_slice(&data[..part]);
        }
        content
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (sectors, start) = (self.0.lock().unwrap(), offset as usize);
        let found = sectors.seen.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut sectors = self.failing()?;
        sectors.seen.resize(len as usize, 0);
        sectors.kept.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut sectors = self.failing()?;
        sectors.kept = sectors.seen.clone();
        sectors.loose.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut sectors = self.failing()?;
        let start = offset as usize;
        sectors.writes += 1;
        sectors.loose.push((start, data.to_vec()));
        // Half of the failing write is applied.
        let failed = sectors.writes == sectors.fails_at;
        let part = if failed { data.len() / 2 } else { data.len() };
        sectors.seen[start..start + part].copy_from_slice(&data[..part]);
        if failed { Err(io::Error::other("the disk has failed")) } else { Ok(()) }
    }

    // Each test has a disk of its own.
    fn try_lock_range(&self, _: std::ops::Bound<u64>, _: std::ops::Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }
}

fn service() -> Service {
    Service { name: "the service".into(), account: None }
}

/// Returns the content of an empty journal. It is created under another name, so that no crash leaves a partial one.
fn fresh() -> Vec<u8> {
    let disk = Disk::new(Vec::new(), u64::MAX);
    drop(FileJournal::on(disk.clone(), &service()).unwrap());
    let sectors = disk.0.lock().unwrap();
    sectors.kept.clone()
}

async fn run(emulator: &Emulator, disk: &Disk, folder: &Path) -> Result<(Vec<usize>, Summary), crate::Error> {
    run_with(emulator, disk, folder, false).await
}

/// Runs the batch with its journal on a disk; returns the items with an unknown outcome, and the summary.
async fn run_with(
    emulator: &Emulator,
    disk: &Disk,
    folder: &Path,
    resubmit_unknown: bool,
) -> Result<(Vec<usize>, Summary), crate::Error> {
    let client =
        Client::builder().api_key(emulator.api_key()).base_url(emulator.url()).limits(Limits::none()).build()?;
    let request = |n| WanImageSmall::new(format!("item {n}")).aspect_ratio("custom").width(256).height(256);
    let requests = (0..ITEMS).map(request);
    let batch: Batch = client.batch(requests).concurrency(4).save_to(folder).resubmit_unknown(resubmit_unknown);
    let journal = Arc::new(FileJournal::on(disk.clone(), &service())?);
    let mut results = batch.run_with(Some(journal), None).await?;
    let mut unknown = Vec::new();
    while let Some((index, result)) = results.next().await {
        if result.is_err_and(|error| error.is_submission_unknown()) {
            unknown.push(index);
        }
    }
    Ok((unknown, results.summary()))
}

/// Returns how many writes a batch makes if nothing fails.
async fn writes() -> u64 {
    let (emulator, folder) = (Emulator::builder().start().await.unwrap(), tempfile::tempdir().unwrap());
    let disk = Disk::new(fresh(), u64::MAX);
    let (_, summary) = run(&emulator, &disk, folder.path()).await.unwrap();
    assert_eq!((summary.succeeded, summary.files), (ITEMS, ITEMS));
    disk.0.lock().unwrap().writes
}

#[tokio::test]
async fn a_batch_whose_disk_fails_at_any_write_is_continued() {
    let (writes, seed) = (writes().await, fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    for turn in 0..24 {
        // Failures are spread over the whole run.
        let fails_at = 1 + writes * turn / 24 + random.u64(..=writes / 24);
        let at = format!("seed {seed}, failed at write {fails_at} of {writes}");
        let (emulator, folder) = (Emulator::builder().start().await.unwrap(), tempfile::tempdir().unwrap());
        let disk = Disk::new(fresh(), fails_at);
        let submitted_then = match run(&emulator, &disk, folder.path()).await {
            Ok((_, summary)) => {
                let whole = summary.succeeded == ITEMS || summary.failed > 0;
                assert!(whole, "{at}: a batch that ends early says so: {summary}");
                emulator.predictions().len()
            }
            // The journal could not be created.
            Err(error) => {
                assert!(error.is_io(), "{at}: {error}");
                0
            }
        };
        let disk = Disk::new(disk.remains(&mut random), u64::MAX);
        let (unknown, summary) = run(&emulator, &disk, folder.path()).await.unwrap_or_else(|e| panic!("{at}: {e}"));
        assert_eq!(summary.items(), ITEMS, "{at}");
        assert_eq!(summary.succeeded + unknown.len(), ITEMS, "{at}: {summary}");
        let (_, summary) = run_with(&emulator, &disk, folder.path(), true).await.unwrap();
        assert_eq!(summary.succeeded, ITEMS, "{at}: {summary}");
        let mut submissions: HashMap<String, usize> = HashMap::new();
        for prediction in emulator.predictions() {
            *submissions.entry(prediction.input["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        for item in 0..ITEMS {
            let count = submissions[&format!("item {item}")];
            let allowed = if unknown.contains(&item) { 2 } else { 1 };
            assert!(count <= allowed, "{at}: item {item} was submitted {count} times; {submitted_then} before");
        }
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        // If the journal has lost the files of an item, they are downloaded again under the same name.
        let again = submissions.values().filter(|count| **count > 1).count();
        assert!((ITEMS..=ITEMS + again).contains(&files), "{at}: {files} files");
    }
}

#[tokio::test]
async fn nothing_is_begun_when_the_journal_cannot_be_written() {
    let (emulator, folder) = (Emulator::builder().start().await.unwrap(), tempfile::tempdir().unwrap());
    let disk = Disk::new(fresh(), 20);
    let (_, summary) = run(&emulator, &disk, folder.path()).await.unwrap();
    assert!(summary.failed > 0 && summary.items() < ITEMS, "{summary}");
    assert!(emulator.predictions().len() < ITEMS);
}
