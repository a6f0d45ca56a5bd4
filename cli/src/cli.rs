//! The command line: its syntax, and which command it runs.

mod color;

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, builder::Styles, error::ErrorKind};

use crate::{app::App, commands, failure::Failure, options::GlobalOptions, terminal::Terminal};

/// Generate images and videos and train LoRAs with P-API (Pruna AI)
#[derive(Debug, Parser)]
#[command(name = "pruna", version, styles = STYLES, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  pruna run p-image \"a lion at dusk\" -o lion.jpg
  PRUNA_BASE_URL=emulator pruna run p-image \"no key needed\"

Exit codes:
  0    success
  1    the prediction failed or was canceled
  2    usage error or invalid input
  3    missing or invalid API key, or insufficient credit
  4    rate limited, or service unavailable
  5    timeout, or submission status unknown; the job id is printed if it is known
  6    a file cannot be read, written or downloaded, or stdout does not take the output
  7    --max-cost does not cover what was to be submitted
  129  SIGHUP: the terminal was closed
  130  SIGINT: interrupted by Ctrl-C
  143  SIGTERM: asked to terminate

Data is printed to stdout; progress, messages and errors are printed to stderr.";

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default());

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
    Spend(commands::spend::Args),
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
            Self::Spend(args) => args.run(app),
            Self::Emulator(args) => app.block_on(args.run(app)),
            Self::Completions(args) => args.run(Cli::command()),
            Self::Man(args) => args.run(app, Cli::command()),
        }
    }
}

/// Parses the command line. Prints help and usage errors, in the colors that the command line asks for.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let color = color::from_args(std::env::args_os().skip(1).filter_map(|arg| arg.into_string().ok()));
    color.write_global();
    let choice = match color {
        anstream::ColorChoice::Never => clap::ColorChoice::Never,
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
        anstream::ColorChoice::Auto => clap::ColorChoice::Auto,
    };
    let parsed = Cli::command().color(choice).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| report(&error))
}

/// Prints help, or what is wrong with the command line; returns the exit code.
fn report(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    // An argument that is not Unicode may be a key in the wrong place, which no message must repeat.
    if error.kind() == ErrorKind::InvalidUtf8 || (error.use_stderr() && text.contains(char::REPLACEMENT_CHARACTER)) {
        let failure = Failure::usage("an argument or a variable is not valid UTF-8; only paths may be otherwise");
        return failure.report(&Terminal::new(false, 0));
    }
    match error.print() {
        // A reader that has seen enough of the help.
        Err(closed) if closed.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(unwritable) if !error.use_stderr() => {
            return Failure::io("stdout", &unwritable).report(&Terminal::new(false, 0));
        }
        _ => {}
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Every command has two examples, and each of them is a valid command line.
    #[test]
    fn every_command_has_two_valid_examples() {
        let program = Cli::command();
        let commands = program.get_subcommands().chain(program.find_subcommand("models").unwrap().get_subcommands());
        for command in commands.chain([&program]) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().map(str::trim).filter(|line| line.contains("pruna ")).collect();
            assert!(examples.len() >= 2, "{}: {examples:?}", command.get_name());
            for example in examples {
                // A command substitution becomes a placeholder for its output.
                let outer = example.find("$(").map_or(example.to_owned(), |at| {
                    let end = at + example[at..].find(')').unwrap();
                    format!("{}OUTPUT{}", &example[..at], &example[end + 1..])
                });
                let words = shlex::split(outer.split(['|', '>', '&']).next().unwrap()).unwrap();
                let words = words.into_iter().skip_while(|word| word != "pruna");
                let parsed = Cli::command().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
    }
}
