//! Results that are used again instead of being paid for twice.

use std::{path::Path, time::Duration};

use futures_util::future::join_all;
use pruna::{
    Budget, Cache, Lookup, Media, Request, Usd,
    inputs::{PImage, PImageEdit, WanImageSmall},
};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};

use crate::support::{builder, client, emulator, sends};

fn lion() -> PImage {
    PImage::new("a lion").seed(42)
}

fn cache(home: &Path) -> Cache {
    Cache::open(home.join("cache")).unwrap()
}

fn submissions(emulator: &Emulator) -> usize {
    sends(emulator, "createPrediction")
}

#[tokio::test]
async fn an_equal_request_is_answered_from_the_store_even_after_the_service_has_deleted_the_file() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let first = client(&emulator).reuse(cache(home.path())).generate(lion()).await.unwrap();
    let content = first.bytes().await.unwrap();
    emulator.advance(Duration::from_secs(48 * 3600));
    emulator.clear_requests();

    // Another client, as in another process.
    let again = client(&emulator).reuse(cache(home.path())).generate(lion()).await.unwrap();
    assert!(again.is_reused() && !first.is_reused());
    assert_eq!((again.cost(), again.id(), again.urls()), (Some(Usd::ZERO), first.id(), first.urls()));
    let file = again.save(home.path().join("lion.jpg")).await.unwrap();
    assert_eq!((file.content_type.as_str(), file.bytes), ("image/jpeg", content.len() as u64));
    assert_eq!(std::fs::read(file.path).unwrap(), content);
    let mut stream = again.file(0).unwrap().open().await.unwrap();
    assert_eq!((stream.content_type(), stream.content_length()), ("image/jpeg", Some(content.len() as u64)));
    let mut streamed = Vec::new();
    while let Some(piece) = stream.next().await {
        streamed.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(streamed, content);
    assert_eq!(emulator.requests().len(), 0, "nothing was sent");
}

#[tokio::test]
async fn only_equal_requests_are_answered_and_only_with_a_seed_or_on_demand() {
    for (first, second, unseeded, paid) in [
        (lion(), lion(), false, 1),
        (lion(), lion().seed(43), false, 2),
        (lion(), PImage::new("a tiger").seed(42), false, 2),
        (PImage::new("a lion"), PImage::new("a lion"), false, 2),
        (PImage::new("a lion"), PImage::new("a lion"), true, 1),
        (lion().seed(-1), lion().seed(-1), false, 2),
    ] {
        let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
        let client = client(&emulator).reuse(cache(home.path()).unseeded(unseeded));
        client.generate(first.clone()).await.unwrap();
        client.generate(second.clone()).await.unwrap();
        assert_eq!(submissions(&emulator), paid, "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn equal_requests_at_the_same_time_are_submitted_once() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let budget = Budget::usd("0.005");
    let client = builder(&emulator).budget(budget.clone()).build().unwrap().reuse(cache(home.path()));
    let results = join_all((0..20).map(|_| client.generate(lion()))).await;
    assert_eq!(results.iter().filter(|result| result.as_ref().unwrap().is_reused()).count(), 19);
    assert_eq!((submissions(&emulator), budget.remaining()), (1, Usd::ZERO));
}

#[tokio::test]
async fn a_result_can_be_looked_up_and_stored_in_steps() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let plain = client(&emulator);
    let request = Request::from(lion());
    assert!(plain.look_up(&request).await.is_none());
    let client = plain.reuse(cache(home.path()));
    let Some(Lookup::Missing(slot)) = client.look_up(&request).await else { panic!("nothing is stored yet") };
    let stored = slot.store(client.submit(request.clone()).await.unwrap().wait().await.unwrap()).await;
    let Some(Lookup::Stored(found)) = client.look_up(&request).await else { panic!("it was stored") };
    assert_eq!((found.id(), found.is_reused(), submissions(&emulator)), (stored.id(), true, 1));
}

#[tokio::test]
async fn a_file_that_changes_between_lookup_and_result_stores_nothing() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let plain = client(&emulator);
    let path = home.path().join("a.jpg");
    plain.generate(PImage::new("a lion")).await.unwrap().save(&path).await.unwrap();
    let client = plain.reuse(cache(home.path()));
    let request = Request::from(PImageEdit::new("make it night").images([Media::path(&path)]).seed(1));
    let Some(Lookup::Missing(slot)) = client.look_up(&request).await else { panic!("nothing is stored yet") };
    let result = client.submit(request.clone()).await.unwrap().wait().await.unwrap();
    std::fs::write(&path, "another content").unwrap();
    slot.store(result).await;
    assert!(home.path().join("cache").read_dir().unwrap().next().is_none());
}

#[tokio::test]
async fn a_failure_is_not_stored() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator).reuse(cache(home.path()));
    emulator.faults().add(Fault::Fail { error: "out of memory".into() }.on(Operation::CreatePrediction).nth(1));
    assert!(client.generate(lion()).await.unwrap_err().is_prediction_failed());
    assert!(!client.generate(lion()).await.unwrap().is_reused());
}

#[tokio::test]
async fn local_media_count_by_their_content() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let plain = client(&emulator);
    let mut pictures = Vec::new();
    for prompt in ["one", "two", "new"] {
        pictures.push(plain.generate(PImage::new(prompt)).await.unwrap().bytes().await.unwrap());
    }
    let client = plain.reuse(cache(home.path()));
    emulator.clear_requests();
    for (name, picture, paid) in [("a", 0, 1), ("b", 0, 1), ("c", 1, 2), ("a", 2, 3), ("c", 0, 3)] {
        let path = home.path().join(name);
        std::fs::write(&path, &pictures[picture]).unwrap();
        let edit = PImageEdit::new("make it night").images([Media::path(path)]).seed(1);
        client.generate(edit).await.unwrap();
        assert_eq!(submissions(&emulator), paid, "{name} {picture}");
    }
}

#[tokio::test]
async fn a_stored_result_that_was_damaged_is_generated_again() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let client = client(&emulator).reuse(cache(home.path()));
    let damages: [fn(&Path); 7] = [
        |result| std::fs::remove_file(result.join("0.jpg")).unwrap(),
        |result| std::fs::write(result.join("0.jpg"), "short").unwrap(),
        |result| {
            let length = result.join("0.jpg").metadata().unwrap().len() as usize;
            std::fs::write(result.join("0.jpg"), vec![0; length]).unwrap();
        },
        |result| {
            let record = std::fs::read_to_string(result.join("result.json")).unwrap();
            std::fs::write(result.join("result.json"), record.replace("\"key\":\"", "\"key\":\"0")).unwrap();
        },
        |result| std::fs::write(result.join("result.json"), r#"{"key": "", "files": []}"#).unwrap(),
        |result| std::fs::write(result.join("result.json"), "{").unwrap(),
        |result| std::fs::remove_file(result.join("result.json")).unwrap(),
    ];
    client.generate(lion()).await.unwrap();
    for (index, damage) in damages.iter().enumerate() {
        let results: Vec<_> = home.path().join("cache").read_dir().unwrap().collect();
        assert_eq!(results.len(), 1, "unfinished ones are removed");
        damage(&results[0].as_ref().unwrap().path());
        let again = client.generate(lion()).await.unwrap();
        assert_eq!((again.is_reused(), submissions(&emulator)), (false, index + 2));
        assert!(client.generate(lion()).await.unwrap().is_reused());
    }
}

#[tokio::test]
async fn a_file_that_is_lost_after_the_lookup_is_downloaded() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let image = client(&emulator).reuse(cache(home.path())).generate(lion()).await.unwrap();
    let content = image.bytes().await.unwrap();
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    assert_eq!(image.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn the_results_that_were_not_used_for_the_longest_time_make_room() {
    let (emulator, home) = (emulator().await, tempfile::tempdir().unwrap());
    let request = |seed| Request::from(WanImageSmall::new("tea").num_outputs(2).seed(seed));
    let plain = client(&emulator);
    let client = plain.reuse(cache(home.path()));
    for seed in [1, 2] {
        client.generate(request(seed)).await.unwrap();
    }
    let size = |path: &Path| -> u64 {
        path.read_dir()
            .unwrap()
            .flat_map(|result| result.unwrap().path().read_dir().unwrap())
            .map(|f| f.unwrap().metadata().unwrap().len())
            .sum()
    };
    let two = size(&home.path().join("cache"));
    // The first is used, so the second is the oldest.
    assert_eq!(client.generate(request(1)).await.unwrap().urls().len(), 2);
    let client = plain.reuse(cache(home.path()).max_bytes(two + two / 4));
    client.generate(request(3)).await.unwrap();
    for (seed, is_reused) in [(1, true), (3, true), (2, false)] {
        assert_eq!(client.generate(request(seed)).await.unwrap().is_reused(), is_reused, "{seed}");
    }
}
