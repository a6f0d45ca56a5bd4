//! `pruna download`: downloads a result by its URL.

use crate::{
    app::App, exit_code::Code, failure::Failure, interrupt::interruptible, output, session::Session,
    target::TargetOptions, units::format_bytes,
};

/// Download a result by its URL and print the path of the file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna download https://api.pruna.ai/v1/predictions/delivery/xezq/abc/output.jpg -o lion.jpg
  pruna status $ID --json | jq -r .urls[] | xargs -n1 pruna download")]
pub(crate) struct Args {
    /// URL of the result, absolute or relative to the service
    url: String,
    #[command(flatten)]
    target: TargetOptions,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let target = self.target.target()?;
        let session = Session::open(&app.global).await?;
        let download = session.client.download(&self.url);
        let hint = || format!("`pruna download {}` starts again", self.url);
        let saved = interruptible(target.save_download(&app.terminal, download, &self.url), hint).await;
        let Some(file) = saved.map_err(file_not_found)? else { return Ok(()) };
        output::line(file.path.display())?;
        app.terminal.success(format_args!("{}, {}", file.content_type, format_bytes(file.bytes)));
        Ok(())
    }
}

/// Adapts "not found", which elsewhere refers to a job.
fn file_not_found(mut failure: Failure) -> Failure {
    if failure.source.as_ref().is_some_and(pruna::Error::is_not_found) {
        failure.code = Code::Files;
        failure.hint = Some("check the URL; results are deleted after 24 hours".into());
    }
    failure
}
