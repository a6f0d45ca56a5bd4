//! The files of a batch: what is not its own is never replaced, and names are checked before anything is paid for.

use std::{collections::BTreeMap, path::Path};

use pruna::{
    Client, Request,
    batch::{Batch, Summary},
    inputs::{PImage, WanImageSmall},
};

use crate::support::{client, emulator, sends};

fn named(client: &Client, folder: &Path, names: &[&str]) -> Batch {
    let requests: Vec<Request> = names.iter().map(|name| Request::from(PImage::new(*name)).name(*name)).collect();
    client.batch(requests).save_to(folder)
}

async fn finish(batch: Batch) -> (Vec<Result<(), String>>, Summary) {
    let mut results = batch.ordered(true).run().await.unwrap();
    let mut outcomes = Vec::new();
    while let Some((_, result)) = results.next().await {
        outcomes.push(result.map(drop).map_err(|error| error.to_string()));
    }
    (outcomes, results.summary())
}

/// Returns the visible files of a folder with their lengths.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()));
    files.filter(|(name, _)| !name.ends_with(".journal")).collect()
}

#[tokio::test]
async fn a_file_of_the_user_is_not_replaced_and_nothing_is_paid_for_it() {
    for (name, existing) in [("lion", "lion.jpg"), ("lion", "LION.png"), ("Lion", "lion.jpeg")] {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let client = client(&emulator);
        std::fs::write(home.path().join(existing), "mine").unwrap();
        for journal in [None, Some(home.path().join("batch.journal"))] {
            let mut batch = named(&client, home.path(), &[name]);
            if let Some(journal) = journal {
                batch = batch.journal(journal);
            }
            let (outcomes, _) = finish(batch).await;
            let error = outcomes[0].as_ref().unwrap_err();
            assert!(error.contains("a file or another item has this name"), "{error}");
        }
        assert_eq!(files(home.path()), BTreeMap::from([(existing.to_owned(), 4)]), "nothing else is left");
        assert_eq!(sends(&emulator, "createPrediction"), 0);
        let (_, summary) = finish(named(&client, home.path(), &[name]).replace(true)).await;
        assert_eq!((summary.succeeded, sends(&emulator, "createPrediction")), (1, 1));
    }
}

#[tokio::test]
async fn names_that_collide_are_found_before_anything_is_sent() {
    let (single, several) = (
        |name: &str| Request::from(PImage::new("x")).name(name),
        |name: &str| Request::from(WanImageSmall::new("x").num_outputs(2)).name(name),
    );
    for requests in [
        [single("lion"), single("lion")],
        [single("lion"), single("LION")],
        [single("a/b"), single("ab")],
        [several("lion"), single("lion-0")],
        [single("lion-1"), several("lion")],
    ] {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let client = client(&emulator);
        // Other keys, so that only the names of the files collide.
        let requests = requests.into_iter().enumerate().map(|(n, request)| request.key(format!("key {n}")));
        let requests: Vec<Request> = requests.collect();
        let plan = client.batch(requests.clone()).save_to(home.path()).plan().await.unwrap();
        assert!(plan.items()[0].problem.is_none() && plan.items()[1].problem.is_some(), "{requests:?}");
        assert!(plan.run().await.is_err());
        assert_eq!(sends(&emulator, "createPrediction"), 0);
        // Without a plan, only the second item is not sent.
        let (outcomes, _) = finish(client.batch(requests).save_to(home.path()).concurrency(1)).await;
        assert_eq!((outcomes[0].is_ok(), outcomes[1].is_ok()), (true, false));
        assert_eq!(sends(&emulator, "createPrediction"), 1);
    }
}

#[tokio::test]
async fn a_name_of_a_finished_item_is_not_given_again_even_if_files_may_be_replaced() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let cups = || Request::from(WanImageSmall::new("cups").num_outputs(2)).name("cups");
    let other = Request::from(PImage::new("x")).name("cups-0");
    let batch = |requests: Vec<Request>| {
        client.batch(requests).save_to(home.path()).journal(home.path().join("batch.journal")).replace(true)
    };
    finish(batch(vec![cups()])).await;
    let plan = batch(vec![cups(), other]).plan().await.unwrap();
    assert!(plan.items()[0].problem.is_none() && plan.items()[1].problem.is_some(), "{plan:?}");
}

#[tokio::test]
async fn a_retouched_result_stays_as_it_is() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let batch = || named(&client, home.path(), &["lion", "tiger"]).journal(home.path().join("batch.journal"));
    finish(batch()).await;
    let original = files(home.path());
    std::fs::write(home.path().join("lion.jpg"), "retouched").unwrap();
    std::fs::remove_file(home.path().join("tiger.jpg")).unwrap();
    let (_, summary) = finish(batch()).await;
    assert_eq!((summary.succeeded, summary.resumed), (2, 1));
    assert_eq!(std::fs::read(home.path().join("lion.jpg")).unwrap(), b"retouched");
    assert_eq!(files(home.path())["tiger.jpg"], original["tiger.jpg"], "a missing file is downloaded again");
    let (_, summary) = finish(batch().replace(true)).await;
    assert_eq!((summary.succeeded, files(home.path())), (2, original));
    assert_eq!(sends(&emulator, "createPrediction"), 2);
}

#[tokio::test]
async fn a_file_that_appears_while_the_batch_runs_is_not_replaced() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let mut results = named(&client, home.path(), &["lion"]).run().await.unwrap();
    // The names in the folder are read when the batch starts.
    std::fs::write(home.path().join("lion.jpg"), "mine").unwrap();
    let error = results.next().await.unwrap().1.unwrap_err();
    assert!(error.is_io() && error.generation().is_some(), "{error}");
    drop(results);
    assert_eq!(files(home.path()), BTreeMap::from([("lion.jpg".to_owned(), 4)]));
}

#[tokio::test]
async fn journals_of_one_name_share_a_folder() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let out = home.path().join("out");
    let batch = |place: &str| {
        let journal = home.path().join(place).join("batch.journal");
        named(&client, &out, &[place]).journal(journal)
    };
    let mut first = batch("a").run().await.unwrap();
    let mut second = batch("b").run().await.unwrap();
    assert!(first.next().await.unwrap().1.is_ok() && second.next().await.unwrap().1.is_ok());
    drop((first, second));
    assert_eq!(files(&out).into_keys().collect::<Vec<_>>(), ["a.jpg", "b.jpg"]);
}

#[tokio::test]
async fn nothing_more_is_submitted_when_files_cannot_be_saved() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let out = home.path().join("out");
    let names: Vec<String> = (0..20).map(|n| format!("lion {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let batch = || named(&client, &out, &names).journal(home.path().join("batch.journal")).concurrency(2);
    let mut results = batch().run().await.unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    let mut errors = Vec::new();
    while let Some((_, result)) = results.next().await {
        errors.push(result.unwrap_err().to_string());
    }
    drop(results);
    assert!(errors.iter().any(|error| error.contains("not submitted, because files cannot be saved")), "{errors:?}");
    let paid = sends(&emulator, "createPrediction");
    assert!(paid <= 4, "{paid}");
    // The results are saved by the next run, without being paid for again.
    let (_, summary) = finish(batch()).await;
    assert_eq!((summary.succeeded, files(&out).len()), (20, 20));
    assert_eq!(sends(&emulator, "createPrediction"), 20);
}
