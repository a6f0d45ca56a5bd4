//! The handle of a running emulator.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::builder::Builder;
use crate::faults::Faults;
use crate::predictions::PredictionRecord;
use crate::record::RecordedRequest;
use crate::server;
use crate::state::State;
use crate::sync::lock;

/// A running emulator. Clones are handles of the same one; it stops when the last is dropped.
#[derive(Debug, Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Arc<State>,
    url: String,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(server) = lock(&self.server).take() {
            server.abort();
        }
    }
}

impl Emulator {
    /// The key that is accepted unless the builder was given another.
    pub const DEFAULT_KEY: &'static str = "pru_emulator";

    /// Settings for a new emulator.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) async fn start(state: State) -> io::Result<Self> {
        let (listener, address) = server::listen(state.settings.port).await?;
        let state = Arc::new(state);
        state.address.get_or_init(|| address);
        let server = server::spawn(listener, Arc::clone(&state));
        let inner = Inner { url: state.url(), state, server: Mutex::new(Some(server)) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, to be used in place of `https://api.pruna.ai`.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The key that it accepts.
    pub fn api_key(&self) -> &str {
        &self.inner.state.settings.api_key
    }

    /// Every request of the API so far (at most the last 100,000), oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.inner.state.recorder.all()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.inner.state.recorder.clear();
    }

    /// Every prediction that was accepted, oldest first.
    pub fn predictions(&self) -> Vec<PredictionRecord> {
        let state = &self.inner.state;
        state.predictions.records(state.clock.now())
    }

    /// Moves the emulator's clock ahead: runs finish, uploads and results expire, limits refill.
    pub fn advance(&self, by: Duration) {
        self.inner.state.clock.advance(by);
    }

    /// What is to go wrong: see [`faults`](crate::faults).
    pub fn faults(&self) -> Faults {
        Faults { state: Arc::clone(&self.inner.state) }
    }

    /// Stops listening and closes all connections, answered or not, like a server that dies. Returns when the port is
    /// free; from then on connections are refused. What was submitted and uploaded stays, for [`Emulator::restart`].
    pub async fn shutdown(&self) {
        let server = lock(&self.inner.server).take();
        if let Some(server) = server {
            server.abort();
            // The error says that it was aborted.
            let _ = server.await;
        }
    }

    /// Listens again, on the same port, after [`Emulator::shutdown`]. Does nothing while it is running.
    ///
    /// # Errors
    ///
    /// If somebody else has taken the port meanwhile.
    pub async fn restart(&self) -> io::Result<()> {
        let running = lock(&self.inner.server).is_some();
        let port = self.inner.state.address.get().map(std::net::SocketAddr::port);
        if let (false, Some(port)) = (running, port) {
            let (listener, _) = server::listen(port).await?;
            *lock(&self.inner.server) = Some(server::spawn(listener, Arc::clone(&self.inner.state)));
        }
        Ok(())
    }
}
