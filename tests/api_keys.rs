//! `Client::set_api_key`: what a new key changes, and what it does not.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pruna::{
    Client, Media, Model,
    inputs::PImage,
    inputs::WanT2v,
    limits::Limits,
    poll::FixedInterval,
    test_util::{QueuedResponses, client as client_of},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const OLD: &str = "pru_old-0123456789";
const NEW: &str = "pru_new-9876543210";

/// A service that accepts every key, and records the key of each request. Jobs run until they are finished by the test.
#[derive(Clone, Default)]
struct Service {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_finished: bool,
    /// Path and key of each request.
    requests: Vec<(String, Option<String>)>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { url, ..Self::default() };
        let copy = service.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(copy.clone().serve(stream));
            }
        });
        service
    }

    /// Serves one connection: reads each request to its end, and responds.
    async fn serve(self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        loop {
            let head = loop {
                if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    break end + 4;
                }
                if stream.read_buf(&mut buffer).await.unwrap_or_default() == 0 {
                    return;
                }
            };
            let text = String::from_utf8_lossy(&buffer[..head]).to_string();
            let header = |name: &str| {
                let mut lines = text.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
            };
            let length = header("content-length").map_or(0, |length| length.parse().unwrap());
            while buffer.len() < head + length {
                if stream.read_buf(&mut buffer).await.unwrap_or_default() == 0 {
                    return;
                }
            }
            buffer.drain(..head + length);
            let path = text.split(' ').nth(1).unwrap_or_default();
            let response = self.respond(path, header("apikey"));
            if stream.write_all(response.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn respond(&self, path: &str, key: Option<String>) -> String {
        let mut state = self.state.lock().unwrap();
        state.requests.push((path.to_owned(), key));
        let (status, body) = match path {
            "/v1/predictions" => ("201 Created", json!({"id": "a", "get_url": "/v1/predictions/status/a"})),
            "/v1/files" => ("201 Created", json!({"id": "f", "urls": {"get": "/v1/files/f"}})),
            // A service that repeats both keys.
            "/v1/predictions/status/echo" => ("400 Bad Request", json!({"message": format!("{OLD} or {NEW}?")})),
            _ if path.starts_with("/v1/predictions/status/") && !state.is_finished => {
                ("200 OK", json!({"id": "a", "status": "processing"}))
            }
            _ => {
                ("200 OK", json!({"id": "a", "status": "succeeded", "generation_url": format!("{}/x.json", self.url)}))
            }
        };
        let body = body.to_string();
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    fn client(&self, key: &str) -> Client {
        let interval = FixedInterval::new(Duration::from_millis(2));
        Client::builder().api_key(key).base_url(&self.url).poll_policy(interval).build().unwrap()
    }

    fn finish(&self) {
        self.state.lock().unwrap().is_finished = true;
    }

    /// Returns the keys of the requests to paths with a prefix, in order.
    fn keys(&self, prefix: &str) -> Vec<Option<String>> {
        let state = self.state.lock().unwrap();
        state.requests.iter().filter(|(path, _)| path.starts_with(prefix)).map(|(_, key)| key.clone()).collect()
    }

    /// Waits until a number of polls had a key.
    async fn polled_with(&self, key: &str, count: usize) {
        while self.keys("/v1/predictions/status/").iter().filter(|sent| sent.as_deref() == Some(key)).count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Returns the keys without repetitions in a row.
fn changes(mut keys: Vec<Option<String>>) -> Vec<Option<String>> {
    keys.dedup();
    keys
}

#[tokio::test]
async fn running_jobs_continue_with_the_new_key() {
    let service = Service::start().await;
    let client = service.client(OLD);
    let job = client.submit(WanT2v::new("waves")).await.unwrap();
    let rotate = async {
        service.polled_with(OLD, 3).await;
        // A clone shares the key.
        client.clone().set_api_key(NEW).unwrap();
        service.polled_with(NEW, 3).await;
        service.finish();
    };
    let (video, ()) = tokio::join!(job.wait(), rotate);
    video.unwrap().bytes().await.unwrap();
    let both = [Some(OLD.to_owned()), Some(NEW.to_owned())];
    assert_eq!(changes(service.keys("/v1/predictions/status/")), both);
    assert_eq!(service.keys("/v1/predictions").len(), service.keys("/v1/predictions/status/").len() + 1, "one job");
    assert_eq!(service.keys("/x.json"), [Some(NEW.to_owned())], "the download");
}

#[tokio::test]
async fn of_two_clients_with_two_keys_one_is_rotated_while_jobs_run() {
    let (first, second) = (Service::start().await, Service::start().await);
    let (rotated, unchanged) = (first.client(OLD), second.client("pru_other"));
    let jobs =
        [rotated.submit(WanT2v::new("waves")).await.unwrap(), unchanged.submit(WanT2v::new("wind")).await.unwrap()];
    let rotate = async {
        first.polled_with(OLD, 2).await;
        second.polled_with("pru_other", 2).await;
        rotated.set_api_key(NEW).unwrap();
        first.polled_with(NEW, 2).await;
        let polls = second.keys("/v1/predictions/status/").len();
        second.polled_with("pru_other", polls + 2).await;
        first.finish();
        second.finish();
    };
    let (ended, others, ()) = tokio::join!(jobs[0].wait(), jobs[1].wait(), rotate);
    ended.unwrap();
    others.unwrap();
    assert_eq!(changes(first.keys("/")), [Some(OLD.to_owned()), Some(NEW.to_owned())]);
    assert_eq!(changes(second.keys("/")), [Some("pru_other".to_owned())]);
}

#[tokio::test]
async fn uploads_are_not_repeated_with_the_new_key() {
    let service = Service::start().await;
    let client = service.client(OLD);
    let before = client.upload(Media::bytes(b"x".as_slice())).await.unwrap();
    client.set_api_key(NEW).unwrap();
    assert_eq!(client.upload(Media::bytes(b"x".as_slice())).await.unwrap(), before);
    assert_eq!(service.keys("/v1/files"), [Some(OLD.to_owned())]);
    client.upload(Media::bytes(b"y".as_slice())).await.unwrap();
    assert_eq!(service.keys("/v1/files"), [Some(OLD.to_owned()), Some(NEW.to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn learned_limits_are_kept() {
    let mut rejection = http::Response::new(bytes::Bytes::from_static(b"{}"));
    *rejection.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    rejection.headers_mut().insert("retry-after", http::HeaderValue::from_static("42"));
    let client = client_of(&QueuedResponses::new().response(rejection));
    client.try_submit(PImage::new("x")).await.unwrap_err();
    client.set_api_key(NEW).unwrap();
    assert_eq!(client.expected_wait(&Model::P_IMAGE), Duration::from_secs(42));
}

#[tokio::test]
async fn both_keys_are_redacted_in_errors() {
    let service = Service::start().await;
    let client = service.client(OLD);
    client.set_api_key(NEW).unwrap();
    let error = client.status("echo").await.unwrap_err();
    let printed = format!("{error} {error:?} {:?} {client:?}", error.body());
    assert!(!printed.contains("pru_") && printed.contains("[secret] or [secret]?"), "{printed}");
}

#[tokio::test]
async fn the_new_key_is_sent_to_the_same_origin_only() {
    let (service, elsewhere) = (Service::start().await, Service::start().await);
    service.finish();
    let client = Client::builder().api_key(OLD).base_url(&service.url).limits(Limits::none()).build().unwrap();
    client.set_api_key(NEW).unwrap();
    client.download("/own.json").bytes().await.unwrap();
    client.download(format!("{}/foreign.json", elsewhere.url)).bytes().await.unwrap();
    assert_eq!(service.keys("/"), [Some(NEW.to_owned())]);
    assert_eq!(elsewhere.keys("/"), [None]);
}

#[tokio::test]
async fn an_unusable_key_is_an_error_and_the_old_one_stays() {
    let service = Service::start().await;
    let client = service.client(OLD);
    for (key, reason) in [("", "empty"), ("pru new", "space"), ("pru_new\n", "line break"), ("prü", "character")] {
        let error = client.set_api_key(key).unwrap_err();
        assert!(error.is_configuration() && error.message().contains(reason), "{key:?}: {error}");
        assert!(key.is_empty() || !format!("{error} {error:?}").contains(key.trim()), "{error}");
    }
    client.status("a").await.unwrap();
    assert_eq!(service.keys("/"), [Some(OLD.to_owned())]);
}
