//! `pruna man`: writes manual pages.

use std::path::PathBuf;

use crate::{app::App, failure::Failure};

/// Write the manual pages into a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna man ~/.local/share/man/man1
  pruna man pages && man -l pages/pruna-run.1")]
pub(crate) struct Args {
    /// Directory for the pages; created if it does not exist
    dir: PathBuf,
}

impl Args {
    /// Writes the manual pages of a program.
    pub(crate) fn run(self, app: &App, program: clap::Command) -> Result<(), Failure> {
        let dir = &self.dir;
        let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(program, dir));
        written.map_err(|e| Failure::io(dir.display(), &e))?;
        app.terminal.success(format_args!("manual pages written to {}", dir.display()));
        Ok(())
    }
}
