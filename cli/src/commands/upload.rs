//! `pruna upload`: uploads files for use as input.

use std::path::{Path, PathBuf};

use pruna::UploadedFile;
use serde::Serialize;

use crate::{app::App, failure::Failure, jobs, media_check, output, session::Session};

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
    /// Print one JSON object for each file, one per line, with warnings if there are any
    #[arg(long)]
    json: bool,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Upload<'a> {
    #[serde(flatten)]
    file: &'a UploadedFile,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        if let Some(missing) = self.files.iter().find(|path| !path.is_file()) {
            return Err(Failure::files(format!("{} is not a file", missing.display())).hint("nothing was uploaded"));
        }
        media_check::show(&app.terminal, &self.files)?;
        let session = Session::open(&app.global).await?;
        jobs::upload_each(&app.terminal, &session.client, &self.files, |path, file| {
            let written = if self.json { json(path, &file) } else { output::line(&file.url) };
            output::or_to_stderr(written, &app.terminal, || format!("{} is uploaded: {}", path.display(), file.url))
        })
        .await
    }
}

fn json(path: &Path, file: &UploadedFile) -> Result<(), Failure> {
    let warnings = media_check::of(&[path.to_owned()]).unwrap_or_default();
    output::json(&Upload { file, warnings })
}
