//! The connection of a command: a client, and the emulator inside the process if there is one.

use pruna::{Client, ClientBuilder, limits::Limits};
use pruna_emulator::Emulator;

use crate::{exit_code::Code, failure::Failure, options::GlobalOptions};

/// The base URL that stands for an emulator inside the process.
const EMULATOR: &str = "emulator";
/// Factor on the typical times of the models, large enough that waiting is visible.
const EMULATOR_SPEED: f64 = 0.1;

/// A client, and the emulator that it talks to when there is one inside the process.
pub(crate) struct Session {
    pub(crate) client: Client,
    /// The base URL, or `emulator` for the emulator inside the process, whose port is another one each time.
    pub(crate) service: String,
    /// Whether the user gave a key. Without one, only what needs no service can be done.
    pub(crate) has_key: bool,
    _emulator: Option<Emulator>,
}

impl Session {
    /// Connects to the service that the command line names.
    pub(crate) async fn open(global: &GlobalOptions) -> Result<Self, Failure> {
        Self::open_with(global, Ok).await
    }

    /// Connects with additional client settings, which are made only if there is a key.
    pub(crate) async fn open_with(
        global: &GlobalOptions,
        configure: impl FnOnce(ClientBuilder) -> Result<ClientBuilder, Failure>,
    ) -> Result<Self, Failure> {
        let base_url = base_url(global);
        if base_url == Some(EMULATOR) {
            let emulator = start_emulator().await?;
            let builder = configure(Client::builder())?.api_key(emulator.api_key()).base_url(emulator.url());
            // This emulator enforces no limits.
            let client = builder.limits(Limits::none()).build()?;
            return Ok(Self { client, service: EMULATOR.into(), has_key: true, _emulator: Some(emulator) });
        }
        let Some(key) = key(global)? else {
            let hint = "set PRUNA_API_KEY; to try the program without a key, set PRUNA_BASE_URL=emulator";
            return Err(Failure::new(Code::Account, "there is no API key").hint(hint));
        };
        let mut builder = configure(Client::builder())?;
        if let Some(base_url) = base_url {
            builder = builder.base_url(base_url);
        }
        let client = builder.api_key(key).build().map_err(|error| configuration_failure(base_url, error))?;
        let service = client.base_url().to_owned();
        Ok(Self { client, service, has_key: true, _emulator: None })
    }

    /// Prepares a session that sends nothing, for which no key is needed.
    pub(crate) fn offline(global: &GlobalOptions) -> Result<Self, Failure> {
        let base_url = base_url(global);
        let (key, is_trial) = (key(global)?, base_url == Some(EMULATOR));
        let mut builder = Client::builder().api_key(key.as_deref().unwrap_or("pru_none"));
        if let Some(base_url) = base_url.filter(|_| !is_trial) {
            builder = builder.base_url(base_url);
        }
        let client = builder.build().map_err(|error| configuration_failure(base_url, error))?;
        let service = if is_trial { EMULATOR.into() } else { client.base_url().to_owned() };
        Ok(Self { client, service, has_key: key.is_some(), _emulator: None })
    }

    /// Whether the service is the emulator inside the process.
    pub(crate) fn is_trial(&self) -> bool {
        self.service == EMULATOR
    }
}

/// Whether the service is the emulator inside the process.
pub(crate) fn is_trial(global: &GlobalOptions) -> bool {
    base_url(global) == Some(EMULATOR)
}

fn base_url(global: &GlobalOptions) -> Option<&str> {
    global.base_url.as_deref().filter(|url| !url.is_empty())
}

fn key(global: &GlobalOptions) -> Result<Option<String>, Failure> {
    let explain = |problem| Failure::new(Code::Account, problem).hint("compare it with the key in the dashboard");
    global.key().map_err(explain)
}

/// Starts an emulator with a key of its own: it records requests, and the user's key must not be among them.
async fn start_emulator() -> Result<Emulator, Failure> {
    let emulator = Emulator::builder().speed(EMULATOR_SPEED);
    emulator.start().await.map_err(|e| Failure::new(Code::Unavailable, format!("cannot start the emulator: {e}")))
}

/// Explains an invalid configuration. If it is valid with another key, the key is the cause.
fn configuration_failure(base_url: Option<&str>, error: pruna::Error) -> Failure {
    let with_valid_key: ClientBuilder = Client::builder().api_key("pru_valid");
    let with_valid_key = match base_url {
        Some(base_url) => with_valid_key.base_url(base_url),
        None => with_valid_key,
    };
    let mut failure = Failure::from(error);
    if with_valid_key.build().is_ok() {
        failure.code = Code::Account;
        failure.hint("compare PRUNA_API_KEY with the key in the dashboard")
    } else {
        failure.hint("--base-url takes an https URL, an http URL on loopback, or `emulator`")
    }
}
