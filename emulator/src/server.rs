//! The sockets: a listener on loopback and the connections that it takes.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::call::Call;
use crate::faults::{Operation, Reply};
use crate::record::{RecordedRequest, header_map};
use crate::state::State;
use crate::sync::lock;
use crate::wire::Script;
use crate::{control, gateway};

/// Listens on loopback at `port`, 0 for a free one.
pub(crate) async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Takes connections until the task is aborted; they end with it.
pub(crate) fn spawn(listener: TcpListener, state: Arc<State>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        let numbers = AtomicU64::new(0);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    if state.faults.strike(Operation::Connection.id(), None).is_some() {
                        // Dropped with this set, the connection ends with RST.
                        let _ = stream.set_zero_linger();
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

/// Says that a script takes over the socket, which ends HTTP on this connection.
#[derive(Debug)]
struct TakenOver;

impl fmt::Display for TakenOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault takes over the connection")
    }
}

impl std::error::Error for TakenOver {}

/// Serves a connection to its end. Errors mean that the caller hung up: nothing to be done, and nobody to tell.
async fn serve(stream: TcpStream, connection: u64, state: Arc<State>) {
    // Without this a small answer may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let script: Arc<Mutex<Option<Script>>> = Arc::default();
    let service = service_fn(|request| {
        let (state, script) = (Arc::clone(&state), Arc::clone(&script));
        Box::pin(async move {
            match handle(state, connection, request).await {
                Reply::Answer(answer) => Ok(answer.map(Full::new)),
                Reply::Script(play) => {
                    *lock(&script) = Some(play);
                    Err::<Response<Full<Bytes>>, _>(TakenOver)
                }
            }
        })
    });
    let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = poll_fn(|context| http.poll_without_shutdown(context)).await;
    let mut stream = http.into_parts().io.into_inner();
    let script = lock(&script).take();
    let _ = match script {
        Some(script) => script.play(stream).await,
        None => stream.shutdown().await,
    };
}

async fn handle(state: Arc<State>, connection: u64, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if let Some(path) = path.strip_prefix("/_emulator/") {
        return Reply::Answer(control::answer(&state, &parts.method, path, body).await);
    }
    let route = state.document.route(&parts.method, path);
    let (operation, parameter) = route.map_or((None, ""), |(operation, parameter)| (Some(operation), parameter));
    let id = operation.map(|operation| operation.id.as_str());
    let model = parts.headers.get("model").and_then(|model| model.to_str().ok());
    let fault = id.and_then(|id| state.faults.strike(id, model));
    let number = state.recorder.add(RecordedRequest {
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
    let mut call = Call::new(Arc::clone(&state), number, parts.headers.clone(), body);
    call.parameter = parameter.to_owned();
    call.per_minute = operation.and_then(|operation| operation.per_minute);
    call.fault = fault;
    let reply = gateway::reply(&mut call, id).await;
    if let Reply::Answer(answer) = &reply {
        state.recorder.update(number, |request| request.status = Some(answer.status().as_u16()));
    }
    reply
}
