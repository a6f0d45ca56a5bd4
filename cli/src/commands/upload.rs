//! `pruna upload`: uploads files for use as input.

use std::path::PathBuf;

use crate::{app::App, failure::Failure, jobs, output, session::Session};

/// Upload files for use as input, and print their URLs, which are valid for 30 minutes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna run wan-i2v \"she turns\" -i image=$(pruna upload portrait.jpg)
  pruna upload *.jpg --json | jq -r .url")]
pub(crate) struct Args {
    /// Images, videos or archives of up to 100 MB each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object for each file, one per line
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        if let Some(missing) = self.files.iter().find(|path| !path.is_file()) {
            return Err(Failure::files(format!("{} is not a file", missing.display())).hint("nothing was uploaded"));
        }
        let session = Session::open(&app.global).await?;
        for file in jobs::upload(&app.terminal, &session.client, &self.files).await? {
            if self.json { output::json(&file)? } else { output::line(&file.url)? }
        }
        Ok(())
    }
}
