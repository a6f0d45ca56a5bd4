//! `pruna download`: a file of the service by its address.

use crate::{
    App,
    failure::{Code, Failure},
    jobs, output, progress,
    session::Session,
    target::Output,
};

/// Download a result by its address; prints where it is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna download https://api.pruna.ai/v1/predictions/delivery/xezq/abc/output.jpg -o lion.jpg
  pruna status $ID --json | jq -r .urls[] | xargs -n1 pruna download")]
pub(crate) struct Args {
    /// Address, absolute or relative to the service
    url: String,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let target = self.output.target()?;
        let session = Session::open(app).await?;
        let download = session.client.download(&self.url);
        let hint = || format!("`pruna download {}` begins anew", self.url);
        let saved = jobs::interruptible(target.save_download(app, download, &self.url), hint).await;
        let Some(file) = saved.map_err(not_found)? else { return Ok(()) };
        output::line(file.path.display())?;
        app.terminal.done(format_args!("{}, {}", file.content_type, progress::bytes(file.bytes)));
        Ok(())
    }
}

/// Here it is a file that is not found, not a job.
fn not_found(mut failure: Failure) -> Failure {
    if failure.source.as_ref().is_some_and(pruna::Error::is_not_found) {
        failure.code = Code::Files;
        failure.hint = Some("check the address; results are kept 24 hours".into());
    }
    failure
}
