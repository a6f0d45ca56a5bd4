//! A batch whose list, journal or service changes between two runs.

use std::path::Path;

use pruna::{
    Client, Media, Request,
    batch::{Batch, Plan, Stage, Summary},
    inputs::{PImage, PImageEdit},
    test_util::{self, QueuedResponses},
};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;

use crate::support::{builder, client, emulator, sends};

/// Returns requests from words: `lion` has that prompt, `hero=lion` also has that name.
fn requests(words: &str) -> Vec<Request> {
    let request = |word: &str| match word.split_once('=') {
        Some((name, prompt)) => Request::from(PImage::new(prompt)).name(name),
        None => PImage::new(word).into(),
    };
    words.split_whitespace().map(request).collect()
}

fn batch(client: &Client, home: &Path, words: &str) -> Batch {
    client.batch(requests(words)).journal(home.join("out/batch.journal")).save_to(home.join("out"))
}

async fn finish(batch: Batch) -> Summary {
    let mut results = batch.run().await.unwrap();
    while results.next().await.is_some() {}
    results.summary()
}

fn stage(plan: &Plan) -> Vec<Stage> {
    plan.items().iter().map(|item| item.stage).collect()
}

#[tokio::test]
async fn an_edited_list_pays_for_new_requests_only() {
    for (before, after, paid) in [
        ("lion tiger", "bear lion tiger", 1),
        ("lion tiger bear", "bear lion tiger", 0),
        ("lion tiger bear", "tiger", 0),
        ("lion lion", "lion lion lion", 1),
        ("lion tiger lion", "lion lion tiger", 0),
        ("a=lion b=tiger", "c=bear b=tiger a=lion", 1),
        ("a=lion tiger", "tiger b=tiger a=lion", 1),
        ("lion tiger", "bear wolf fox", 3),
    ] {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let client = client(&emulator);
        finish(batch(&client, home.path(), before)).await;
        let earlier = sends(&emulator, "createPrediction");
        let summary = finish(batch(&client, home.path(), after)).await;
        let (count, sent) = (requests(after).len(), sends(&emulator, "createPrediction") - earlier);
        assert_eq!((summary.succeeded, sent), (count, paid), "{before} -> {after}");
        assert_eq!(summary.resumed, count - paid, "{before} -> {after}");
    }
}

#[tokio::test]
async fn a_plan_recognizes_requests_that_got_another_name() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    finish(batch(&client, home.path(), "a=lion tiger b=bear")).await;
    for words in ["c=lion d=tiger b=bear", "c=lion tiger e=bear", "lion tiger bear"] {
        let plan = batch(&client, home.path(), words).plan().await.unwrap();
        assert_eq!((stage(&plan), plan.gone().len()), (vec![Stage::Finished; 3], 0), "{words}");
        let mut results = plan.run().await.unwrap();
        while results.next().await.is_some() {}
        assert_eq!(results.summary().resumed, 3, "{words}");
    }
    // A second request of the kind is another one.
    let plan = batch(&client, home.path(), "a=lion c=lion tiger").plan().await.unwrap();
    assert_eq!(stage(&plan), [Stage::Finished, Stage::New, Stage::Finished]);
    assert_eq!(plan.gone().iter().map(|item| item.key.as_deref()).collect::<Vec<_>>(), [None], "the bear");
    assert_eq!(sends(&emulator, "createPrediction"), 3);
}

#[tokio::test]
async fn a_request_that_returns_after_its_item_was_renamed_is_another_item() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    for (words, stages) in [
        ("lion", &[Stage::New][..]),
        ("a=lion", &[Stage::Finished]),
        ("lion a=lion", &[Stage::New, Stage::Finished]),
        ("b=lion a=lion", &[Stage::Finished; 2]),
        ("lion b=lion a=lion", &[Stage::New, Stage::Finished, Stage::Finished]),
    ] {
        let plan = batch(&client, home.path(), words).plan().await.unwrap();
        assert_eq!(stage(&plan), stages, "{words}");
        let mut results = plan.run().await.unwrap();
        while let Some((_, result)) = results.next().await {
            result.unwrap();
        }
    }
    assert_eq!(sends(&emulator, "createPrediction"), 3);
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    finish(batch(&client, home.path(), "a=lion b=tiger")).await;
    let mut results = batch(&client, home.path(), "a=wolf b=tiger").ordered(true).run().await.unwrap();
    let error = results.next().await.unwrap().1.unwrap_err();
    assert!(error.is_invalid_input() && error.message().contains("\"a\""), "{error}");
    assert!(results.next().await.unwrap().1.is_ok() && results.next().await.is_none());
    drop(results);
    let plan = batch(&client, home.path(), "a=wolf c=bear").plan().await.unwrap();
    assert!(plan.items()[0].problem.as_ref().unwrap().contains("\"a\""));
    assert!(plan.run().await.unwrap_err().is_invalid_input());
    let twice = batch(&client, home.path(), "c=bear c=fox").plan().await.unwrap();
    assert!(twice.items()[1].problem.as_ref().unwrap().contains("used by an earlier request"));
    assert_eq!(sends(&emulator, "createPrediction"), 2);
}

#[tokio::test]
async fn a_failed_request_can_be_corrected_under_its_key() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    emulator.faults().add(Fault::Fail { error: "no".into() }.on(Operation::CreatePrediction).first(1));
    assert_eq!(finish(batch(&client, home.path(), "a=lion")).await.failed, 1);
    assert_eq!(finish(batch(&client, home.path(), "a=lion")).await.failed, 1);
    let plan = batch(&client, home.path(), "a=wolf").plan().await.unwrap();
    assert_eq!((stage(&plan), plan.items()[0].problem.as_deref()), (vec![Stage::New], None));
    assert_eq!(finish(batch(&client, home.path(), "a=wolf")).await.succeeded, 1);
    assert_eq!(sends(&emulator, "createPrediction"), 2);
}

#[tokio::test]
async fn a_moved_batch_finds_its_files_after_the_results_expired() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let at = |place: &str| {
        let place = home.path().join(place);
        let edit = PImageEdit::new("as a watercolor").images([Media::path(place.join("me.jpg"))]);
        let requests = [Request::from(PImage::new("lion")).name("a"), PImage::new("tiger").into(), edit.into()];
        client.batch(requests).journal(place.join("out/batch.journal")).save_to(place.join("out"))
    };
    std::fs::create_dir(home.path().join("here")).unwrap();
    client.generate(PImage::new("me")).await.unwrap().save(home.path().join("here/me.jpg")).await.unwrap();
    assert_eq!(finish(at("here")).await.succeeded, 3);
    // The same folder in other words.
    assert_eq!(finish(at("here/../here")).await.resumed, 3);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("here", home.path().join("link")).unwrap();
        assert_eq!(finish(at("link")).await.resumed, 3);
    }
    emulator.advance(std::time::Duration::from_secs(48 * 3600));
    std::fs::rename(home.path().join("here"), home.path().join("there")).unwrap();
    let summary = finish(at("there")).await;
    assert_eq!((summary.succeeded, summary.resumed, sends(&emulator, "createPrediction")), (3, 3, 1 + 3));
}

#[tokio::test]
async fn a_journal_belongs_to_one_service_and_account() {
    let (real, other, home) = (emulator().await, emulator().await, tempfile::tempdir().unwrap());
    finish(batch(&client(&real), home.path(), "lion tiger")).await;
    let error = batch(&client(&other), home.path(), "lion tiger").run().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("another service"), "{error}");
    let error = batch(&client(&other), home.path(), "lion tiger").plan().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains(real.url()), "{error}");

    let second_key = builder(&real).api_key("pru_another").build().unwrap();
    let error = batch(&second_key, home.path(), "lion tiger").run().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("another API key"), "{error}");
    assert_eq!(finish(batch(&second_key, home.path(), "lion tiger").rebind(true)).await.resumed, 2);
    assert_eq!(finish(batch(&second_key, home.path(), "lion tiger")).await.resumed, 2);
    assert_eq!((sends(&real, "createPrediction"), sends(&other, "createPrediction")), (2, 0));
}

#[tokio::test]
async fn a_named_service_may_move() {
    let (first, second, home) = (emulator().await, emulator().await, tempfile::tempdir().unwrap());
    let named = |emulator: &Emulator| batch(&client(emulator), home.path(), "lion").service_name("trial");
    finish(named(&first)).await;
    assert_eq!(finish(named(&second)).await.resumed, 1);
    let error = batch(&client(&second), home.path(), "lion").run().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("(trial, not http://"), "{error}");
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let plan = batch(&client, home.path(), "lion").plan().await.unwrap();
    assert!(!plan.has_journal());
    drop(plan);
    assert!(!home.path().join("out").exists());
    finish(batch(&client, home.path(), "lion a=tiger")).await;
    let content = || std::fs::read(home.path().join("out/batch.journal")).unwrap();
    let (before, requests) = (content(), emulator.requests().len());
    let plan = batch(&client, home.path(), "a=tiger").plan().await.unwrap();
    assert!(plan.has_journal());
    assert_eq!(plan.gone()[0].files.len(), 1);
    assert!(plan.gone()[0].files[0].path.is_file());
    drop(plan);
    assert_eq!((content() == before, emulator.requests().len()), (true, requests));
    // The journal is not in use after a plan, but while it is planned.
    let running = batch(&client, home.path(), "lion").run().await.unwrap();
    assert!(batch(&client, home.path(), "lion").plan().await.unwrap_err().is_configuration());
    drop(running);
}

#[tokio::test]
async fn what_is_known_by_other_evidence_is_not_paid_again() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator);
    let mut results = batch(&client, home.path(), "a=lion b=tiger").ordered(true).run().await.unwrap();
    let lion = results.next().await.unwrap().1.unwrap();
    while results.next().await.is_some() {}
    drop(results);
    std::fs::remove_file(home.path().join("out/batch.journal")).unwrap();
    let mut plan = batch(&client, home.path(), "a=lion c=bear").plan().await.unwrap();
    assert!(plan.items()[0].problem.as_ref().unwrap().contains("a file or another item has this name"));
    plan.assume(0, Stage::Finished, lion.generation.id().map(pruna::JobRef::from_id), lion.files.clone());
    let mut results = plan.run().await.unwrap();
    while results.next().await.is_some() {}
    assert_eq!((results.summary().succeeded, results.summary().resumed), (2, 1));
    drop(results);
    assert_eq!(finish(batch(&client, home.path(), "a=lion c=bear")).await.resumed, 2);
    assert_eq!(sends(&emulator, "createPrediction"), 3);
}

#[tokio::test]
async fn the_job_of_a_damaged_response_is_waited_for_in_the_next_run() {
    let home = tempfile::tempdir().unwrap();
    // The response breaks off behind the id.
    let mut damaged = http::Response::new(bytes::Bytes::from_static(b"{\"id\": \"j1\", \"seed\": 1e"));
    *damaged.status_mut() = http::StatusCode::CREATED;
    let first = QueuedResponses::new().response(damaged);
    let journal = |responses: &QueuedResponses| {
        test_util::client(responses).batch(requests("lion")).journal(home.path().join("batch.journal"))
    };
    assert_eq!(finish(journal(&first)).await.unknown, 1);
    let second = QueuedResponses::new().json(200, json!({"status": "succeeded", "generation_url": "/a.jpg"}));
    assert_eq!(finish(journal(&second)).await.succeeded, 1);
    assert!(second.requests()[0].url.path().ends_with("/j1"), "it is polled, not submitted again");
}
