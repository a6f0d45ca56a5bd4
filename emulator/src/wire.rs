//! The bare socket, for faults that HTTP libraries do not produce on purpose.

use bytes::{Bytes, BytesMut};
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{self, Duration};

use crate::answer::Answer;

/// Blanks that are sent at a time.
const FILL: &[u8] = &[b' '; 64 * 1024];

/// Time for what was sent to be read, before a reset.
const UNDER_WAY: Duration = Duration::from_millis(50);

/// One thing that is done with a socket.
#[derive(Debug)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Bytes),
    /// Sends so many blanks, or blanks until the caller hangs up.
    Fill(Option<u64>),
    /// Does nothing until the caller hangs up.
    Stall,
    /// Ends the connection with RST.
    Reset,
}

/// What is done with a socket in place of an ordinary answer. In the end the connection is closed.
#[derive(Debug, Default)]
pub(crate) struct Script {
    steps: Vec<Step>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// An answer that announces `length` bytes and sends the first `sent` of its body.
    pub(crate) fn answer(answer: &Answer, length: u64, sent: u64) -> Self {
        let body = answer.body();
        let sent = usize::try_from(sent).map_or(body.len(), |sent| sent.min(body.len()));
        Self::new().then(Step::Send(head(answer, Some(length)))).then(Step::Send(body.slice(..sent)))
    }

    /// An answer that announces no length: its body lasts as long as the connection.
    pub(crate) fn open_ended(answer: &Answer) -> Self {
        Self::new().then(Step::Send(head(answer, None))).then(Step::Send(answer.body().clone()))
    }

    /// Plays the steps. Errors mean that the caller hung up, which ends the play.
    pub(crate) async fn play(self, mut stream: TcpStream) -> io::Result<()> {
        let mut sent = false;
        for step in self.steps {
            match step {
                Step::Send(bytes) => {
                    stream.write_all(&bytes).await?;
                    sent = true;
                }
                Step::Fill(length) => fill(&mut stream, length).await?,
                Step::Stall => wait_for_end(&mut stream).await,
                Step::Reset => {
                    if sent {
                        // RST throws away what is still under way.
                        time::sleep(UNDER_WAY).await;
                    }
                    return stream.set_zero_linger();
                }
            }
        }
        stream.shutdown().await
    }
}

async fn fill(stream: &mut TcpStream, length: Option<u64>) -> io::Result<()> {
    let mut left = length.unwrap_or(u64::MAX);
    while left > 0 {
        let part = usize::try_from(left).map_or(FILL.len(), |left| left.min(FILL.len()));
        stream.write_all(&FILL[..part]).await?;
        left -= part as u64;
    }
    Ok(())
}

async fn wait_for_end(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer).await, Ok(length) if length > 0) {}
}

/// The head of `answer` as HTTP/1.1, with any length or none.
fn head(answer: &Answer, length: Option<u64>) -> Bytes {
    let mut head = BytesMut::from(format!("HTTP/1.1 {}\r\n", answer.status()).as_bytes());
    for (name, value) in answer.headers() {
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
