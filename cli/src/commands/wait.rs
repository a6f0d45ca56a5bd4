//! `pruna wait`: go on with a job that was submitted earlier.

use std::{
    io::Read as _,
    time::{Duration, Instant},
};

use pruna::JobRef;

use crate::{App, commands, failure::Failure, jobs, session::Session, target::Output};

/// Wait for a job that was submitted earlier and save its files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna wait 1zww7deyssrme0csqwr90phzzr -o waves.mp4
  pruna submit wan-t2v \"waves\" --json | pruna wait @- --timeout 10m")]
pub(crate) struct Args {
    /// The job's id, or @FILE with what `submit --json` printed (@- for stdin)
    #[arg(value_name = "ID|@FILE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    job: String,
    #[command(flatten)]
    output: Output,
    /// How long to wait [default: ten times the usual time, at least 10m]
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
        let job = self.job_ref()?;
        let target = self.output.target()?;
        let session = Session::open_with(app, |builder| match self.timeout {
            Some(timeout) => builder.deadline(timeout),
            None => builder,
        })
        .await?;
        let started = Instant::now();
        let telling = jobs::Telling { json: self.json, preview: self.preview };
        jobs::finish(app, &session.client.attach(job), &target, telling, started, Vec::new()).await.map(drop)
    }

    /// The job that the word stands for.
    fn job_ref(&self) -> Result<JobRef, Failure> {
        let Some(path) = self.job.strip_prefix('@') else { return Ok(JobRef::new(self.job.as_str(), "")) };
        let mut text = String::new();
        let read = match path {
            "-" => std::io::stdin().read_to_string(&mut text).map(drop),
            path => std::fs::read_to_string(path).map(|content| text = content),
        };
        read.map_err(|e| Failure::io(if path == "-" { "stdin" } else { path }, &e))?;
        serde_json::from_str(&text).map_err(|e| {
            let hint = "`pruna submit --json` writes one: {\"id\", \"model\", \"get_url\"}";
            Failure::usage(format!("{path} holds no job: {e}")).hint(hint)
        })
    }
}
