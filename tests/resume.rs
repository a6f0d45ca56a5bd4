//! Downloads that break: what is kept, what is asked for again, and what ends up on disk.

use std::sync::{Arc, Mutex};

use pruna::{Client, Error, SavedFile, limits::Limits};
use pruna_emulator::faults::{Fault, Operation};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support;

/// A JPEG as far as its beginning goes.
const FILE: &[u8] = b"\xff\xd8\xff\xe0 0123456789 abcdefghijklmnopqrstuvwxyz";
const OTHER: &[u8] = b"\xff\xd8\xff\xe0 ABCDEFGHIJKLMNOPQRSTUVWXYZ 9876543210";

/// Answers connections one after the other, byte for byte as written, and remembers what it was asked.
async fn scripted(answers: Vec<Vec<u8>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let record = Arc::clone(&asked);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let length = stream.read(&mut request).await.unwrap();
            record.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).to_lowercase());
            stream.write_all(&answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (url, asked)
}

/// What happens, the answers, whether each request asked for the rest only, and the file in the end.
type Case = (&'static str, Vec<Vec<u8>>, &'static [bool], &'static [u8]);

/// An answer whose head has these lines, and whose connection ends after the body.
fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-type: image/jpeg\r\n\r\n").as_bytes(), body].concat()
}

fn length(body: &[u8]) -> String {
    format!("content-length: {}", body.len())
}

/// Saves from a scripted server; tells the outcome, what is on disk, and what was asked.
async fn save(answers: Vec<Vec<u8>>) -> (Result<SavedFile, Error>, Option<Vec<u8>>, Vec<String>) {
    let (url, asked) = scripted(answers).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    let client = Client::builder().api_key("pru_x").base_url(url).limits(Limits::none()).build().unwrap();
    let saved = client.download("/a.jpg").save(&path).await;
    let asked = asked.lock().unwrap().clone();
    let files = folder.path().read_dir().unwrap().count();
    assert_eq!(files, usize::from(saved.is_ok()), "nothing but the file is left");
    (saved, std::fs::read(&path).ok(), asked)
}

#[tokio::test]
async fn only_under_a_strong_validator_is_the_rest_asked_for() {
    let whole = length(FILE);
    let rest = &FILE[10..];
    let broken = |head: &str| answer(&format!("200 OK\r\n{whole}{head}"), &FILE[..10]);
    let range =
        |range: &str| answer(&format!("206 Partial Content\r\n{}\r\ncontent-range: {range}", length(rest)), rest);
    let good = format!("bytes 10-{}/{}", FILE.len() - 1, FILE.len());
    let again = || answer(&format!("200 OK\r\n{whole}"), FILE);
    let changed = || answer(&format!("200 OK\r\n{}\r\netag: \"2\"", length(OTHER)), OTHER);
    let strong = "\r\netag: \"1\"";
    let cases: [Case; 9] = [
        ("a strong validator", vec![broken(strong), range(&good)], &[false, true], FILE),
        ("a weak validator", vec![broken("\r\netag: W/\"1\""), again()], &[false, false], FILE),
        ("a date", vec![broken("\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT"), again()], &[false, false], FILE),
        ("no validator", vec![broken(""), again()], &[false, false], FILE),
        ("another file meanwhile", vec![broken(strong), changed()], &[false, true], OTHER),
        (
            "a range that begins elsewhere",
            vec![broken(strong), range("bytes 9-44/45"), again()],
            &[false, true, false],
            FILE,
        ),
        (
            "a range of another length",
            vec![broken(strong), range("bytes 10-99/100"), again()],
            &[false, true, false],
            FILE,
        ),
        ("a range without its header", vec![broken(strong), range(""), again()], &[false, true, false], FILE),
        (
            "no such range",
            vec![broken(strong), answer("416 Range Not Satisfiable\r\ncontent-length: 0", b""), again()],
            &[false, true, false],
            FILE,
        ),
    ];
    for (what, answers, ranges, expected) in cases {
        let (saved, content, asked) = save(answers).await;
        let saved = saved.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(content.as_deref(), Some(expected), "{what}");
        assert_eq!(saved.bytes, expected.len() as u64, "{what}");
        let asked_for_rest: Vec<bool> = asked
            .iter()
            .map(|request| request.contains("range: bytes=10-\r\n") && request.contains("if-range: \"1\""))
            .collect();
        assert_eq!(asked_for_rest, ranges, "{what}: {asked:?}");
        assert!(asked.iter().all(|request| request.contains("accept-encoding: identity")), "{what}: {asked:?}");
    }
}

#[tokio::test]
async fn what_is_not_the_file_is_not_saved() {
    let page = b"<!DOCTYPE html><html><body>log in first</body></html>".as_slice();
    let noise = [0xee_u8; 40];
    for (what, body) in [("a page", page), ("noise", &noise), ("nothing", b"")] {
        let answers = vec![answer(&format!("200 OK\r\n{}", length(body)), body); 4];
        let (saved, content, asked) = save(answers).await;
        let error = saved.unwrap_err();
        assert!(error.is_decode(), "{what}: {error}");
        assert_eq!((content, asked.len()), (None, 4), "{what}");
    }
}

#[tokio::test]
async fn a_result_of_the_service_is_fetched_whole_over_connections_that_break() {
    let emulator = support::emulator().await;
    let image = support::client(&emulator).generate(pruna::inputs::PImage::new("a lion at dusk")).await.unwrap();
    let whole = image.bytes().await.unwrap();
    emulator.clear_requests();
    for (number, after) in [(1, 1000), (2, 20_000), (3, 1)] {
        emulator.faults().add(Fault::ResetInBody { after }.on(Operation::DownloadContent).nth(number));
    }
    let folder = tempfile::tempdir().unwrap();
    let saved = image.save(folder.path().join("a.jpg")).await.unwrap();
    assert_eq!(std::fs::read(saved.path).unwrap(), whole);
    let ranges: Vec<_> = emulator.requests().iter().map(|request| request.header("range").is_some()).collect();
    assert_eq!(ranges.len(), 4);
    assert!(!ranges[0] && ranges[3], "{ranges:?}");
}
