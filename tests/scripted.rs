//! A server that sends responses byte for byte, one connection after the other, and records the requests.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// The requests that a server received, in lower case.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// Starts a server; returns its address.
pub(crate) async fn scripted(responses: Vec<Vec<u8>>) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let record = Arc::clone(&requests);
    tokio::spawn(async move {
        for response in responses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let length = stream.read(&mut request).await.unwrap();
            record.lock().unwrap().push(String::from_utf8_lossy(&request[..length]).to_lowercase());
            stream.write_all(&response).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (url, requests)
}

/// Builds a response whose head has these lines, and whose connection ends after the body.
pub(crate) fn response(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").as_bytes(), body].concat()
}

/// Builds a header line with the length of a body.
pub(crate) fn length(body: &[u8]) -> String {
    format!("content-length: {}", body.len())
}
