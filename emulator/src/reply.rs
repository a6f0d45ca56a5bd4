//! What is sent on a connection: an HTTP response, or raw bytes for faults that hyper cannot produce.

use bytes::{Bytes, BytesMut};
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{self, Duration};

use crate::listing::Listing;
use crate::response::Response;

/// Spaces that are sent at a time.
const PADDING: &[u8] = &[b' '; 64 * 1024];

/// Delay of a reset after data was sent: RST discards what the peer has not received.
const RESET_DELAY: Duration = Duration::from_millis(50);

/// What is sent in reply to a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A response, sent by hyper.
    Response(Response),
    /// A JSON array, sent while it is written.
    Listing(hyper::Response<Listing>),
    /// Raw bytes, written to the socket.
    Raw(RawReply),
}

/// An action on a socket.
#[derive(Debug)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Bytes),
    /// Sends this many spaces. `None`: until the client closes the connection.
    Pad(Option<u64>),
    /// Does nothing until the client closes the connection.
    Stall,
    /// Closes the connection with RST.
    Reset,
}

/// Actions on a socket that replace a response. After the last one the connection is closed.
#[derive(Debug, Default)]
pub(crate) struct RawReply {
    steps: Vec<Step>,
}

impl RawReply {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Sends `response` with the given `Content-Length` and the first `sent` bytes of its body.
    pub(crate) fn with_length(response: &Response, length: u64, sent: u64) -> Self {
        let body = response.body();
        let sent = usize::try_from(sent).map_or(body.len(), |sent| sent.min(body.len()));
        Self::new().then(Step::Send(head(response, Some(length)))).then(Step::Send(body.slice(..sent)))
    }

    /// Sends `response` without `Content-Length`: the body ends with the connection.
    pub(crate) fn without_length(response: &Response) -> Self {
        Self::new().then(Step::Send(head(response, None))).then(Step::Send(response.body().clone()))
    }

    /// Runs the steps. Fails if the client closes the connection.
    pub(crate) async fn send(self, mut stream: TcpStream) -> io::Result<()> {
        let mut sent = false;
        for step in self.steps {
            match step {
                Step::Send(bytes) => {
                    stream.write_all(&bytes).await?;
                    sent = true;
                }
                Step::Pad(length) => pad(&mut stream, length).await?,
                Step::Stall => wait_for_close(&mut stream).await,
                Step::Reset => {
                    if sent {
                        time::sleep(RESET_DELAY).await;
                    }
                    return stream.set_zero_linger();
                }
            }
        }
        stream.shutdown().await
    }
}

async fn pad(stream: &mut TcpStream, length: Option<u64>) -> io::Result<()> {
    let mut left = length.unwrap_or(u64::MAX);
    while left > 0 {
        let part = usize::try_from(left).map_or(PADDING.len(), |left| left.min(PADDING.len()));
        stream.write_all(&PADDING[..part]).await?;
        left -= part as u64;
    }
    Ok(())
}

async fn wait_for_close(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer).await, Ok(length) if length > 0) {}
}

/// Returns status line and headers of `response` as HTTP/1.1.
fn head(response: &Response, length: Option<u64>) -> Bytes {
    let mut head = BytesMut::from(format!("HTTP/1.1 {}\r\n", response.status()).as_bytes());
    for (name, value) in response.headers() {
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
    }
    let framing = length.map_or("connection: close".to_owned(), |length| format!("content-length: {length}"));
    head.extend_from_slice(format!("{framing}\r\n\r\n").as_bytes());
    head.freeze()
}
