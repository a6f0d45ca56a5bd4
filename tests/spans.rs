//! What the library reports to `tracing`: a span for every operation, with model, job and attempt, and OpenTelemetry's names.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use pruna::{Media, Request};
use pruna_emulator::faults::{Fault, Operation};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::support;

const PROMPT: &str = "a prompt that is nobody else's business";

type Fields = BTreeMap<&'static str, String>;

/// A span or an event, with the names of the spans around it.
#[derive(Clone, Debug)]
struct Entry {
    name: &'static str,
    path: Vec<u64>,
    fields: Fields,
}

/// Records all spans and events of this thread.
#[derive(Clone, Default)]
struct Recorder(Arc<Inner>);

#[derive(Default)]
struct Inner {
    last: AtomicU64,
    spans: Mutex<HashMap<u64, Entry>>,
    events: Mutex<Vec<Entry>>,
    entered: Mutex<Vec<u64>>,
}

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("pruna")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::new();
        attributes.record(&mut Into(&mut fields));
        let path = self.0.entered.lock().unwrap().clone();
        self.0.spans.lock().unwrap().insert(id, Entry { name: attributes.metadata().name(), path, fields });
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Into(&mut self.0.spans.lock().unwrap().get_mut(&id.into_u64()).unwrap().fields));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Into(&mut fields));
        let path = self.0.entered.lock().unwrap().clone();
        self.0.events.lock().unwrap().push(Entry { name: event.metadata().name(), path, fields });
    }

    fn enter(&self, id: &span::Id) {
        self.0.entered.lock().unwrap().push(id.into_u64());
    }

    fn exit(&self, _: &span::Id) {
        self.0.entered.lock().unwrap().pop();
    }
}

impl Recorder {
    /// The spans of a name, each with the names of those around it.
    fn spans(&self, name: &str) -> Vec<(Vec<&'static str>, Fields)> {
        let spans = self.0.spans.lock().unwrap();
        let mut found: Vec<_> = spans.iter().filter(|(_, entry)| entry.name == name).collect();
        found.sort_by_key(|(id, _)| **id);
        let around = |entry: &Entry| entry.path.iter().map(|id| spans[id].name).collect();
        found.into_iter().map(|(_, entry)| (around(entry), entry.fields.clone())).collect()
    }

    fn events(&self, message: &str) -> Vec<Fields> {
        let events = self.0.events.lock().unwrap();
        events.iter().map(|entry| entry.fields.clone()).filter(|fields| fields["message"] == message).collect()
    }

    fn everything(&self) -> String {
        format!("{:?} {:?}", self.0.spans.lock().unwrap(), self.0.events.lock().unwrap())
    }
}

#[tokio::test]
async fn operations_have_spans_and_requests_have_opentelemetrys_names() {
    // With one subscriber alone, `tracing` would take the word of other threads, which have none, for what is enabled.
    let _second = tracing::Dispatch::new(Recorder::default());
    let recorder = Recorder::default();
    let guard = tracing::subscriber::set_default(recorder.clone());
    let emulator = support::emulator().await;
    let hint = Fault::Status { status: 503, headers: [("retry-after".into(), "0.01".into())].into(), body: None };
    emulator.faults().add(
        Fault::RateLimited { retry_after: Some("0.01".into()), reset: None }.on(Operation::CreatePrediction).nth(1),
    );
    emulator.faults().add(hint.on(Operation::GetPredictionStatus).nth(1));
    let client = support::client(&emulator);
    let image = json!({"prompt": PROMPT, "images": [Media::bytes(b"\x89PNG\r\n\x1a\n".as_slice())]});
    let job = client.submit(Request::new("p-image-edit", image).try_sync(false)).await.unwrap();
    assert!(job.wait().await.unwrap_err().is_prediction_failed(), "it is no picture");
    let picture = client.generate(Request::new("p-image", json!({"prompt": PROMPT})).try_sync(false)).await.unwrap();
    picture.bytes().await.unwrap();
    client.submit(Request::new("p-image", json!({"prompt": PROMPT, "odd": 1}))).await.unwrap_err();
    drop(guard);

    let (around, submit) = &recorder.spans("submit")[0];
    assert!(around.is_empty());
    assert_eq!((submit["model"].as_str(), Some(submit["job"].as_str())), ("p-image-edit", job.id()));
    let (around, wait) = &recorder.spans("wait")[0];
    assert!(around.is_empty());
    assert_eq!((wait["model"].as_str(), Some(wait["job"].as_str())), ("p-image-edit", job.id()));
    let upload = &recorder.spans("upload")[0];
    assert_eq!(upload.0, ["submit"]);
    let generate = &recorder.spans("generate")[0];
    assert_eq!(generate.1["model"], "p-image");
    let download = &recorder.spans("download")[0];
    assert_eq!((download.1["model"].as_str(), download.1["job"].as_str()), ("p-image", picture.id().unwrap()));

    // The rejected submission was sent twice: attempts 1 and 2 within its span.
    let attempts: Vec<_> = recorder.spans("attempt").into_iter().filter(|(around, _)| around == &["submit"]).collect();
    let numbers: Vec<_> = attempts.iter().map(|(_, fields)| fields["number"].as_str()).collect();
    assert_eq!(numbers[..2], ["1", "2"]);
    let waiting = &recorder.events("retrying after a delay")[0];
    assert_eq!((waiting["http.response.status_code"].as_str(), waiting["error.type"].as_str()), ("429", "RateLimited"));
    assert_eq!(recorder.events("a poll failed")[0]["http.response.status_code"], "503");

    let posts: Vec<_> =
        recorder.spans("http").into_iter().filter(|(around, _)| around == &["submit", "attempt"]).collect();
    let expected = |status: &str| {
        let mut fields = Fields::from(
            [
                ("otel.name", "POST"),
                ("otel.kind", "client"),
                ("http.request.method", "POST"),
                ("server.address", "127.0.0.1"),
                ("server.port", emulator.url().rsplit(':').next().unwrap()),
                ("url.scheme", "http"),
                ("url.path", "/v1/predictions"),
                ("http.response.status_code", status),
            ]
            .map(|(name, value)| (name, value.to_owned())),
        );
        if status == "429" {
            fields.insert("error.type", status.to_owned());
        }
        fields
    };
    let fields: Vec<_> = posts.into_iter().map(|(_, fields)| fields).collect();
    assert_eq!(fields[..2], [expected("429"), expected("201")]);

    let everything = recorder.everything();
    assert!(everything.contains("odd"), "the warning of an unknown parameter is an event");
    assert!(!everything.contains(PROMPT) && !everything.contains(emulator.api_key()));
}
