//! Memory of the emulator after 100,000 posts of 64 KB: submissions, uploads, and requests that are rejected.
//!
//! `cargo bench --package pruna-emulator --bench memory -- [POSTS]`; Linux only. The goal is less than 128 MiB.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const POSTS: usize = 100_000;
const CONNECTIONS: usize = 16;
const BODY: usize = 64 * 1000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    // `cargo test --benches` only checks that it works.
    let default = if std::env::args().any(|argument| argument == "--bench") { POSTS } else { 160 };
    let posts = arguments.find_map(|argument| argument.parse().ok()).unwrap_or(default);
    println!("| {posts} posts of 64 KB | seconds | resident | peak |\n|---|---|---|---|");
    for name in ["submissions", "uploads", "rejected", "all three"] {
        let emulator = Program::start();
        let requests = Arc::new(requests(name));
        let start = Instant::now();
        let clients =
            (0..CONNECTIONS).map(|_| tokio::spawn(post(emulator.address.clone(), Arc::clone(&requests), posts)));
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("| {name} | {seconds:.1} | {} | {} |", emulator.memory("VmRSS:"), emulator.memory("VmHWM:"));
    }
}

/// Posts its share of the requests over one connection.
async fn post(address: String, requests: Arc<Vec<Vec<u8>>>, posts: usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut response = vec![0; 256 * 1024];
    for number in 0..posts / CONNECTIONS {
        stream.write_all(&requests[number % requests.len()]).await.unwrap();
        let mut length = 0;
        while !is_complete(&response[..length]) {
            let read = stream.read(&mut response[length..]).await.unwrap();
            assert_ne!(read, 0, "the emulator closed the connection");
            length += read;
        }
    }
}

fn is_complete(response: &[u8]) -> bool {
    let Some(head) = response.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let text = std::str::from_utf8(&response[..head]).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    response.len() >= head + 4 + length.parse::<usize>().unwrap()
}

fn requests(name: &str) -> Vec<Vec<u8>> {
    let post = |path: &str, headers: &str, body: String| {
        let head = format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\napikey: pru_emulator\r\n{headers}");
        format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let json = "content-type: application/json";
    let submission = || {
        post(
            "/v1/predictions",
            &format!("model: p-image\r\n{json}"),
            format!(r#"{{"input":{{"prompt":"{}"}}}}"#, "x".repeat(BODY)),
        )
    };
    let upload = || {
        let part = "content-disposition: form-data; name=\"content\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg";
        let body = format!("--b\r\n{part}\r\n\r\n{}\r\n--b--\r\n", "x".repeat(BODY));
        post("/v1/files", "content-type: multipart/form-data; boundary=b", body)
    };
    let rejected = || post("/v1/nothing", json, "x".repeat(BODY));
    match name {
        "submissions" => vec![submission()],
        "uploads" => vec![upload()],
        "rejected" => vec![rejected()],
        _ => vec![submission(), upload(), rejected()],
    }
}

/// The emulator as a program. It is killed when this is dropped.
struct Program {
    process: Child,
    address: String,
}

impl Program {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_pruna-emulator"))
            .args(["--port", "0", "--speed", "0", "--limits", "off"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("P-API emulator at http://").unwrap().to_owned();
        Self { process, address }
    }

    /// Returns a line of `/proc/PID/status` in MiB.
    fn memory(&self, name: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.map_or("unknown".to_owned(), |kib| format!("{} MiB", kib / 1024))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
