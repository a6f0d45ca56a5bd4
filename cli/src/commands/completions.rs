//! `pruna completions`: for the shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{args::Cli, failure::Failure, output};

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna completions bash > ~/.local/share/bash-completion/completions/pruna
  pruna completions fish > ~/.config/fish/completions/pruna.fish")]
pub(crate) struct Args {
    shell: Shell,
}

impl Args {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "pruna", &mut script);
        output::write(&script)
    }
}
