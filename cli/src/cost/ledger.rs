//! The ledger: where it is, and how it is opened.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Args;
use pruna::Ledger;

use crate::{failure::Failure, terminal::Terminal, user_dirs};

/// Maximum length of a label, in bytes.
const MAX_LABEL: usize = 200;

/// Where the ledger is.
#[derive(Clone, Debug, Args)]
pub(crate) struct LedgerPath {
    /// File of the ledger [default: pruna/ledger.jsonl in the user's directory for state]
    // An empty variable counts as none, which `PathBuf` would reject.
    #[arg(long, env = "PRUNA_LEDGER", hide_env_values = true, value_name = "PATH")]
    ledger: Option<OsString>,
}

/// How submissions are noted.
#[derive(Clone, Debug, Args)]
pub(super) struct LedgerOptions {
    /// Label under which `pruna spend` counts the submission; not sent to the service
    #[arg(long, value_name = "TEXT", value_parser = parse_label)]
    pub(super) label: Option<String>,
    #[command(flatten)]
    path: LedgerPath,
    /// Do not note the submission in the ledger
    #[arg(long)]
    no_ledger: bool,
}

impl LedgerPath {
    /// Returns the path that the user named.
    fn named(&self) -> Option<&Path> {
        self.ledger.as_deref().filter(|path| !path.is_empty()).map(Path::new)
    }

    /// Returns the path, by default that in the user's directory for state.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        self.named().map(Path::to_owned).or_else(default_path).ok_or_else(|| {
            Failure::usage("the user's directory for state is not known").hint("name the ledger with PRUNA_LEDGER")
        })
    }
}

impl LedgerOptions {
    /// Opens the ledger. One that the user named must be writable; the default one is not needed, and does not note what is tried
    /// with the emulator inside the process.
    pub(super) fn open(&self, terminal: &Terminal, is_trial: bool) -> Result<Ledger, Failure> {
        let ledger = match self.path.named() {
            _ if self.no_ledger => return Ok(Ledger::in_memory()),
            Some(path) => Ledger::file(path).map_err(|error| {
                let message = format!("the ledger cannot be written; nothing was submitted: {error}");
                Failure { message, ..Failure::from(error) }
                    .hint("name another file with PRUNA_LEDGER, or use --no-ledger")
            })?,
            None if is_trial => return Ok(Ledger::in_memory()),
            None => match default_path().map(Ledger::file) {
                Some(Ok(ledger)) => ledger.best_effort(),
                Some(Err(error)) => {
                    terminal.warn(format_args!("the ledger cannot be written, so it lacks this submission: {error}"));
                    return Ok(Ledger::in_memory());
                }
                None => return Ok(Ledger::in_memory()),
            },
        };
        Ok(match std::env::current_dir() {
            Ok(dir) => ledger.folder(dir),
            Err(_) => ledger,
        })
    }
}

/// Checks a label.
pub(crate) fn parse_label(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err("the label is empty".into()),
        1..=MAX_LABEL => Ok(text.to_owned()),
        _ => Err(format!("the label is longer than {MAX_LABEL} bytes")),
    }
}

/// Returns the path of the ledger in the user's directory for state.
fn default_path() -> Option<PathBuf> {
    user_dirs::state_dir().map(|dir| dir.join("ledger.jsonl"))
}
