//! The connection that a command works with.

use pruna::{Client, ClientBuilder, limits::Limits};
use pruna_emulator::Emulator;

use crate::{
    App,
    failure::{Code, Failure},
};

/// The base URL that stands for an emulator inside the process.
const EMULATOR: &str = "emulator";
/// How fast it is: a tenth of the usual time, so that a wait can be seen.
const EMULATOR_SPEED: f64 = 0.1;

/// A client, and the emulator that it talks to when there is one inside the process.
pub(crate) struct Session {
    pub(crate) client: Client,
    _emulator: Option<Emulator>,
}

impl Session {
    /// Connects to the service that the command line names.
    pub(crate) async fn open(app: &App) -> Result<Self, Failure> {
        Self::open_with(app, |builder| builder).await
    }

    /// Connects with settings of the command's own.
    pub(crate) async fn open_with(
        app: &App,
        adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, Failure> {
        let key = app.global.key();
        let mut builder = adjust(Client::builder());
        let base = app.global.base_url.as_deref().filter(|url| !url.is_empty());
        if base == Some(EMULATOR) {
            let emulator = start_emulator(key).await?;
            let builder = builder.api_key(emulator.api_key()).base_url(emulator.url());
            // It enforces no limits, so there is nothing to keep to.
            let client = builder.limits(Limits::none()).build()?;
            return Ok(Self { client, _emulator: Some(emulator) });
        }
        if let Some(base) = base {
            builder = builder.base_url(base);
        }
        let Some(key) = key else {
            let hint = "set PRUNA_API_KEY; without a key try PRUNA_BASE_URL=emulator";
            return Err(Failure::new(Code::Account, "there is no API key").hint(hint));
        };
        let client = builder.api_key(key).build().map_err(|error| unusable(base, error))?;
        Ok(Self { client, _emulator: None })
    }
}

async fn start_emulator(key: Option<String>) -> Result<Emulator, Failure> {
    let mut emulator = Emulator::builder().speed(EMULATOR_SPEED);
    if let Some(key) = key {
        emulator = emulator.api_key(key);
    }
    emulator.start().await.map_err(|e| Failure::new(Code::Unavailable, format!("the emulator does not start: {e}")))
}

/// Settings that cannot be used: if a harmless key does not help, it is not the key.
fn unusable(base: Option<&str>, error: pruna::Error) -> Failure {
    let harmless: ClientBuilder = Client::builder().api_key("pru_harmless");
    let other = match base {
        Some(base) => harmless.base_url(base),
        None => harmless,
    };
    let mut failure = Failure::from(error);
    if other.build().is_ok() {
        failure.code = Code::Account;
        failure.hint("compare PRUNA_API_KEY with the key in the dashboard")
    } else {
        failure.hint("--base-url is an https address, or http on loopback, or `emulator`")
    }
}
