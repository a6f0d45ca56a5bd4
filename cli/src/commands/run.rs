//! `pruna run`: from an input to files.

use std::time::{Duration, Instant};

use pruna::Request;

use crate::{App, commands, failure::Failure, input::InputArgs, jobs, session::Session, target::Output};

/// Generate, wait and save the files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna run p-image \"a lion at dusk\" -i aspect_ratio=1:1 -i seed=42 -o lion.jpg
  pruna run p-image-edit \"as a watercolour\" -i images=@me.jpg -o me-painted.jpg
  pruna run wan-t2v \"waves\" --timeout 5m --json | jq -r .files[0].path")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    output: Output,
    /// Have the service answer with the result, up to a minute; the default for quick models
    #[arg(long, conflicts_with = "asynchronous")]
    sync: bool,
    /// Submit, then poll; the default for slow models
    #[arg(long = "async")]
    asynchronous: bool,
    /// How long it may take, from submission to result [default: ten times the usual time, at least 10m]
    #[arg(long, value_name = "DURATION", value_parser = commands::duration)]
    timeout: Option<Duration>,
    /// Print one JSON object about the result
    #[arg(long)]
    json: bool,
    /// Show the picture in a terminal that can: kitty, iTerm2, sixel
    #[arg(long)]
    preview: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let model = self.input.model();
        let target = self.output.target()?;
        let input = self.input.build()?;
        let session = Session::open(app).await?;
        let mut request = Request::new(&model, &input.parameters);
        if let Some(timeout) = self.timeout {
            request = request.deadline(timeout);
        }
        let warnings = jobs::warn(app, &request);
        jobs::upload(app, &session.client, &input.files).await?;
        let started = Instant::now();
        let sync = if self.asynchronous { false } else { self.sync || model.info().try_sync };
        let job = jobs::submit(app, &session.client, request, sync).await?;
        let telling = jobs::Telling { json: self.json, preview: self.preview };
        jobs::finish(app, &job, &target, telling, started, warnings).await.map(drop)
    }
}
