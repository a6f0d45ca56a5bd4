//! The sockets: a listener on loopback and the connections that it takes.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::answer::Answer;
use crate::call::Call;
use crate::record::{RecordedRequest, header_map};
use crate::state::State;
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
                    let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
                    connections.spawn(serve(stream, number, Arc::clone(&state)));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    })
}

async fn serve(stream: TcpStream, connection: u64, state: Arc<State>) {
    // Without this a small answer may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(handle(state, connection, request).await) }
    });
    // The caller may hang up at any time: nothing to be done about it, and nobody to tell.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(state: Arc<State>, connection: u64, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if let Some(rest) = path.strip_prefix("/_emulator/") {
        let method = parts.method.clone();
        return control::answer(&state, &method, rest, body).await.map(Full::new);
    }
    let route = state.document.route(&parts.method, path);
    let (operation, parameter) = route.map_or((None, ""), |(operation, parameter)| (Some(operation), parameter));
    let number = state.recorder.add(RecordedRequest {
        number: 0,
        connection,
        method: parts.method.to_string(),
        path: path.to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: header_map(&parts.headers),
        body: Vec::new(),
        body_length: 0,
        operation: operation.map(|operation| operation.id.clone()),
        model: parts.headers.get("model").and_then(|model| Some(model.to_str().ok()?.to_owned())),
        time: state.clock.now(),
        status: None,
        fault: None,
    });
    let mut call = Call::new(Arc::clone(&state), number, parts.headers.clone(), body);
    call.parameter = parameter.to_owned();
    call.per_minute = operation.and_then(|operation| operation.per_minute);
    let answer: Answer = gateway::answer(&mut call, operation.map(|operation| operation.id.as_str())).await;
    state.recorder.update(number, |request| request.status = Some(answer.status().as_u16()));
    answer.map(Full::new)
}
