//! Key and prompt are sent to the origin of the service only, whatever redirects and addresses the service returns.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use pruna::{Client, Error, JobRef, Media, Request};
use pruna_emulator::{
    Emulator,
    faults::{Fault, Operation},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support;

const PROMPT: &str = "a confidential prompt";
const IMAGE: &[u8] = b"\xff\xd8\xff\xe0 an image";
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];
/// Cyrillic letters in place of Latin ones.
const LOOKALIKE: &str = "lоcаlhоst";

/// Another server, which responds to every request and records every byte.
struct Foreign {
    port: u16,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Foreign {
    /// Starts the server. `respond` maps a path to a status line with headers, or to `None` for an image.
    async fn listen(respond: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (record, respond) = (Arc::clone(&seen), Arc::new(respond));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (record, respond) = (Arc::clone(&record), Arc::clone(&respond));
                tokio::spawn(async move {
                    let mut buffer = vec![0; 64 * 1024];
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        record.lock().unwrap().extend_from_slice(&buffer[..length]);
                        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                        let path = text.split(' ').nth(1).unwrap_or_default();
                        let head = respond(path).unwrap_or_else(|| "200 OK\r\ncontent-type: image/jpeg".into());
                        let body = if head.starts_with("200") { IMAGE } else { b"" };
                        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
                        let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
                    }
                });
            }
        });
        Self { port, seen }
    }

    async fn with_images() -> Self {
        Self::listen(|_| None).await
    }

    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }
}

/// Creates a client of `http://localhost:PORT` that resolves every name of these tests to this machine.
fn client(emulator: &Emulator) -> Client {
    let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
    support::builder(emulator)
        .base_url(emulator.url().replace("127.0.0.1", "localhost"))
        .configure_http(move |builder| {
            let names = ["localhost", "localhost.", "api.localhost", "xn--lclhst-4nf4ie", "evil.example"];
            names.into_iter().fold(builder, |builder, name| builder.resolve(name, here))
        })
        .build()
        .unwrap()
}

/// Addresses that differ from the origin, one of each kind.
fn elsewhere(port: u16, own: u16) -> [(&'static str, String); 9] {
    [
        ("same host, another path", format!("http://localhost:{own}/elsewhere")),
        ("other port", format!("http://localhost:{port}/x.jpg")),
        ("other scheme", format!("https://localhost:{port}/x.jpg")),
        ("subdomain", format!("http://api.localhost:{port}/x.jpg")),
        ("userinfo trick", format!("http://localhost:{own}@localhost:{port}/x.jpg")),
        ("IP literal", format!("http://127.0.0.1:{port}/x.jpg")),
        ("trailing dot", format!("http://localhost.:{port}/x.jpg")),
        ("IDN", format!("http://{LOOKALIKE}:{port}/x.jpg")),
        ("another host", format!("//evil.example:{port}/x.jpg")),
    ]
}

fn port(emulator: &Emulator) -> u16 {
    emulator.url().rsplit(':').next().unwrap().parse().unwrap()
}

fn request() -> Request {
    Request::new("p-image", json!({"prompt": PROMPT, "aspect_ratio": "custom", "width": 256, "height": 256}))
}

async fn act(client: &Client, operation: Operation, job: &JobRef, url: &str) -> Result<(), Error> {
    match operation {
        Operation::CreatePrediction => client.submit(request()).await.map(drop),
        Operation::GetPredictionStatus => client.status(job.id()).await.map(drop),
        Operation::UploadFile => client.upload(Media::bytes(PROMPT.as_bytes())).await.map(drop),
        _ => client.download(url).bytes().await.map(drop),
    }
}

#[tokio::test]
async fn no_redirect_is_followed_with_a_key_or_a_prompt() {
    let foreign = Foreign::with_images().await;
    let emulator = support::emulator().await;
    let client = client(&emulator);
    let image = client.submit(request()).await.unwrap();
    let url = image.wait().await.unwrap().urls()[0].clone();
    let operations = [
        Operation::CreatePrediction,
        Operation::UploadFile,
        Operation::GetPredictionStatus,
        Operation::DownloadContent,
    ];
    for (place, location) in elsewhere(foreign.port, port(&emulator)) {
        for status in STATUSES {
            for operation in operations {
                let label = format!("{status} of {operation:?} to {place}");
                emulator.clear_requests();
                emulator.faults().clear();
                emulator.faults().add(Fault::Redirect { status, location: ascii(&location) }.on(operation));
                let error = act(&client, operation, &image.job_ref().unwrap(), &url).await.unwrap_err();
                // A redirect does not prove that a submission was rejected.
                let is_submission = operation == Operation::CreatePrediction;
                assert_eq!(error.is_submission_unknown(), is_submission, "{label}: {error}");
                assert_eq!(error.is_redirected(), !is_submission, "{label}: {error}");
                assert_eq!(error.status(), Some(status), "{label}");
                assert!(error.message().contains(&ascii(&location)), "{label}: {error} does not name {location}");
                assert_eq!(emulator.requests().len(), 1, "{label}: followed");
            }
        }
    }
    assert_eq!(foreign.seen(), "", "the other server received a request");
    assert_eq!(emulator.predictions().len(), 1);
}

/// Returns an address in the form that a header allows.
fn ascii(location: &str) -> String {
    location.replace(LOOKALIKE, "xn--lclhst-4nf4ie")
}

#[tokio::test]
async fn files_of_other_origins_are_downloaded_without_the_key_or_not_at_all() {
    let foreign = Foreign::with_images().await;
    let emulator = support::emulator().await;
    let client = client(&emulator);
    for (place, url) in elsewhere(foreign.port, port(&emulator)) {
        foreign.seen.lock().unwrap().clear();
        emulator.clear_requests();
        let result = client.download(&url).bytes().await;
        let (fetched, reached) = match place {
            "same host, another path" => {
                assert!(result.unwrap_err().is_not_found());
                assert!(emulator.requests()[0].has_key(emulator.api_key()), "it has the origin of the service");
                continue;
            }
            // Allowed, because the service is on loopback too.
            "other port" | "IP literal" => (true, true),
            // Only the TLS handshake is sent, which fails.
            "other scheme" => (false, true),
            _ => (false, false),
        };
        let seen = foreign.seen();
        assert_eq!(result.is_ok(), fetched, "{place}: {result:?}");
        assert_eq!(!seen.is_empty(), reached, "{place}: {seen}");
        assert!(!seen.to_lowercase().contains("apikey") && !seen.contains(emulator.api_key()), "{place}: {seen}");
        assert!(!seen.contains("referer"), "{place}: {seen}");
        assert_eq!(emulator.requests().len(), 0, "{place}");
    }
}

#[tokio::test]
async fn a_file_of_another_origin_may_redirect_five_times_and_only_to_safe_addresses() {
    let emulator = support::emulator().await;
    let own = port(&emulator);
    let foreign = Foreign::listen(move |path| {
        let to = |location: String| Some(format!("302 Found\r\nlocation: {location}"));
        match path.strip_prefix("/hop/") {
            Some("0") => None,
            Some(hops) => to(format!("/hop/{}", hops.parse::<u32>().unwrap() - 1)),
            None => match path {
                "/to-service" => to(format!("http://localhost:{own}/v1/predictions/status/x")),
                "/to-plain-http" => to(format!("http://evil.example:{own}/x.jpg")),
                "/to-userinfo" => to(format!("http://me:secret@localhost:{own}/x.jpg")),
                "/to-file" => to("file:///etc/passwd".into()),
                _ => Some("302 Found".into()),
            },
        }
    })
    .await;
    let client = client(&emulator);
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", foreign.port);
    for (path, fetched) in [("/hop/0", true), ("/hop/5", true), ("/hop/6", false)] {
        let result = client.download(url(path)).bytes().await;
        assert_eq!(result.as_deref().ok(), fetched.then_some(IMAGE), "{path}");
        assert!(fetched || result.unwrap_err().is_redirected(), "{path}");
    }
    for path in ["/to-plain-http", "/to-userinfo", "/to-file", "/nowhere"] {
        let error = client.download(url(path)).bytes().await.unwrap_err();
        assert!(error.is_redirected(), "{path}: {error}");
    }
    assert_eq!(emulator.requests().len(), 0);
    // A redirect back to the service is followed without the key.
    let error = client.download(url("/to-service")).bytes().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert_eq!(emulator.requests()[0].header("apikey"), None);
    assert!(!foreign.seen().contains(emulator.api_key()));
}
