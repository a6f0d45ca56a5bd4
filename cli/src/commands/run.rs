//! `pruna run`: generates files from an input.

use std::time::{Duration, Instant};

use pruna::{Lookup, Request};

use crate::{
    app::App, cost::CostOptions, failure::Failure, input::InputOptions, jobs, media_check, options::OutputOptions,
    reuse::ReuseOptions, session::Session, target::TargetOptions, units::parse_duration, warnings,
};

/// Generate images or videos, wait for them and save the files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna run p-image \"a lion at dusk\" -i aspect_ratio=1:1 -i seed=42 -o lion.jpg
  pruna run p-image-edit \"as a watercolor\" -i images=@me.jpg -o me-painted.jpg
  pruna run wan-t2v \"waves\" --timeout 5m --json | jq -r .files[0].path")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    target: TargetOptions,
    /// Wait for the result in the submission request, up to one minute; the default for fast models
    #[arg(long, conflicts_with = "asynchronous")]
    sync: bool,
    /// Submit, then poll for the result; the default for slow models
    #[arg(long = "async")]
    asynchronous: bool,
    /// Maximum time from submission to result, such as 90s or 5m [default: ten times the typical time, at least 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    reuse: ReuseOptions,
    #[command(flatten)]
    cost: CostOptions,
    #[command(flatten)]
    output: OutputOptions,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let model = self.input.model();
        let target = self.target.target()?;
        let input = self.input.build()?;
        let mut warnings = media_check::show(&app.terminal, &input.files)?;
        let mut request = self.cost.label(Request::new(&model, &input.parameters));
        let session = Session::open_with(&app.global, |builder| self.cost.set(app, builder)).await?;
        if let Some(timeout) = self.timeout {
            request = request.deadline(timeout);
        }
        warnings.extend(warnings::show(&app.terminal, &request));
        let started = Instant::now();
        let slot = match self.reuse.look_up(&session.client, &request).await? {
            Some(Lookup::Stored(stored)) => {
                let delivered = jobs::deliver(&app.terminal, &stored, &target, self.output, started, warnings).await;
                return delivered.map(drop);
            }
            Some(Lookup::Missing(slot)) => Some(slot),
            None => None,
        };
        self.cost.check(&request)?;
        jobs::upload(&app.terminal, &session.client, &input.files).await?;
        let sync = if self.asynchronous { false } else { self.sync || model.info().try_sync };
        let job = jobs::submit(&app.terminal, &session.client, request, sync).await?;
        let finished = jobs::finish(&app.terminal, &job, slot, &target, self.output, started, warnings).await;
        finished.map(drop).map_err(Failure::of_submitted_job)
    }
}
