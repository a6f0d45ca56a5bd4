//! `Download::open`: media type, length, and a stream that delivers each byte once although connections break.

use std::{error::Error as _, time::Duration};

use pruna::{
    Client, Content, Error,
    inputs::PImage,
    limits::Limits,
    test_util::{QueuedResponses, client},
};
use pruna_emulator::faults::{Fault, Operation};
use tokio::io::AsyncReadExt as _;

use crate::{
    scripted::{length, response, scripted},
    support,
};

/// A JPEG as far as its first bytes go.
const FILE: &[u8] = b"\xff\xd8\xff\xe0 0123456789 abcdefghijklmnopqrstuvwxyz";
const OTHER: &[u8] = b"\xff\xd8\xff\xe0 ABCDEFGHIJKLMNOPQRSTUVWXYZ 9876543210";
const JPEG: &str = "content-type: image/jpeg";

/// Reads everything: the bytes that were delivered, and the error that ended the stream.
async fn read(mut content: Content) -> (Vec<u8>, Option<Error>) {
    let mut bytes = Vec::new();
    while let Some(piece) = content.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}

/// Opens a file from a server that sends these responses.
async fn open(responses: Vec<Vec<u8>>) -> Content {
    let (url, _) = scripted(responses).await;
    let client = Client::builder().api_key("pru_x").base_url(url).limits(Limits::none()).build().unwrap();
    client.download("/a.jpg").open().await.unwrap()
}

#[tokio::test]
async fn type_and_length_are_known_before_the_content_is_read() {
    let (jpeg, whole) = ("200 OK\r\ncontent-type: image/jpeg", length(FILE));
    for (head, content_type, content_length) in [
        (format!("{jpeg}\r\n{whole}"), "image/jpeg", Some(FILE.len() as u64)),
        (jpeg.to_owned(), "image/jpeg", None),
        (format!("200 OK\r\n{whole}"), "application/octet-stream", Some(FILE.len() as u64)),
    ] {
        let content = open(vec![response(&head, FILE)]).await;
        assert_eq!((content.content_type(), content.content_length()), (content_type, content_length), "{head}");
        let (bytes, error) = read(content).await;
        assert!(bytes == FILE && error.is_none(), "{head}: {error:?}");
    }
    // A result that was part of the response.
    let inline = client(&QueuedResponses::new()).download("data:image/jpeg;base64,/9j/4AAQSkZJRg==");
    let content = inline.open().await.unwrap();
    assert_eq!((content.content_type(), content.content_length()), ("image/jpeg", Some(10)));
    assert_eq!(read(content).await.0, b"\xff\xd8\xff\xe0\0\x10JFIF");
}

#[tokio::test]
async fn every_byte_is_delivered_once_whatever_interrupts_the_stream() {
    let emulator = support::emulator().await;
    let client = support::builder(&emulator).idle_timeout(Duration::from_millis(500)).build().unwrap();
    let image = client.generate(PImage::new("a lion at dusk")).await.unwrap();
    let whole = image.bytes().await.unwrap();
    let middle = whole.len() as u64 / 2;
    for (name, fault, requests) in [
        ("no fault", None, 1),
        ("reset in the body", Some(Fault::ResetInBody { after: middle }), 2),
        ("reset after the first byte", Some(Fault::ResetInBody { after: 1 }), 2),
        ("reset before the body", Some(Fault::ResetInBody { after: 0 }), 2),
        ("stall in the body", Some(Fault::StallInBody { after: middle }), 2),
        ("truncated body", Some(Fault::Truncate { after: middle }), 2),
    ] {
        emulator.clear_requests();
        emulator.faults().clear();
        if let Some(fault) = fault {
            emulator.faults().add(fault.on(Operation::DownloadContent).nth(1));
        }
        let content = image.file(0).unwrap().open().await.unwrap();
        assert_eq!(content.content_type(), "image/jpeg", "{name}");
        assert_eq!(content.content_length(), Some(whole.len() as u64), "{name}");
        let (bytes, error) = read(content).await;
        assert!(error.is_none(), "{name}: {error:?}");
        assert!(bytes == whole, "{name}: {} of {} bytes", bytes.len(), whole.len());
        assert_eq!(support::sends(&emulator, "downloadContent"), requests, "{name}");
    }
}

#[tokio::test]
async fn an_interrupted_stream_continues_only_in_the_same_file() {
    let whole = length(FILE);
    let broken = |head: &str| response(&format!("200 OK\r\n{JPEG}\r\n{whole}{head}"), &FILE[..10]);
    let complete = |head: &str| response(&format!("200 OK\r\n{JPEG}\r\n{whole}{head}"), FILE);
    let other = || response(&format!("200 OK\r\n{JPEG}\r\n{}\r\netag: \"2\"", length(OTHER)), OTHER);
    let rest =
        format!("206 Partial Content\r\n{}\r\ncontent-range: bytes 10-{}/*", length(&FILE[10..]), FILE.len() - 1);
    let rest = response(&rest, &FILE[10..]);
    let (strong, weak) = ("\r\netag: \"1\"", "\r\netag: W/\"1\"");
    for (name, responses, delivered) in [
        ("the rest", vec![broken(strong), rest], Ok(FILE)),
        ("the same file from its beginning", vec![broken(strong), complete(strong)], Ok(FILE)),
        ("the same file, broken twice", vec![broken(strong), broken(strong), complete(strong)], Ok(FILE)),
        ("another file", vec![broken(strong), other()], Err(&FILE[..10])),
        (
            "the same file without a byte of it, then another file",
            vec![broken(strong), response(&format!("200 OK\r\n{JPEG}\r\n{whole}{strong}"), b""), other()],
            Err(&FILE[..10]),
        ),
        ("a weak validator", vec![broken(weak), complete(weak)], Err(&FILE[..10])),
        ("no validator", vec![broken(""), complete("")], Err(&FILE[..10])),
        (
            "no validator, nothing delivered yet",
            vec![response(&format!("200 OK\r\n{JPEG}\r\n{whole}"), b""), complete("")],
            Ok(FILE),
        ),
    ] {
        let (bytes, error) = read(open(responses).await).await;
        assert_eq!(error.is_some(), delivered.is_err(), "{name}: {error:?}");
        assert_eq!(bytes, delivered.unwrap_or_else(|part| part), "{name}");
        if let Some(error) = error {
            assert!(error.is_connection() && error.message().contains("download it again"), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn a_reader_delivers_the_content_and_its_errors() {
    let head = format!("200 OK\r\n{JPEG}\r\n{}", length(FILE));
    let mut bytes = Vec::new();
    open(vec![response(&head, FILE)]).await.into_async_read().read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, FILE);

    let interrupted = vec![response(&head, &FILE[..10]), response(&head, FILE)];
    let mut bytes = Vec::new();
    let error = open(interrupted).await.into_async_read().read_to_end(&mut bytes).await.unwrap_err();
    assert_eq!(bytes, FILE[..10]);
    let source = error.get_ref().and_then(|source| source.downcast_ref::<Error>());
    assert!(source.is_some_and(Error::is_connection), "{error}: {:?}", error.source());
}
