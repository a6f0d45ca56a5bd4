//! `pruna train`: from a folder of pictures to the weights of a LoRA.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use pruna::{Client, Lora, Model, Request, TrainingSet, UploadedFile};

use crate::{App, commands, failure::Failure, input::Parameters, jobs, progress, session::Session, target::Output};

/// Train a LoRA on a folder of pictures
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna train photos --model p-image-trainer -i steps=1000 -o my-dog.zip
  pruna train pairs --model p-image-edit-trainer -i default_caption=\"as a sketch\"

A folder holds pictures (jpg, png, webp), ten at least, with captions in text files of the same name, \
or -i default_caption=TEXT. For p-image-edit-trainer: pairs NAME_start.jpg and NAME_end.jpg, captions in NAME.txt.")]
pub(crate) struct Args {
    /// Folder of pictures and captions
    folder: PathBuf,
    /// The trainer
    #[arg(long, default_value = "p-image-trainer")]
    model: Model,
    #[command(flatten)]
    parameters: Parameters,
    #[command(flatten)]
    output: Output,
    /// How long it may take, from submission to result [default: ten times the usual time]
    #[arg(long, value_name = "DURATION", value_parser = commands::duration)]
    timeout: Option<Duration>,
    /// Print one JSON object about the result
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let target = self.output.target()?;
        let mut input = self.parameters.build(&self.model, None)?;
        let caption = input.parameters.get("default_caption").and_then(|value| value.as_str());
        let set = training_set(&self.folder, &self.model, caption)?;
        let session = Session::open(app).await?;
        self.announce(app, &set, &input.parameters);
        let started = Instant::now();
        let archive = upload(app, &session.client, set).await?;
        input.parameters.insert("image_data".into(), archive.url.into());
        let mut request = Request::new(&self.model, &input.parameters);
        if let Some(timeout) = self.timeout {
            request = request.deadline(timeout);
        }
        let warnings = jobs::warn(app, &request);
        jobs::upload(app, &session.client, &input.files).await?;
        let job = jobs::submit(app, &session.client, request, false).await?;
        let telling = jobs::Telling { json: self.json, preview: false };
        for file in jobs::finish(app, &job, &target, telling, started, warnings).await? {
            advise(app, &file.path);
        }
        Ok(())
    }

    /// What is about to begin, what it takes and what it costs.
    fn announce(&self, app: &App, set: &TrainingSet, parameters: &serde_json::Map<String, serde_json::Value>) {
        let info = self.model.info();
        let cost = info.estimate_usd(parameters).map(|usd| format!(", about {usd} by list price")).unwrap_or_default();
        let usual = progress::seconds(Duration::from_secs_f64(info.typical_seconds));
        app.terminal.note(format_args!("{} pictures{cost}, usually {usual} at the default number of steps", set.len()));
    }
}

/// The pictures of a folder, checked.
fn training_set(folder: &Path, model: &Model, caption: Option<&str>) -> Result<TrainingSet, Failure> {
    let set = match *model == Model::P_IMAGE_EDIT_TRAINER {
        true => TrainingSet::from_edit_dir(folder)?,
        false => TrainingSet::from_dir(folder)?,
    };
    let set = match caption {
        Some(caption) => set.default_caption(caption),
        None => set,
    };
    set.check().map_err(|error| {
        Failure::from(error).hint("nothing was sent; `pruna train --help` says what a folder holds")
    })?;
    Ok(set)
}

/// Packs the pictures and uploads the archive with a bar.
async fn upload(app: &App, client: &Client, set: TrainingSet) -> Result<UploadedFile, Failure> {
    let packed = tokio::task::spawn_blocking(move || {
        let file = tempfile::Builder::new().prefix("pruna-training-").suffix(".zip").tempfile();
        let mut file = file.map_err(|e| Failure::io("no temporary file", &e))?;
        set.write_zip(file.as_file_mut())?;
        Ok::<_, Failure>(file.into_temp_path())
    });
    let path = packed.await.map_err(|e| Failure::files(format!("packing stopped: {e}")))??;
    let uploaded = jobs::upload(app, client, &[path.to_path_buf()]).await?;
    uploaded.into_iter().next().ok_or_else(|| Failure::files("nothing was uploaded"))
}

/// How to use what the trainer made.
fn advise(app: &App, path: &Path) {
    match Lora::from_zip(path) {
        Ok(lora) => app.terminal.note(format_args!(
            "publish {} on Hugging Face, then use it as -i lora_weights={}",
            lora.file_name(),
            lora.lora_weights("OWNER/NAME")
        )),
        Err(error) => app.terminal.warn(error),
    }
}
