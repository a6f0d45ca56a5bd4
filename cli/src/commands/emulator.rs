//! `pruna emulator`: runs an emulator of P-API on loopback.

use pruna_emulator::{Emulator, LimitWindow};

use crate::{app::App, failure::Failure, options::Switch, output};

/// Run an emulator of the service on this machine until Ctrl-C
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna emulator --speed 0
  pruna --base-url http://127.0.0.1:8787 --api-key pru_emulator run p-image \"a lion\"")]
pub(crate) struct Args {
    /// Port on 127.0.0.1; 0 for any free port
    #[arg(short, long, value_name = "N", default_value_t = 8787)]
    port: u16,
    /// Factor on the models' typical times, from 0 (no delay) to 1000000; 1 is as slow as the service
    #[arg(long, value_name = "F", default_value_t = 0.1, value_parser = parse_speed)]
    speed: f64,
    /// Whether to enforce rate limits
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limits: Switch,
    /// How rate limits are counted: in fixed or sliding windows of 60 seconds, or by a token bucket with a tenth of the limit
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Window::Fixed)]
    window: Window,
    /// Whether to send the headers RateLimit-Limit, -Remaining and -Reset
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limit_headers: Switch,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Window {
    Fixed,
    Sliding,
    Bucket,
}

impl From<Window> for LimitWindow {
    fn from(window: Window) -> Self {
        match window {
            Window::Fixed => Self::Fixed,
            Window::Sliding => Self::Sliding,
            Window::Bucket => Self::TokenBucket,
        }
    }
}

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number; an example is 0.1")?;
    if (0.0..=1e6).contains(&speed) { Ok(speed) } else { Err("must be from 0 to 1000000".into()) }
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let builder = Emulator::builder().port(self.port).speed(self.speed).limits(self.limits == Switch::On);
        let mut builder = builder.limit_window(self.window.into()).limit_headers(self.limit_headers == Switch::On);
        // The key in the environment is not used: it may be a real one, and the key is printed.
        if let Some(key) = &app.global.api_key {
            builder = builder.api_key(key);
        }
        let emulator = builder.start().await.map_err(|e| {
            Failure::files(format!("cannot listen on port {}: {e}", self.port)).hint("--port 0 takes any free port")
        })?;
        output::line(format_args!("export PRUNA_BASE_URL={}", emulator.url()))?;
        output::line(format_args!("export PRUNA_API_KEY={}", emulator.api_key()))?;
        app.terminal.note("press Ctrl-C to stop");
        tokio::signal::ctrl_c().await.map_err(|e| Failure::io("Ctrl-C", &e))?;
        emulator.shutdown().await;
        Ok(())
    }
}
