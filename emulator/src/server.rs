//! The server: a listener on loopback and its connections.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::context::RequestContext;
use crate::faults::Operation;
use crate::reply::{RawReply, Reply};
use crate::routes;
use crate::state::State;
use crate::store::RecordedRequest;
use crate::sync::lock;

/// How long a connection that is to be reset may stay without a request.
const MAX_IDLE_BEFORE_RESET: Duration = Duration::from_secs(1);

/// Listens on loopback at `port`; 0 means any free port.
pub(crate) async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Accepts connections until the task is aborted, which also closes them.
pub(crate) fn spawn(listener: TcpListener, state: Arc<State>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        let numbers = AtomicU64::new(0);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    if state.faults.match_fault(Operation::Connection.id(), None).is_some() {
                        connections.spawn(reset(stream));
                        continue;
                    }
                    let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
                    connections.spawn(serve(stream, number, Arc::clone(&state)));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    })
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
async fn serve(stream: TcpStream, connection: u64, state: Arc<State>) {
    // Otherwise a small response may wait for the acknowledgment of the previous one.
    let _ = stream.set_nodelay(true);
    let raw: Arc<Mutex<Option<RawReply>>> = Arc::default();
    let service = service_fn(|request| {
        let (state, raw) = (Arc::clone(&state), Arc::clone(&raw));
        Box::pin(async move {
            match handle(state, connection, request).await {
                Reply::Response(response) => Ok(response.map(Full::new)),
                Reply::Raw(reply) => {
                    *lock(&raw) = Some(reply);
                    Err::<hyper::Response<Full<Bytes>>, _>(StopHttp)
                }
            }
        })
    });
    let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
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
        return Reply::Response(routes::handle_control(&state, &parts, path, body).await);
    }
    let route = state.document.route(&parts.method, path);
    let (operation, parameter) = route.map_or((None, ""), |(operation, parameter)| (Some(operation), parameter));
    let id = operation.map(|operation| operation.id.as_str());
    let model = parts.headers.get("model").and_then(|model| model.to_str().ok());
    let fault = id.and_then(|id| state.faults.match_fault(id, model));
    let number = state.requests.add(RecordedRequest {
        number: 0,
        connection,
        method: parts.method.to_string(),
        path: path.to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: header_map(&parts.headers),
        body: Vec::new(),
        body_length: 0,
        operation: id.map(str::to_owned),
        model: model.map(str::to_owned),
        time: state.clock.now(),
        status: None,
        fault: fault.as_ref().map(|fault| fault.name().to_owned()),
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

/// Returns headers as a map by lower-case name.
fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut map: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.as_str().to_owned())
            .and_modify(|values| {
                values.push_str(", ");
                values.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    map
}
