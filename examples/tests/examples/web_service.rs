//! The example with the web service.

use std::path::Path;

use pruna::reqwest::{Client, Response};
use pruna_emulator::Emulator;
use serde_json::{Value, json};
use tokio::process::Child;

use crate::{program::Program, support::models};

/// The running service and its address.
async fn start(folder: &Path, emulator: &Emulator) -> (Child, String) {
    let program = Program::new("web_service", folder).with(emulator).args(["127.0.0.1:0", "jobs.jsonl"]);
    let (service, line) = program.start().await;
    (service, line.strip_prefix("Listening on ").unwrap().to_owned())
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

/// The names of server-sent events and their data.
fn events(text: &str) -> Vec<(&str, Value)> {
    let mut events = Vec::new();
    for event in text.split("\n\n") {
        let name = event.lines().find_map(|line| line.strip_prefix("event: "));
        let data = event.lines().find_map(|line| line.strip_prefix("data: "));
        if let (Some(name), Some(data)) = (name, data) {
            events.push((name, serde_json::from_str(data).unwrap()));
        }
    }
    events
}

pub(crate) async fn web_service() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // About two seconds for each image.
    let emulator = Emulator::builder().speed(2.0).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut service, address) = start(folder.path(), &emulator).await;
    let http = Client::new();
    let get = |url: String| async { http.get(url).send().await.unwrap() };

    let order = http.post(format!("{address}/images")).json(&json!({"prompt": "a lion at dusk"}));
    let response = order.send().await.unwrap();
    assert_eq!(response.status(), 202);
    let id = response.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(get(format!("{address}/images/{id}")).await.status(), 202, "not finished yet");
    assert_eq!(get(format!("{address}/images/unknown")).await.status(), 404);

    // The service stops while the job runs, and another one resumes it.
    service.kill().await.unwrap();
    let (_service, address) = start(folder.path(), &emulator).await;
    let response = get(format!("{address}/images/{id}/events")).await;
    assert_eq!(header(&response, "content-type"), "text/event-stream");
    let text = response.text().await.unwrap();
    let events = events(&text);
    let names: Vec<&str> = events.iter().map(|(name, _)| *name).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("started", "finished"), "{text}");
    assert!(names.len() > 2 && names[1..names.len() - 1].iter().all(|name| *name == "polled"), "{text}");
    let elapsed: Vec<f64> = events.iter().filter_map(|(_, data)| data["elapsed"].as_f64()).collect();
    assert!(elapsed.is_sorted() && elapsed.len() == names.len() - 2, "{text}");
    assert_eq!(events[events.len() - 1].1, json!({"id": id}));

    let response = get(format!("{address}/images/{id}")).await;
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "image/jpeg"));
    let length: usize = header(&response, "content-length").parse().unwrap();
    let content = response.bytes().await.unwrap();
    assert!(content.len() == length && content.starts_with(b"\xff\xd8\xff"));
    assert_eq!(models(&emulator).len(), 1, "the job was submitted once");
}
