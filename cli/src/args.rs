//! The command line: global options and the list of commands.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, builder::Styles};

use crate::{App, commands, failure::Failure};

/// P-API (Pruna AI) in a terminal: pictures, videos and LoRA training from 18 models.
#[derive(Debug, Parser)]
#[command(name = "pruna", version, styles = STYLES, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  pruna run p-image \"a lion at dusk\" -o lion.jpg
  PRUNA_BASE_URL=emulator pruna run p-image \"no key needed\"

Exit codes:
  0  done
  1  the prediction failed or was canceled
  2  usage or invalid input
  3  no key, bad key or no credit
  4  rate limited or unavailable
  5  deadline passed or submission unknown; the id, if there is one, is printed
  6  files that cannot be read, written or fetched any more

Data goes to stdout; progress, messages and errors go to stderr.";

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default());

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// API key; other processes can see a command line, so prefer the variable [env: PRUNA_API_KEY]
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,
    /// Where the service is; `emulator` starts one inside this process
    #[arg(long, global = true, env = "PRUNA_BASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Print data and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell what is done; twice for every detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colours; by default in a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    pub(crate) color: clap::ColorChoice,
}

impl Global {
    /// The key for the service, from the command line or the environment.
    pub(crate) fn key(&self) -> Option<String> {
        self.api_key.clone().or_else(|| std::env::var("PRUNA_API_KEY").ok()).filter(|key| !key.is_empty())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Models(commands::models::Args),
    Run(commands::run::Args),
    Submit(commands::submit::Args),
    Status(commands::status::Args),
    Wait(commands::wait::Args),
    Download(commands::download::Args),
    Upload(commands::upload::Args),
    Train(commands::train::Args),
    Batch(commands::batch::Args),
    Emulator(commands::emulator::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

impl Command {
    pub(crate) fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Models(args) => args.run(),
            Self::Run(args) => app.block_on(args.run(app)),
            Self::Submit(args) => app.block_on(args.run(app)),
            Self::Status(args) => app.block_on(args.run(app)),
            Self::Wait(args) => app.block_on(args.run(app)),
            Self::Download(args) => app.block_on(args.run(app)),
            Self::Upload(args) => app.block_on(args.run(app)),
            Self::Train(args) => app.block_on(args.run(app)),
            Self::Batch(args) => app.block_on(args.run(app)),
            Self::Emulator(args) => app.block_on(args.run(app)),
            Self::Completions(args) => args.run(),
            Self::Man(args) => args.run(app),
        }
    }
}

/// Reads the command line. Help and mistakes are printed here, in the colours that it asks for.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let color = color_of(std::env::args().skip(1));
    color.write_global();
    let choice = match color {
        anstream::ColorChoice::Never => clap::ColorChoice::Never,
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
        anstream::ColorChoice::Auto => clap::ColorChoice::Auto,
    };
    let parsed = Cli::command().color(choice).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        // A closed pipe is no reason to complain.
        let _ = error.print();
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// `--color`, looked for before the rest is understood, because mistakes in the rest are printed in colour too.
fn color_of(mut args: impl Iterator<Item = String>) -> anstream::ColorChoice {
    let mut when = None;
    while let Some(arg) = args.next() {
        match arg.strip_prefix("--color") {
            _ if arg == "--" => break,
            Some("") => when = args.next(),
            Some(value) => when = value.strip_prefix('=').map(str::to_owned),
            None => {}
        }
    }
    match when.as_deref() {
        Some("always") => anstream::ColorChoice::Always,
        Some("never") => anstream::ColorChoice::Never,
        _ => anstream::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_colour_is_known_before_the_command_line_is_understood() {
        use anstream::ColorChoice::{Always, Auto, Never};
        for (line, expected) in [
            ("models", Auto),
            ("models --color never", Never),
            ("--color=always run --nonsense", Always),
            ("--color auto", Auto),
            ("run m -- --color never", Auto),
            ("--color", Auto),
        ] {
            assert_eq!(color_of(line.split(' ').map(str::to_owned)), expected, "{line}");
        }
    }

    /// Every command shows two examples, and each of them is a command line that is understood.
    #[test]
    fn every_command_has_two_examples_that_work() {
        let program = Cli::command();
        let shown = program.get_subcommands().chain(program.find_subcommand("models").unwrap().get_subcommands());
        for command in shown.chain([&program]) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().map(str::trim).filter(|line| line.contains("pruna ")).collect();
            assert!(examples.len() >= 2, "{}: {examples:?}", command.get_name());
            for example in examples {
                // A command within a command stands for what it prints.
                let outer = example.find("$(").map_or(example.to_owned(), |at| {
                    let end = at + example[at..].find(')').unwrap();
                    format!("{}PRINTED{}", &example[..at], &example[end + 1..])
                });
                let words = shlex::split(outer.split(['|', '>', '&']).next().unwrap()).unwrap();
                let words = words.into_iter().skip_while(|word| word != "pruna");
                let parsed = Cli::command().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
    }
}
