//! `pruna status`: how far a job is.

use pruna::{JobRef, Status};
use serde::Serialize;

use crate::{App, failure::Failure, jobs, output, session::Session};

/// How far a job is; exit code 1 when it failed or was canceled
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna status 1zww7deyssrme0csqwr90phzzr
  pruna status 1zww7deyssrme0csqwr90phzzr --json | jq -r .status")]
pub(crate) struct Args {
    /// The job's id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Print one JSON object: id, status, urls, error
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    id: String,
    status: Status,
    /// Where the results are.
    urls: Vec<String>,
    /// Why it failed.
    error: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let session = Session::open(app).await?;
        let hint = || format!("`pruna status {}` asks again", self.id);
        let (report, failure) = jobs::interruptible(self.ask(&session), hint).await?;
        if self.json {
            output::json(&report)?
        } else {
            output::line(&report.status)?
        }
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The status; of a job that ended, also how.
    async fn ask(&self, session: &Session) -> Result<(Report, Option<pruna::Error>), pruna::Error> {
        let job = session.client.attach(JobRef::new(self.id.as_str(), ""));
        let mut report = Report { id: self.id.clone(), status: job.status().await?, urls: Vec::new(), error: None };
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
