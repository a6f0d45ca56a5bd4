//! How a client is set up.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Client, Error, Model,
    limits::Limits,
    origin::Base,
    poll::{PollPolicy, Proportional, UsualTimes},
    transport::{Configure, Timeouts, Transport},
};

/// Names of the environment variables that [`Client::from_env`](crate::Client::from_env) reads.
const KEY_VARIABLE: &str = "PRUNA_API_KEY";
const BASE_URL_VARIABLE: &str = "PRUNA_BASE_URL";

/// The shortest time that a wait is given when the caller sets none.
const SHORTEST_DEADLINE: Duration = Duration::from_secs(10 * 60);
/// How many times its usual time a model is given.
const PATIENCE: f64 = 10.0;

/// Settings of a client beside the transport's.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) poll: Arc<dyn PollPolicy>,
    pub(crate) usual: UsualTimes,
    pub(crate) strict_inputs: bool,
    pub(crate) max_download: u64,
    /// How long one upload or download may take, with its repetitions.
    pub(crate) transfer_deadline: Duration,
    deadline: Option<Duration>,
}

impl Config {
    /// How long a generation of this model may take.
    pub(crate) fn deadline(&self, model: &Model) -> Duration {
        let usual = Duration::from_secs_f64(model.info().typical_seconds * PATIENCE);
        self.deadline.unwrap_or_else(|| usual.max(SHORTEST_DEADLINE))
    }
}

/// Sets up a [`Client`].
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
#[must_use = "a builder does nothing before build"]
pub struct ClientBuilder {
    api_key: Option<String>,
    base_url: Option<String>,
    connect: Option<Duration>,
    timeouts: Timeouts,
    deadline: Option<Duration>,
    max_attempts: u32,
    max_download: u64,
    strict_inputs: bool,
    poll: Arc<dyn PollPolicy>,
    limits: Limits,
    configure: Box<Configure>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: None,
            connect: None,
            timeouts: Timeouts::default(),
            deadline: None,
            max_attempts: 4,
            max_download: 4 * 1024 * 1024 * 1024,
            strict_inputs: false,
            poll: Arc::new(Proportional),
            limits: Limits::documented(),
            configure: Box::new(|builder| builder),
        }
    }
}

impl ClientBuilder {
    /// Takes key and base URL from `PRUNA_API_KEY` and `PRUNA_BASE_URL`, where they are set.
    pub fn from_env(mut self) -> Self {
        self.api_key = std::env::var(KEY_VARIABLE).ok().or(self.api_key);
        self.base_url = std::env::var(BASE_URL_VARIABLE).ok().filter(|url| !url.is_empty()).or(self.base_url);
        self
    }

    /// The key. It is sent to the base URL's origin, to no other.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Where the service is: https, or http on a loopback address. By default what the document names.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Connect timeout: how long a connection may take to stand. By default 10 seconds, or the attempt timeout if that is
    /// shorter.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect = Some(timeout);
        self
    }

    /// Attempt timeout: how long a single JSON request may take; a `Try-Sync` submission gets 60 seconds more. 30 seconds
    /// by default.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.attempt = timeout;
        self
    }

    /// Idle timeout: how long a file transfer may stand still, and how long the service may take to answer an upload; there
    /// is no limit on the whole of it. 30 seconds by default.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.idle = timeout;
        self
    }

    /// Operation timeout: how long a generation may take from the uploads of its media to the result, unless the request says
    /// otherwise; a transfer is tried again for as long. By default ten times the model's usual time, at least ten minutes;
    /// an hour for transfers.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often a request is sent at most, where sending again does no harm. 4 by default; 1 switches repetitions off.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The largest file that is downloaded, in bytes. 4 GiB by default.
    pub fn max_download(mut self, bytes: u64) -> Self {
        self.max_download = bytes;
        self
    }

    /// Whether an input with warnings is refused before anything is sent. By default it is sent, and the service decides.
    pub fn strict_inputs(mut self, strict: bool) -> Self {
        self.strict_inputs = strict;
        self
    }

    /// When to ask how far a job is. By default [`Proportional`].
    pub fn poll_policy(mut self, policy: impl PollPolicy + 'static) -> Self {
        self.poll = Arc::new(policy);
        self
    }

    /// How many requests are sent a minute. By default what the document allows; see [`limits`](crate::limits).
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Changes the underlying HTTP client: a proxy, a root certificate, a resolver. What keeps the key safe is set
    /// afterwards and cannot be changed.
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// The finished client.
    ///
    /// # Errors
    ///
    /// Configuration: no key, a key or base URL that cannot be used, settings that contradict each other.
    pub fn build(mut self) -> Result<Client, Error> {
        self.timeouts.connect = self.connect.unwrap_or(self.timeouts.connect.min(self.timeouts.attempt));
        self.check()?;
        let key = self.api_key.ok_or_else(|| {
            Error::configuration(format!("no API key; set {KEY_VARIABLE} or give one to the builder"))
        })?;
        let base = Base::parse(self.base_url.as_deref().unwrap_or(crate::model::BASE_URL))?;
        let transport = Transport::new(base, &key, self.timeouts, self.max_attempts, self.limits, &*self.configure)?;
        let config = Config {
            poll: self.poll,
            usual: UsualTimes::default(),
            strict_inputs: self.strict_inputs,
            max_download: self.max_download,
            transfer_deadline: self.deadline.unwrap_or(Duration::from_secs(60 * 60)),
            deadline: self.deadline,
        };
        Ok(Client::from_parts(transport, config))
    }

    fn check(&self) -> Result<(), Error> {
        let Timeouts { connect, attempt, idle } = self.timeouts;
        let named = [("attempt", attempt), ("connect", connect), ("idle", idle)];
        let zero = named.iter().find(|(_, timeout)| timeout.is_zero()).map(|(name, _)| *name);
        let refuse = |why: String| Err(Error::configuration(why));
        match zero {
            Some(name) => refuse(format!("a {name} timeout of zero lets nothing through")),
            None if self.deadline.is_some_and(|deadline| deadline.is_zero()) => {
                refuse("a deadline of zero lets nothing through".into())
            }
            None if self.max_download == 0 => refuse("a limit of 0 bytes lets no download through".into()),
            None if self.max_attempts == 0 => refuse("0 attempts send nothing; 1 switches repetitions off".into()),
            None if connect > attempt => {
                refuse(format!("the connect timeout {connect:?} is longer than the attempt timeout {attempt:?}"))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            // Unchecked it may hold a key, or be one.
            .field("base_url", &self.base_url.as_deref().and_then(|url| Base::parse(url).ok()))
            .field("timeouts", &self.timeouts)
            .field("deadline", &self.deadline)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}
