//! Configuration of a client.

use std::{fmt, sync::Arc, time::Duration};

use super::Client;
#[cfg(feature = "test-util")]
use crate::queued_responses::QueuedResponses;
use crate::{
    Budget, Error, Ledger, Result,
    charge::Accounts,
    config::{Config, Timeouts},
    duration::DurationEstimator,
    http_client::Configure,
    limits::Limits,
    origin::BaseUrl,
    poll::{Budgeted, PollPolicy},
    transport::{Transport, TransportOptions},
};

/// Environment variables that [`Client::from_env`](crate::Client::from_env) reads.
const KEY_VARIABLE: &str = "PRUNA_API_KEY";
const BASE_URL_VARIABLE: &str = "PRUNA_BASE_URL";

/// Default maximum size of a download: 4 GiB.
const MAX_DOWNLOAD: u64 = 4 * 1024 * 1024 * 1024;
/// Default maximum number of attempts at one request.
const MAX_ATTEMPTS: u32 = 4;

/// Configures a [`Client`].
///
/// ```
/// use std::time::Duration;
///
/// let client = pruna::Client::builder()
///     .api_key("pru_...")
///     .deadline(Duration::from_secs(120))
///     .max_attempts(2)
///     .build()?;
/// # Ok::<(), pruna::Error>(())
/// ```
#[must_use = "a builder does nothing until build is called"]
pub struct ClientBuilder {
    api_key: Option<String>,
    base_url: Option<String>,
    allow_http: bool,
    connect: Option<Duration>,
    timeouts: Timeouts,
    deadline: Option<Duration>,
    max_attempts: u32,
    max_download: u64,
    strict_inputs: bool,
    poll: Arc<dyn PollPolicy>,
    limits: Limits,
    accounts: Accounts,
    configure: Box<Configure>,
    #[cfg(feature = "test-util")]
    queued: Option<QueuedResponses>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: None,
            allow_http: false,
            connect: None,
            timeouts: Timeouts::default(),
            deadline: None,
            max_attempts: MAX_ATTEMPTS,
            max_download: MAX_DOWNLOAD,
            strict_inputs: false,
            poll: Arc::new(Budgeted),
            limits: Limits::documented(),
            accounts: Accounts::default(),
            configure: Box::new(|builder| builder),
            #[cfg(feature = "test-util")]
            queued: None,
        }
    }
}

impl ClientBuilder {
    /// Reads the key from `PRUNA_API_KEY` and the base URL from `PRUNA_BASE_URL`. A variable that is not set changes nothing.
    pub fn from_env(mut self) -> Self {
        self.api_key = std::env::var(KEY_VARIABLE).ok().or(self.api_key);
        self.base_url = std::env::var(BASE_URL_VARIABLE).ok().filter(|url| !url.is_empty()).or(self.base_url);
        self
    }

    /// Sets the API key. It is sent to the origin of the base URL only.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sets the URL of the service: https, or http on a loopback address. By default that of the OpenAPI
    /// document, `https://api.pruna.ai`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets whether the base URL may be http on a host other than loopback: `false` by default.
    ///
    /// The key then crosses the network in the clear. This is meant for an emulator in another container.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sets the maximum time to establish a connection: 10 seconds by default, or the attempt timeout if that is shorter.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect = Some(timeout);
        self
    }

    /// Sets the maximum time of a single JSON request: 30 seconds by default. A `Try-Sync` submission gets 60 seconds more.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.attempt = timeout;
        self
    }

    /// Sets the maximum time without progress of a file transfer: 30 seconds by default. It also limits the wait for
    /// the response to an upload. The whole transfer is bounded by the [`deadline`](Self::deadline) only.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.idle = timeout;
        self
    }

    /// Sets the maximum time of an operation: a generation, from the uploads of its media to the result, or a transfer
    /// with its retries.
    ///
    /// By default ten times the typical duration of the model, but at least ten minutes; one hour for transfers. A request can
    /// have a [deadline](crate::Request::deadline) of its own.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the maximum number of attempts at a request: 4 by default; 1 disables retries.
    ///
    /// A submission is repeated only if the service certainly did not accept it.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the maximum size of a download in bytes: 4 GiB by default.
    pub fn max_download(mut self, bytes: u64) -> Self {
        self.max_download = bytes;
        self
    }

    /// Sets whether an input with [warnings](crate::Request::warnings) is an error. By default it is sent, and the service
    /// decides.
    pub fn strict_inputs(mut self, strict: bool) -> Self {
        self.strict_inputs = strict;
        self
    }

    /// Sets the policy that decides when jobs are polled: [`Budgeted`] by default.
    pub fn poll_policy(mut self, policy: impl PollPolicy + 'static) -> Self {
        self.poll = Arc::new(policy);
        self
    }

    /// Sets the client-side rate limits. By default those of the OpenAPI document; see [`limits`](crate::limits).
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what the requests of this client and its clones may cost together, by list prices. By default, there is no limit.
    ///
    /// ```
    /// use pruna::{Budget, Client};
    ///
    /// let client = Client::builder().api_key("pru_...").budget(Budget::usd("5.00")).build()?;
    /// # Ok::<(), pruna::Error>(())
    /// ```
    pub fn budget(mut self, budget: Budget) -> Self {
        self.accounts.budget = Some(budget);
        self
    }

    /// Sets the ledger that notes each submission: in memory by default.
    pub fn ledger(mut self, ledger: Ledger) -> Self {
        self.accounts.ledger = ledger;
        self
    }

    /// Configures the underlying HTTP client: a proxy, a root certificate, a resolver.
    ///
    /// Settings that keep the key safe are applied afterwards and cannot be changed.
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// Receives queued responses instead of sending requests.
    #[cfg(feature = "test-util")]
    pub(crate) fn queued_responses(mut self, queued: QueuedResponses) -> Self {
        self.queued = Some(queued);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if there is no key, the key or the base URL cannot be used, or
    /// settings contradict each other.
    pub fn build(mut self) -> Result<Client> {
        self.timeouts.connect = self.connect.unwrap_or(self.timeouts.connect.min(self.timeouts.attempt));
        self.check()?;
        let key = self.api_key.ok_or_else(|| {
            Error::configuration(format!("there is no API key; set {KEY_VARIABLE} or pass one to the builder"))
        })?;
        let transport = Transport::new(TransportOptions {
            base: BaseUrl::parse_with(self.base_url.as_deref().unwrap_or(crate::model::BASE_URL), self.allow_http)?,
            key: &key,
            timeouts: self.timeouts,
            max_attempts: self.max_attempts,
            limits: self.limits,
            configure: &*self.configure,
            #[cfg(feature = "test-util")]
            queued: self.queued,
        })?;
        let config = Config {
            poll: self.poll,
            durations: DurationEstimator::default(),
            strict_inputs: self.strict_inputs,
            max_download: self.max_download,
            deadline: self.deadline,
        };
        let accounts = Accounts { service: transport.base.as_str().to_owned(), ..self.accounts };
        Ok(Client::from_parts(transport, config, accounts))
    }

    fn check(&self) -> Result<()> {
        let Timeouts { connect, attempt, idle } = self.timeouts;
        let named = [("attempt timeout", attempt), ("connect timeout", connect), ("idle timeout", idle)];
        let deadline = self.deadline.map(|deadline| ("deadline", deadline));
        let zero = named.into_iter().chain(deadline).find(|(_, time)| time.is_zero());
        let invalid = |why: String| Err(Error::configuration(why));
        self.accounts.budget.as_ref().map_or(Ok(()), Budget::check)?;
        match zero {
            Some((name, _)) => invalid(format!("the {name} is zero, so that every request would fail")),
            None if self.max_download == 0 => invalid("max_download is 0, so that every download would fail".into()),
            None if self.max_attempts == 0 => invalid("max_attempts is 0; 1 disables retries".into()),
            None if connect > attempt => {
                invalid(format!("the connect timeout {connect:?} is longer than the attempt timeout {attempt:?}"))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            // An invalid text may contain the key, or be it.
            .field("base_url", &self.base_url.as_deref().and_then(|url| BaseUrl::parse(url).ok()))
            .field("timeouts", &self.timeouts)
            .field("deadline", &self.deadline)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}
