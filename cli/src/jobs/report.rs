//! The result of a job as the program prints it.

use std::time::{Duration, Instant};

use pruna::{Generation, Model, Status, Usd};
use serde::Serialize;

use crate::{
    failure::Failure,
    options::OutputOptions,
    output, preview,
    target::Saved,
    terminal::Terminal,
    units::{format_bytes, format_duration},
};

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    id: Option<String>,
    model: Option<String>,
    status: Status,
    pub(super) files: Vec<Saved>,
    /// What the job is estimated to cost; for people only.
    #[serde(skip)]
    pub(super) cost: Option<Usd>,
    /// Whether it is the stored result of an equal request.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) reused: bool,
    elapsed_seconds: f64,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Report {
    /// Creates the report of a job that succeeded; its files are still missing.
    pub(super) fn new(id: Option<&str>, model: Option<&Model>, started: Instant, warnings: Vec<String>) -> Self {
        Self {
            id: id.map(str::to_owned),
            model: model.map(ToString::to_string),
            status: Status::SUCCEEDED,
            files: Vec::new(),
            cost: None,
            reused: false,
            elapsed_seconds: started.elapsed().as_millis() as f64 / 1000.0,
            warnings,
            error: None,
        }
    }

    /// Changes the report to that of a job that failed or was canceled.
    pub(super) fn failed(self, error: &pruna::Error) -> Self {
        let status = if error.is_canceled() { Status::CANCELED } else { Status::FAILED };
        Self { status, error: Some(error.message().to_owned()), ..self }
    }

    /// Prints the data to stdout.
    pub(super) fn print(&self, generation: &Generation, options: OutputOptions) -> Result<(), Failure> {
        if options.json {
            return output::json(self);
        }
        for file in &self.files {
            output::path(&file.path)?;
        }
        if generation.urls().is_empty() {
            // The result of some models is not a file.
            output::pretty_json(generation.response())?;
        }
        Ok(())
    }

    /// Prints a summary to stderr, after a preview if it is wanted.
    pub(super) fn print_summary(&self, terminal: &Terminal, options: OutputOptions) {
        for file in self.files.iter().filter(|_| options.preview) {
            if file.content_type.starts_with("image/") && file.path.is_file() {
                preview::show(&file.path, terminal);
            }
        }
        let name = self.model.as_deref().or(self.id.as_deref()).unwrap_or("done");
        let time = format_duration(Duration::from_secs_f64(self.elapsed_seconds));
        let size = match self.files.iter().map(|file| file.bytes).sum() {
            0 => String::new(),
            bytes => format!(", {}", format_bytes(bytes)),
        };
        let cost = match self.cost {
            _ if self.reused => ", stored by an equal request".to_owned(),
            Some(usd) => format!(", about {usd}"),
            None => String::new(),
        };
        terminal.success(format_args!("{name} in {time}{size}{cost}"));
    }
}
