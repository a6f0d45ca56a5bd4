//! `pruna emulator`: P-API on loopback.

use pruna_emulator::Emulator;

use crate::{App, commands::Switch, failure::Failure, output};

/// Run an emulator of the service on this machine, until Ctrl-C
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna emulator --speed 0
  pruna --base-url http://127.0.0.1:8787 --api-key pru_emulator run p-image \"a lion\"")]
pub(crate) struct Args {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(short, long, value_name = "N", default_value_t = 8787)]
    port: u16,
    /// Factor on the usual time of a model; 0 finishes at once
    #[arg(long, value_name = "F", default_value_t = 0.1, value_parser = speed)]
    speed: f64,
    /// Whether rate limits are enforced
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limits: Switch,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "a number like 0.1")?;
    if (0.0..=1e6).contains(&speed) { Ok(speed) } else { Err("at least 0, at most 1000000".into()) }
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let mut builder = Emulator::builder().port(self.port).speed(self.speed).limits(self.limits == Switch::On);
        // Not the one in the environment: that is probably real, and it would be printed.
        if let Some(key) = &app.global.api_key {
            builder = builder.api_key(key);
        }
        let emulator = builder.start().await.map_err(|e| {
            Failure::files(format!("cannot listen on port {}: {e}", self.port)).hint("--port 0 takes a free one")
        })?;
        output::line(format_args!("export PRUNA_BASE_URL={}", emulator.url()))?;
        output::line(format_args!("export PRUNA_API_KEY={}", emulator.api_key()))?;
        app.terminal.note("Ctrl-C stops it.");
        tokio::signal::ctrl_c().await.map_err(|e| Failure::io("Ctrl-C", &e))?;
        emulator.shutdown().await;
        Ok(())
    }
}
