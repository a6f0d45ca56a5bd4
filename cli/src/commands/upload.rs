//! `pruna upload`: files to be used as input.

use std::path::PathBuf;

use crate::{App, failure::Failure, jobs, output, session::Session};

/// Upload files for use as input; prints their addresses, which live half an hour
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna run wan-i2v \"she turns\" -i image=$(pruna upload portrait.jpg)
  pruna upload *.jpg --json | jq -r .url")]
pub(crate) struct Args {
    /// Pictures, videos or archives of up to 100 MB
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print a JSON object for each file, one a line
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        if let Some(missing) = self.files.iter().find(|path| !path.is_file()) {
            return Err(Failure::files(format!("{} is not a file", missing.display())).hint("nothing was uploaded"));
        }
        let session = Session::open(app).await?;
        for file in jobs::upload(app, &session.client, &self.files).await? {
            if self.json { output::json(&file)? } else { output::line(&file.url)? }
        }
        Ok(())
    }
}
