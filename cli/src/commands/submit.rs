//! `pruna submit`: a job that somebody will wait for later.

use pruna::{Prediction, Request};
use serde::Serialize;

use crate::{App, failure::Failure, input::InputArgs, jobs, output, session::Session};

/// Submit and return at once; prints the job's id
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna submit wan-t2v \"waves\" --json > job.json
  pruna wait $(pruna submit p-image \"a lion at dusk\") -o lion.jpg")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Print one JSON object: id, model, get_url
    #[arg(long)]
    json: bool,
}

/// What identifies a job.
#[derive(Serialize)]
struct Submitted<'a> {
    id: &'a str,
    model: &'a str,
    get_url: Option<&'a str>,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let input = self.input.build()?;
        let session = Session::open(app).await?;
        let request = Request::new(self.input.model(), &input.parameters);
        jobs::warn(app, &request);
        jobs::upload(app, &session.client, &input.files).await?;
        let job = jobs::submit(app, &session.client, request, false).await?;
        print(&job, self.json)
    }
}

fn print(job: &Prediction, json: bool) -> Result<(), Failure> {
    if !json {
        return output::line(job.id());
    }
    let reference = job.job_ref();
    output::json(&Submitted { id: job.id(), model: job.model().as_str(), get_url: reference.get_url() })
}
