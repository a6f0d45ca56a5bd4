//! `pruna download`: downloads a result by its URL.

use crate::{
    app::App, failure::Failure, interrupt::interruptible, output, session::Session, target::TargetOptions,
    units::format_bytes,
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
        let is_stdout = target.is_stdout();
        let session = Session::open(&app.global).await?;
        let download = session.client.download(&self.url);
        let hint = || format!("`pruna download {}` starts again", self.url);
        let saved = interruptible(target.save_download(&app.terminal, download, &self.url), hint).await;
        let file = saved.map_err(Failure::of_download)?;
        if is_stdout {
            return Ok(());
        }
        let location = || format!("the file is saved as {}", file.path.display());
        output::or_to_stderr(output::path(&file.path), &app.terminal, location)?;
        app.terminal.success(format_args!("{}, {}", file.content_type, format_bytes(file.bytes)));
        Ok(())
    }
}
