//! `pruna-emulator`: the emulator as a program.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt};
use pruna_emulator::{Builder, Emulator, LimitWindow, SyncTimeout};

const USAGE: &str = "\
Runs an emulator of P-API (Pruna AI) on loopback, for tests without an API key or cost.

Usage: pruna-emulator [OPTIONS]

Options:
  -p, --port <N>                   Port on 127.0.0.1; 0 means any free port [default: 8787]
      --speed <FACTOR>             Duration of predictions, as a factor of the model's typical time;
                                   0 means that they finish at once [default: 0.1]
      --limits <on|off>            Enforce rate limits [default: on]
      --window <KIND>              How requests are counted against the rate limits: fixed, sliding or
                                   bucket [default: fixed]
      --limit-headers <on|off>     Send the headers RateLimit-Limit, -Remaining and -Reset [default: on]
      --api-key <KEY>              API key to accept [default: pru_emulator]
      --upload-limit <BYTES>       Maximum size of an upload [default: 100000000]
      --sync-window <SECONDS>      How long a submission with Try-Sync waits for the result [default: 60]
      --sync-timeout <handle|504>  Response when it does not finish in time: the prediction's id, or an
                                   HTML page with status 504 [default: handle]
  -h, --help                       Print help
  -V, --version                    Print version
";

/// A parsed command line.
enum Command {
    Run(Builder),
    Print(String),
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut builder = Emulator::builder().port(8787).speed(0.1).limits(true);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        builder = match argument {
            Short('p') | Long("port") => builder.port(parser.value()?.parse()?),
            Long("speed") => builder.speed(parser.value()?.parse()?),
            Long("api-key") => builder.api_key(parser.value()?.string()?),
            Long("limits") => builder.limits(is_on("--limits", &parser.value()?.string()?)?),
            Long("limit-headers") => builder.limit_headers(is_on("--limit-headers", &parser.value()?.string()?)?),
            Long("window") => match parser.value()?.string()?.as_str() {
                "fixed" => builder.limit_window(LimitWindow::Fixed),
                "sliding" => builder.limit_window(LimitWindow::Sliding),
                "bucket" => builder.limit_window(LimitWindow::TokenBucket),
                other => return Err(invalid_value("--window", other, "fixed, sliding or bucket").into()),
            },
            Long("upload-limit") => builder.upload_limit(parser.value()?.parse()?),
            Long("sync-window") => builder.sync_window(Duration::from_secs(parser.value()?.parse()?)),
            Long("sync-timeout") => match parser.value()?.string()?.as_str() {
                "handle" => builder.sync_timeout(SyncTimeout::Handle),
                "504" => builder.sync_timeout(SyncTimeout::GatewayTimeout),
                other => return Err(invalid_value("--sync-timeout", other, "handle or 504").into()),
            },
            Short('h') | Long("help") => return Ok(Command::Print(USAGE.to_owned())),
            Short('V') | Long("version") => {
                return Ok(Command::Print(format!("pruna-emulator {}\n", env!("CARGO_PKG_VERSION"))));
            }
            other => return Err(other.unexpected()),
        };
    }
    Ok(Command::Run(builder))
}

fn is_on(option: &str, value: &str) -> Result<bool, String> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(invalid_value(option, other, "on or off")),
    }
}

fn invalid_value(option: &str, value: &str, expected: &str) -> String {
    format!("invalid value '{value}' for {option}: use {expected}")
}

// Media are drawn on other threads. With one for the rest, the allocator needs a third less memory.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "pruna-emulator: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let builder = match parse(std::env::args_os().skip(1)).map_err(|error| error.to_string())? {
        Command::Run(builder) => builder,
        Command::Print(text) => return print(&text),
    };
    let emulator =
        builder.start().await.map_err(|error| format!("cannot start the emulator: {error}; choose another --port"))?;
    print(&format!(
        "P-API emulator at {url}\n\n  export PRUNA_BASE_URL={url}\n  export PRUNA_API_KEY={key}\n\nPress Ctrl-C to stop.\n",
        url = emulator.url(),
        key = emulator.api_key(),
    ))?;
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
    emulator.shutdown().await;
    Ok(())
}

fn print(text: &str) -> Result<(), String> {
    let mut output = io::stdout();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|error| error.to_string())
}
