//! Options that several commands share.

use clap::{ArgAction, Args};

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalOptions {
    /// API key; visible to other processes on this machine, so prefer the environment variable [env: PRUNA_API_KEY]
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    /// Base URL of the service; `emulator` starts an emulator inside this process
    #[arg(long, global = true, env = "PRUNA_BASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Print only data and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print debug messages; repeat for traces
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colors [default: auto, in a terminal unless NO_COLOR is set]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    pub(crate) color: clap::ColorChoice,
}

impl GlobalOptions {
    /// Returns the API key from the command line or the environment.
    ///
    /// # Errors
    ///
    /// If the variable is not Unicode; the message does not repeat it.
    pub(crate) fn key(&self) -> Result<Option<String>, &'static str> {
        let key = match (&self.api_key, std::env::var_os("PRUNA_API_KEY")) {
            (Some(key), _) => Some(key.clone()),
            (None, Some(key)) => Some(key.into_string().map_err(|_| "PRUNA_API_KEY is not valid UTF-8")?),
            (None, None) => None,
        };
        Ok(key.filter(|key| !key.is_empty()))
    }
}

/// How a command presents a result.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputOptions {
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the image in the terminal, if it supports kitty, iTerm2 or sixel graphics
    #[arg(long)]
    pub(crate) preview: bool,
}

/// A setting that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
