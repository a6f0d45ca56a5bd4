//! `pruna-emulator`: P-API on loopback, as a program.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt};
use pruna_emulator::{Builder, Emulator, SyncTimeout};

const USAGE: &str = "\
P-API (Pruna AI) on loopback, for tests and for work without a key.

Usage: pruna-emulator [OPTIONS]

Options:
  -p, --port N          Port on 127.0.0.1; 0 takes a free one [default: 8787]
      --speed F         Factor on the usual time of a model; 0 finishes at once [default: 0.1]
      --limits on|off   Rate limits [default: on]
      --api-key KEY     The key to accept [default: pru_emulator]
      --upload-limit N  Largest upload in bytes [default: 100000000]
      --sync-window S   Seconds that a submission with Try-Sync waits [default: 60]
      --sync-timeout A  What it answers then: handle or 504 [default: handle]
  -h, --help            This text
  -V, --version         The version
";

/// What the command line asks for.
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
            Long("limits") => match parser.value()?.string()?.as_str() {
                "on" => builder.limits(true),
                "off" => builder.limits(false),
                other => return Err(format!("--limits is on or off, not '{other}'").into()),
            },
            Long("upload-limit") => builder.upload_limit(parser.value()?.parse()?),
            Long("sync-window") => builder.sync_window(Duration::from_secs(parser.value()?.parse()?)),
            Long("sync-timeout") => match parser.value()?.string()?.as_str() {
                "handle" => builder.sync_timeout_answer(SyncTimeout::Handle),
                "504" => builder.sync_timeout_answer(SyncTimeout::GatewayTimeout),
                other => return Err(format!("--sync-timeout is handle or 504, not '{other}'").into()),
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

#[tokio::main]
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
        Command::Print(text) => return write(&text),
    };
    let emulator = builder.start().await.map_err(|error| format!("cannot start: {error}"))?;
    write(&format!(
        "P-API emulator at {url}\n\n  export PRUNA_BASE_URL={url}\n  export PRUNA_API_KEY={key}\n\nCtrl-C stops it.\n",
        url = emulator.url(),
        key = emulator.api_key(),
    ))?;
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
    emulator.shutdown().await;
    Ok(())
}

fn write(text: &str) -> Result<(), String> {
    let mut output = io::stdout();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|error| error.to_string())
}
