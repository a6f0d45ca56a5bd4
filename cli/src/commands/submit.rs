//! `pruna submit`: submits a job without waiting for it.

use pruna::{JobRef, Model, Prediction, Request};
use serde::Serialize;

use crate::{
    app::App, cost::CostOptions, failure::Failure, input::InputOptions, jobs, media_check, output, session::Session,
    warnings,
};

/// Submit a job without waiting for the result, and print its id
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna submit wan-t2v \"waves\" --json > job.json
  pruna wait $(pruna submit p-image \"a lion at dusk\") -o lion.jpg")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    cost: CostOptions,
    /// Print one JSON object: id, model, get_url, warnings if there are any
    #[arg(long)]
    json: bool,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct SubmittedJob<'a> {
    id: &'a str,
    model: &'a str,
    get_url: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let input = self.input.build()?;
        let mut warnings = media_check::show(&app.terminal, &input.files)?;
        let request = self.cost.label(Request::new(self.input.model(), &input.parameters));
        self.cost.check(&request)?;
        let session = Session::open_with(&app.global, |builder| self.cost.set(app, builder)).await?;
        warnings.extend(warnings::show(&app.terminal, &request));
        jobs::upload(&app.terminal, &session.client, &input.files).await?;
        let job = jobs::submit(&app.terminal, &session.client, request, false).await?;
        // The job is paid for: its id must not be lost with stdout.
        output::or_to_stderr(print(&job, &warnings, self.json), &app.terminal, || {
            let id = job.id().unwrap_or_default();
            format!("submitted job {id}; `pruna wait {id}` downloads its result")
        })
    }
}

fn print(job: &Prediction, warnings: &[String], json: bool) -> Result<(), Failure> {
    if !json {
        return output::line(job.id().unwrap_or_default());
    }
    let reference = job.job_ref();
    output::json(&SubmittedJob {
        id: job.id().unwrap_or_default(),
        model: job.model().map(Model::as_str).unwrap_or_default(),
        get_url: reference.as_ref().and_then(JobRef::get_url),
        warnings,
    })
}
