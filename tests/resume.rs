//! Interrupted downloads: what is kept, what is requested again, and what is saved.

use pruna::{Client, Error, SavedFile, limits::Limits};
use pruna_emulator::faults::{Fault, Operation};

use crate::{
    scripted::{self, length, scripted},
    support,
};

/// A JPEG as far as its first bytes go.
const FILE: &[u8] = b"\xff\xd8\xff\xe0 0123456789 abcdefghijklmnopqrstuvwxyz";
const OTHER: &[u8] = b"\xff\xd8\xff\xe0 ABCDEFGHIJKLMNOPQRSTUVWXYZ 9876543210";

/// A name, the responses, whether each request is for the rest only, and the saved file.
type Case = (&'static str, Vec<Vec<u8>>, &'static [bool], &'static [u8]);

/// Builds a response with an image.
fn response(head: &str, body: &[u8]) -> Vec<u8> {
    scripted::response(&format!("{head}\r\ncontent-type: image/jpeg"), body)
}

/// Saves from a scripted server. Returns the outcome, the saved file, and the requests.
async fn save(responses: Vec<Vec<u8>>) -> (Result<SavedFile, Error>, Option<Vec<u8>>, Vec<String>) {
    let (url, requests) = scripted(responses).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    let client = Client::builder().api_key("pru_x").base_url(url).limits(Limits::none()).build().unwrap();
    let saved = client.download("/a.jpg").save(&path).await;
    let requests = requests.lock().unwrap().clone();
    let files = folder.path().read_dir().unwrap().count();
    assert_eq!(files, usize::from(saved.is_ok()), "nothing but the file is left");
    (saved, std::fs::read(&path).ok(), requests)
}

#[tokio::test]
async fn the_rest_is_requested_only_with_a_strong_validator() {
    let whole = length(FILE);
    let rest = &FILE[10..];
    let broken = |head: &str| response(&format!("200 OK\r\n{whole}{head}"), &FILE[..10]);
    let range =
        |range: &str| response(&format!("206 Partial Content\r\n{}\r\ncontent-range: {range}", length(rest)), rest);
    let good = format!("bytes 10-{}/{}", FILE.len() - 1, FILE.len());
    let part = &rest[..rest.len() - 5];
    let short = format!("bytes 10-{}/*", FILE.len() - 6);
    let short = response(&format!("206 Partial Content\r\n{}\r\ncontent-range: {short}", length(part)), part);
    let again = || response(&format!("200 OK\r\n{whole}"), FILE);
    let changed = || response(&format!("200 OK\r\n{}\r\netag: \"2\"", length(OTHER)), OTHER);
    let strong = "\r\netag: \"1\"";
    let cases: [Case; 10] = [
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
        ("a range that ends too early", vec![broken(strong), short, again()], &[false, true, false], FILE),
        ("a range without its header", vec![broken(strong), range(""), again()], &[false, true, false], FILE),
        (
            "no such range",
            vec![broken(strong), response("416 Range Not Satisfiable\r\ncontent-length: 0", b""), again()],
            &[false, true, false],
            FILE,
        ),
    ];
    for (name, responses, ranges, expected) in cases {
        let (saved, content, requests) = save(responses).await;
        let saved = saved.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(content.as_deref(), Some(expected), "{name}");
        assert_eq!(saved.bytes, expected.len() as u64, "{name}");
        let are_for_rest: Vec<bool> = requests
            .iter()
            .map(|request| request.contains("range: bytes=10-\r\n") && request.contains("if-range: \"1\""))
            .collect();
        assert_eq!(are_for_rest, ranges, "{name}: {requests:?}");
        assert!(requests.iter().all(|request| request.contains("accept-encoding: identity")), "{name}: {requests:?}");
    }
}

#[tokio::test]
async fn content_that_does_not_fit_its_type_is_not_saved() {
    let page = b"<!DOCTYPE html><html><body>log in first</body></html>".as_slice();
    let noise = [0xee_u8; 40];
    for (name, body) in [("a page", page), ("noise", &noise), ("nothing", b"")] {
        let responses = vec![response(&format!("200 OK\r\n{}", length(body)), body); 4];
        let (saved, content, requests) = save(responses).await;
        let error = saved.unwrap_err();
        assert!(error.is_decode(), "{name}: {error}");
        assert_eq!((content, requests.len()), (None, 4), "{name}");
    }
}

#[tokio::test]
async fn a_result_is_complete_although_connections_break() {
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
