//! `pruna man`: manual pages.

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::{App, args::Cli, failure::Failure};

/// Write the manual pages into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna man ~/.local/share/man/man1
  pruna man pages && man -l pages/pruna-run.1")]
pub(crate) struct Args {
    /// Folder, made if need be
    dir: PathBuf,
}

impl Args {
    pub(crate) fn run(self, app: &App) -> Result<(), Failure> {
        let dir = &self.dir;
        let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir));
        written.map_err(|e| Failure::io(dir.display(), &e))?;
        app.terminal.done(format_args!("manual pages in {}", dir.display()));
        Ok(())
    }
}
