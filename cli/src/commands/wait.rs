//! `pruna wait`: waits for a job that was submitted earlier.

use std::{
    ffi::OsString,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use pruna::JobRef;

use crate::{
    app::App, failure::Failure, jobs, options::OutputOptions, os_text, session::Session, source, target::TargetOptions,
    units::parse_duration,
};

/// Wait for a job that was submitted earlier and save its files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna wait 1zww7deyssrme0csqwr90phzzr -o waves.mp4
  pruna submit wan-t2v \"waves\" --json | pruna wait @- --timeout 10m")]
pub(crate) struct Args {
    /// Id of the job, or @FILE with the output of `pruna submit --json` (@- for stdin)
    #[arg(value_name = "ID|@FILE", value_parser = OsStringValueParser::new().try_map(JobArgument::parse))]
    job: JobArgument,
    #[command(flatten)]
    target: TargetOptions,
    /// Maximum time to wait, such as 90s or 5m [default: ten times the typical time, at least 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    output: OutputOptions,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let job = self.job_ref()?;
        let target = self.target.target()?;
        let session = Session::open_with(&app.global, |builder| match self.timeout {
            Some(timeout) => Ok(builder.deadline(timeout)),
            None => Ok(builder),
        })
        .await?;
        let started = Instant::now();
        let job = session.client.attach(job);
        jobs::finish(&app.terminal, &job, None, &target, self.output, started, Vec::new()).await.map(drop)
    }

    /// Returns the job that the argument names.
    fn job_ref(&self) -> Result<JobRef, Failure> {
        let path = match &self.job {
            JobArgument::Id(id) => return Ok(JobRef::from_id(id.as_str())),
            JobArgument::File(path) => path,
        };
        serde_json::from_str(&source::read_file_or_stdin(path)?).map_err(|e| {
            let hint = "`pruna submit --json` prints one: {\"id\", \"model\", \"get_url\"}";
            Failure::usage(format!("{} does not contain a job: {e}", path.display())).hint(hint)
        })
    }
}

/// How a job is named.
#[derive(Clone, Debug)]
enum JobArgument {
    Id(String),
    File(PathBuf),
}

impl JobArgument {
    fn parse(text: OsString) -> Result<Self, &'static str> {
        if let Some(path) = os_text::path_after_at(&text) {
            return Ok(Self::File(path.into()));
        }
        match text.into_string() {
            Ok(id) if id.is_empty() => Err("the id is empty"),
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => Err("the id is not valid UTF-8"),
        }
    }
}
