//! `pruna completions`: prints shell completions.

use clap_complete::Shell;

use crate::{failure::Failure, output};

/// Print shell completions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna completions bash > ~/.local/share/bash-completion/completions/pruna
  pruna completions fish > ~/.config/fish/completions/pruna.fish")]
pub(crate) struct Args {
    /// Shell to print completions for
    shell: Shell,
}

impl Args {
    /// Prints the completions of a program.
    pub(crate) fn run(self, mut program: clap::Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "pruna", &mut script);
        output::bytes(&script)
    }
}
