//! The server: a listener on loopback and its connections.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::context::RequestContext;
use crate::faults::Operation;
use crate::recording::record_head;
use crate::reply::{RawReply, Reply};
use crate::routes;
use crate::state::State;
use crate::store::RecordedRequest;
use crate::sync::lock;

/// How long a connection that is to be reset may stay without a request.
const MAX_IDLE_BEFORE_RESET: Duration = Duration::from_secs(10);

/// Maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Pauses between attempts to accept a connection: the first, and the longest.
const MIN_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Listens on loopback at `port`; 0 means any free port.
pub(crate) async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Holds the address without listening: connections to it are refused, and the system gives its port to nobody else.
pub(crate) fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that were just closed do not count. On Windows, the option would mean that others may take the port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts connections until the task is aborted, which also closes them.
pub(crate) fn spawn(listener: TcpListener, state: Arc<State>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        let permits = Arc::new(Semaphore::new(state.settings.max_connections));
        let mut number = 0;
        loop {
            // At the limit, further connections wait in the listener's queue.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let stream = accept(|| async { Ok(listener.accept().await?.0) }).await;
            while connections.try_join_next().is_some() {}
            if state.faults.match_fault(Operation::Connection.id(), None).is_some() {
                connections.spawn(async move {
                    reset(stream).await;
                    drop(permit);
                });
                continue;
            }
            number += 1;
            let (state, permits) = (Arc::clone(&state), Arc::clone(&permits));
            connections.spawn(async move {
                serve(stream, number, state, &permits).await;
                drop(permit);
            });
        }
    })
}

/// Accepts a connection. Waits between attempts that fail, for example because there are too many open files.
async fn accept<T, F: Future<Output = io::Result<T>>>(attempt: impl Fn() -> F) -> T {
    let mut pause = MIN_PAUSE;
    loop {
        match attempt().await {
            Ok(accepted) => return accepted,
            // The client has given up.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(_) => {
                sleep(pause).await;
                pause = (pause * 2).min(MAX_PAUSE);
            }
        }
    }
}

/// Resets a connection as soon as its first bytes arrive.
///
/// Any earlier, it would depend on the machine whether the client notices while it connects or while it sends.
async fn reset(stream: TcpStream) {
    let _ = timeout(MAX_IDLE_BEFORE_RESET, stream.readable()).await;
    // With this option, dropping the connection sends RST.
    let _ = stream.set_zero_linger();
}

/// Makes hyper stop serving a connection, so that a raw reply can be sent on it.
#[derive(Debug)]
struct StopHttp;

impl fmt::Display for StopHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault replaces the HTTP response")
    }
}

impl std::error::Error for StopHttp {}

/// Serves a connection until it is closed. An error means that the client closed it, and is ignored.
async fn serve(stream: TcpStream, connection: u64, state: Arc<State>, permits: &Semaphore) {
    // Otherwise a small response may wait for the acknowledgment of the previous one.
    let _ = stream.set_nodelay(true);
    let raw: Arc<Mutex<Option<RawReply>>> = Arc::default();
    let service = service_fn(|request| {
        let (state, raw) = (Arc::clone(&state), Arc::clone(&raw));
        Box::pin(async move {
            // Otherwise idle connections could use up the limit.
            let is_last = permits.available_permits() < state.settings.max_connections.div_ceil(4);
            let mut response = match handle(state, connection, request).await {
                Reply::Response(response) => response.map(|body| Either::Left(Full::new(body))),
                Reply::Listing(response) => response.map(Either::Right),
                Reply::Raw(reply) => {
                    *lock(&raw) = Some(reply);
                    return Err(StopHttp);
                }
            };
            if is_last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        })
    });
    let mut http = http1::Builder::new();
    http.max_buf_size(MAX_HEAD);
    let mut http = http.serve_connection(TokioIo::new(stream), service);
    let _ = poll_fn(|context| http.poll_without_shutdown(context)).await;
    let mut stream = http.into_parts().io.into_inner();
    let raw = lock(&raw).take();
    let _ = match raw {
        Some(raw) => raw.send(stream).await,
        None => stream.shutdown().await,
    };
}

async fn handle(state: Arc<State>, connection: u64, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if let Some(path) = path.strip_prefix("/_emulator/") {
        return routes::handle_control(&state, &parts, path, body).await;
    }
    let route = state.document.route(&parts.method, path);
    let (operation, parameter) = route.map_or((None, ""), |(operation, parameter)| (Some(operation), parameter));
    let id = operation.map(|operation| operation.id.as_str());
    let model = parts.headers.get("model").and_then(|model| model.to_str().ok());
    let fault = id.and_then(|id| state.faults.match_fault(id, model));
    let number = state.requests.add(RecordedRequest {
        operation: id.map(str::to_owned),
        fault: fault.as_ref().map(|fault| fault.name().to_owned()),
        ..record_head(&state, connection, &parts)
    });
    let mut context = RequestContext::new(Arc::clone(&state), number, parts.headers.clone(), body);
    context.parameter = parameter.to_owned();
    context.per_minute = operation.and_then(|operation| operation.per_minute);
    context.fault = fault;
    let reply = routes::handle(&mut context, id).await;
    if let Reply::Response(response) = &reply {
        state.requests.update(number, |request| request.status = Some(response.status().as_u16()));
    }
    reply
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn accepting_pauses_while_there_are_too_many_open_files() {
        const EMFILE: i32 = 24;
        let attempts = Cell::new(0);
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 8 { Err(io::Error::from_raw_os_error(EMFILE)) } else { Ok(()) }
        };
        let start = tokio::time::Instant::now();
        accept(attempt).await;
        // 50 + 100 + 200 + 400 + 800 + 1000 + 1000
        assert_eq!((start.elapsed(), attempts.get()), (Duration::from_millis(3550), 8));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_gives_up_delays_no_other() {
        let attempts = Cell::new(0);
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 5 { Err(ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
        };
        let start = tokio::time::Instant::now();
        accept(attempt).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
