//! `pruna emulator`: runs an emulator of P-API on loopback.

use pruna_emulator::{Builder, Emulator, LimitWindow};

use crate::{app::App, failure::Failure, interrupt::Signals, options::Switch, output};

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
    fn builder(&self) -> Builder {
        let builder = Emulator::builder().port(self.port).speed(self.speed).limits(self.limits == Switch::On);
        builder.limit_window(self.window.into()).limit_headers(self.limit_headers == Switch::On)
    }

    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let mut builder = self.builder();
        // The key in the environment is not used: it may be a real one, and the key is printed.
        if let Some(key) = &app.global.api_key {
            builder = builder.api_key(key);
        }
        let emulator = builder.start().await.map_err(|e| {
            Failure::files(format!("cannot listen on port {}: {e}", self.port)).hint("--port 0 takes any free port")
        })?;
        let mut signals = Signals::listen();
        let address =
            format_args!("export PRUNA_BASE_URL={}\nexport PRUNA_API_KEY={}", emulator.url(), emulator.api_key());
        // Nobody could use an emulator without its address.
        output::line(address).map_err(|failure| failure.lost_output("the emulator has stopped".into()))?;
        app.terminal.note("press Ctrl-C to stop");
        signals.next().await;
        tokio::select! {
            () = emulator.shutdown() => {}
            _ = signals.next() => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        args: Args,
    }

    /// Returns `RateLimit-Remaining` of a status request, of which 30,000 per minute are allowed.
    async fn remaining(arguments: &[&str]) -> Option<String> {
        let program = Program::parse_from([&["emulator", "--port", "0"], arguments].concat());
        let emulator = program.args.builder().start().await.unwrap();
        let mut stream = tokio::net::TcpStream::connect(emulator.url().trim_start_matches("http://")).await.unwrap();
        let request = format!(
            "GET /v1/predictions/status/x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\napikey: {}\r\n\r\n",
            emulator.api_key()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 404"), "{response}");
        response.lines().find_map(|line| line.strip_prefix("ratelimit-remaining: ").map(str::to_owned))
    }

    #[tokio::test]
    async fn the_options_choose_the_kind_of_rate_limit_and_its_headers() {
        for (arguments, expected) in [
            (&[][..], Some("29999")),
            (&["--window", "fixed"], Some("29999")),
            (&["--window", "sliding", "--limit-headers", "on"], Some("29999")),
            (&["--window", "bucket"], Some("2999")),
            (&["--limit-headers", "off"], None),
            (&["--limits", "off"], None),
        ] {
            assert_eq!(remaining(arguments).await.as_deref(), expected, "{arguments:?}");
        }
    }
}
