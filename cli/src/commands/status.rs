//! `pruna status`: prints the status of a job.

use pruna::{JobRef, Status};
use serde::Serialize;

use crate::{app::App, failure::Failure, interrupt::interruptible, output, session::Session};

/// Print the status of a job; the exit code is 1 if it failed or was canceled
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna status 1zww7deyssrme0csqwr90phzzr
  pruna status 1zww7deyssrme0csqwr90phzzr --json | jq -r .status")]
pub(crate) struct Args {
    /// Id of the job
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Print one JSON object: id, status, urls, error
    #[arg(long)]
    json: bool,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct StatusReport {
    id: String,
    status: Status,
    /// URLs of the results.
    urls: Vec<String>,
    /// Why the job failed.
    error: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let session = Session::open(&app.global).await?;
        let hint = || format!("`pruna status {}` tries again", self.id);
        let (report, error) = interruptible(self.fetch(&session), hint).await?;
        if self.json {
            output::json(&report)?;
        } else {
            output::line(&report.status)?;
        }
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Fetches the status, and the result or error of a job that has ended.
    async fn fetch(&self, session: &Session) -> Result<(StatusReport, Option<pruna::Error>), pruna::Error> {
        let job = session.client.attach(JobRef::new(self.id.as_str(), ""));
        let mut report =
            StatusReport { id: self.id.clone(), status: job.status().await?, urls: Vec::new(), error: None };
        if !report.status.is_terminal() {
            return Ok((report, None));
        }
        match job.try_wait().await {
            Ok(generation) => {
                report.urls = generation.map(|g| g.urls().to_vec()).unwrap_or_default();
                Ok((report, None))
            }
            Err(error) if error.is_prediction_failed() || error.is_canceled() => {
                report.error = Some(error.message().to_owned()).filter(|reason| !reason.is_empty());
                Ok((report, Some(error)))
            }
            Err(error) => Err(error),
        }
    }
}
