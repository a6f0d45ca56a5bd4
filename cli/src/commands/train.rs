//! `pruna train`: trains a LoRA on a directory of images.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use pruna::{Client, Lora, Model, Request, TrainingSet, UploadedFile};

use crate::{
    app::App,
    cost::CostOptions,
    failure::Failure,
    input::ParameterOptions,
    interrupt::interruptible,
    jobs, media_check,
    options::OutputOptions,
    session::Session,
    target::TargetOptions,
    terminal::Terminal,
    units::{format_duration, parse_duration},
    warnings,
};

/// Train a LoRA on a directory of images and save its weights
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pruna train photos --model p-image-trainer -i steps=1000 -o my-dog.zip
  pruna train pairs --model p-image-edit-trainer -i default_caption=\"as a sketch\"

The directory contains at least ten images (jpg, png, webp). The caption of an image is in a text file with the same \
name, or is set for all images with -i default_caption=TEXT. For p-image-edit-trainer the images are pairs \
NAME_start.jpg and NAME_end.jpg, with captions in NAME.txt.")]
pub(crate) struct Args {
    /// Directory of images and captions
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Id of the trainer
    #[arg(long, default_value = "p-image-trainer")]
    model: Model,
    #[command(flatten)]
    parameters: ParameterOptions,
    #[command(flatten)]
    target: TargetOptions,
    /// Maximum time from submission to result, such as 90m or 3h [default: ten times the typical time]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    cost: CostOptions,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let target = self.target.target()?;
        let mut input = self.parameters.build(&self.model, None)?;
        let caption = input.parameters.get("default_caption").and_then(|value| value.as_str());
        let set = training_set(&self.dir, &self.model, caption)?;
        let mut warnings = media_check::show(&app.terminal, &[images(&self.dir)?, input.files.clone()].concat())?;
        let estimated = Request::new(&self.model, &input.parameters);
        self.cost.check(&estimated)?;
        let session = Session::open_with(&app.global, |builder| self.cost.set(app, builder)).await?;
        announce(&app.terminal, &estimated, &set);
        let started = Instant::now();
        let archive = upload(&app.terminal, &session.client, set).await?;
        input.parameters.insert("image_data".into(), archive.url.into());
        let mut request = self.cost.label(Request::new(&self.model, &input.parameters));
        if let Some(timeout) = self.timeout {
            request = request.deadline(timeout);
        }
        warnings.extend(warnings::show(&app.terminal, &request));
        jobs::upload(&app.terminal, &session.client, &input.files).await?;
        let job = jobs::submit(&app.terminal, &session.client, request, false).await?;
        let output = OutputOptions { json: self.json, preview: false };
        let finished = jobs::finish(&app.terminal, &job, None, &target, output, started, warnings).await;
        let files = finished.map_err(Failure::of_submitted_job)?;
        // A pipe or a device cannot be read again.
        for file in files.iter().filter(|file| file.path.is_file()) {
            explain_use(&app.terminal, &file.path);
        }
        Ok(())
    }
}

/// Prints the size of the training set, the estimated cost and the typical time.
fn announce(terminal: &Terminal, request: &Request, set: &TrainingSet) {
    let info = request.model().info();
    let cost = request.estimate().max();
    let cost = cost.map(|usd| format!(", estimated cost {usd} (list price)")).unwrap_or_default();
    let typical = format_duration(Duration::from_secs_f64(info.typical_seconds));
    terminal.note(format_args!("{} images{cost}, typically {typical} at the default number of steps", set.len()));
}

/// Reads and checks the images and captions in a directory.
fn training_set(dir: &Path, model: &Model, caption: Option<&str>) -> Result<TrainingSet, Failure> {
    let set = match *model == Model::P_IMAGE_EDIT_TRAINER {
        true => TrainingSet::from_edit_dir(dir)?,
        false => TrainingSet::from_dir(dir)?,
    };
    let set = match caption {
        Some(caption) => set.default_caption(caption),
        None => set,
    };
    set.check().map_err(|error| {
        Failure::from(error).hint("nothing was submitted; `pruna train --help` describes the directory")
    })?;
    Ok(set)
}

/// Returns the files in a directory that are images by their names.
fn images(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: std::io::Error| Failure::io(dir.display(), &e);
    let mut images = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if !is_hidden
            && ["jpg", "jpeg", "png", "webp"].contains(&extension.to_ascii_lowercase().as_str())
            && path.is_file()
        {
            images.push(path);
        }
    }
    images.sort();
    Ok(images)
}

/// Packs the images into an archive and uploads it.
async fn upload(terminal: &Terminal, client: &Client, set: TrainingSet) -> Result<UploadedFile, Failure> {
    let file = tempfile::Builder::new().prefix("pruna-training-").suffix(".zip").tempfile();
    let (file, path) = file.map_err(|e| Failure::io("cannot create a temporary file", &e))?.into_parts();
    // The path stays here, so that an interruption removes the file at once.
    let packed = tokio::task::spawn_blocking(move || set.write_zip(file));
    let packed = interruptible(async { Ok::<_, Failure>(packed.await) }, || "nothing was submitted".into()).await?;
    packed.map_err(|e| Failure::files(format!("cannot pack the images: {e}")))??;
    let uploaded = jobs::upload(terminal, client, &[path.to_path_buf()]).await?;
    uploaded.into_iter().next().ok_or_else(|| Failure::files("the archive was not uploaded"))
}

/// Prints how to use the trained weights.
fn explain_use(terminal: &Terminal, path: &Path) {
    match Lora::from_zip(path) {
        Ok(lora) => terminal.note(format_args!(
            "publish {} on Hugging Face, then use it with -i lora_weights={}",
            lora.file_name(),
            lora.lora_weights("OWNER/NAME")
        )),
        Err(error) => terminal.warn(error),
    }
}
