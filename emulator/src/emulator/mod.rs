//! The handle to a running emulator.

mod builder;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

pub use self::builder::Builder;
use crate::faults::Faults;
use crate::server;
use crate::state::State;
use crate::store::{PredictionRecord, RecordedRequest};
use crate::sync::lock;

/// A running emulator.
///
/// Clones refer to the same emulator. It stops when the last one is dropped, or with [`Emulator::shutdown`].
#[derive(Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
}

struct Inner {
    state: Arc<State>,
    url: String,
    server: Mutex<Option<JoinHandle<()>>>,
    /// Holds the port between a shutdown and a restart.
    reserved: Mutex<Option<TcpSocket>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(server) = lock(&self.server).take() {
            server.abort();
        }
    }
}

impl fmt::Debug for Emulator {
    /// Without keys and what was sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.inner.state.settings;
        f.debug_struct("Emulator").field("url", &self.inner.url).field("settings", settings).finish_non_exhaustive()
    }
}

impl Emulator {
    /// The default API key: `pru_emulator`.
    pub const DEFAULT_KEY: &'static str = "pru_emulator";

    /// Returns a builder with the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    async fn start(state: State) -> io::Result<Self> {
        let (listener, address) = server::listen(state.settings.port).await?;
        let state = Arc::new(state);
        state.address.get_or_init(|| address);
        let server = server::spawn(listener, Arc::clone(&state));
        let inner = Inner { url: state.url(), state, server: Mutex::new(Some(server)), reserved: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Returns the base URL, `http://127.0.0.1:PORT`.
    ///
    /// Use it in place of `https://api.pruna.ai`.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Returns the API key that is accepted.
    pub fn api_key(&self) -> &str {
        &self.inner.state.settings.api_key
    }

    /// Returns the API requests so far, oldest first.
    ///
    /// Includes rejected requests and those with faults, but not those below `/_emulator/`. Secrets are replaced by their
    /// [hash](crate::secret_hash()). The oldest requests are dropped beyond [`Builder::request_memory`].
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.inner.state.requests.all()
    }

    /// Returns the number of requests that were dropped since the start or the last [`Emulator::clear_requests`].
    ///
    /// If it is not 0, [`Emulator::requests`] is incomplete: raise [`Builder::request_memory`], or clear the list more often.
    pub fn dropped_requests(&self) -> u64 {
        self.inner.state.requests.dropped()
    }

    /// Clears the list of requests.
    pub fn clear_requests(&self) {
        self.inner.state.requests.clear();
    }

    /// Returns the accepted predictions, oldest first, with their current status.
    ///
    /// The oldest that have ended are dropped beyond [`Builder::prediction_memory`].
    pub fn predictions(&self) -> Vec<PredictionRecord> {
        let state = &self.inner.state;
        state.predictions.records(state.clock.now())
    }

    /// Moves the emulator's clock forward.
    ///
    /// Predictions finish, `Try-Sync` requests and delayed responses return, uploads and results expire, and rate limits
    /// reset as if the time had passed. All advances together count up to 100 years.
    pub fn advance(&self, by: Duration) {
        self.inner.state.clock.advance(by);
    }

    /// Returns the fault rules, to add, list and remove them.
    ///
    /// See the module [`faults`](crate::faults).
    pub fn faults(&self) -> Faults {
        self.inner.state.faults.clone()
    }

    /// Stops the server and closes all connections, without finishing their responses.
    ///
    /// After that, connections are refused. The port stays reserved until the emulator is dropped, so that no other
    /// server gets it. Predictions, uploads, recorded requests and fault rules are kept for [`Emulator::restart`].
    pub async fn shutdown(&self) {
        let server = lock(&self.inner.server).take();
        if let Some(server) = server {
            server.abort();
            // Always an error: the task was aborted.
            let _ = server.await;
            // Without the reservation, only a restart may fail, and it says so.
            *lock(&self.inner.reserved) = self.inner.state.address.get().and_then(|at| server::reserve(*at).ok());
        }
    }

    /// Starts the server again after [`Emulator::shutdown`], on the same port.
    ///
    /// Does nothing if the server is running.
    ///
    /// # Errors
    ///
    /// If the port is in use by another program.
    pub async fn restart(&self) -> io::Result<()> {
        let is_running = lock(&self.inner.server).is_some();
        let port = self.inner.state.address.get().map(std::net::SocketAddr::port);
        if let (false, Some(port)) = (is_running, port) {
            drop(lock(&self.inner.reserved).take());
            let (listener, _) = server::listen(port).await?;
            *lock(&self.inner.server) = Some(server::spawn(listener, Arc::clone(&self.inner.state)));
        }
        Ok(())
    }
}
