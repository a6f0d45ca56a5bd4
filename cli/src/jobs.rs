//! What commands do with jobs: upload, submit, wait, save, tell.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::try_join_all};
use pruna::{Client, Event, Generation, Media, Prediction, Request, SavedFile, Status, UploadedFile};
use serde::Serialize;

use crate::{
    App,
    failure::{Code, Failure},
    nearest, output, preview, progress,
    target::Target,
};

/// What became of a job: the object that `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    id: Option<String>,
    model: Option<String>,
    status: Status,
    files: Vec<SavedFile>,
    elapsed_seconds: f64,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How a command tells of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling {
    pub(crate) json: bool,
    pub(crate) preview: bool,
}

/// What the service may refuse, with the parameter that was probably meant.
pub(crate) fn warnings(request: &Request) -> Vec<String> {
    let model = request.model();
    let said = |warning: &pruna::inputs::Warning| match nearest::parameter(model, &warning.field) {
        Some(name) => format!("{warning}; did you mean `{name}`?"),
        None => warning.to_string(),
    };
    request.warnings().iter().map(said).collect()
}

/// Says what the service may refuse.
pub(crate) fn warn(app: &App, request: &Request) -> Vec<String> {
    let warnings = warnings(request);
    for warning in &warnings {
        app.terminal.warn(warning);
    }
    warnings
}

/// Uploads files with a bar each. The client remembers them: when the request is sent they are there already.
pub(crate) async fn upload(app: &App, client: &Client, files: &[PathBuf]) -> Result<Vec<UploadedFile>, Failure> {
    let uploads = files.iter().map(|path| async move {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let transfer = app.terminal.transfer(&name);
        let uploaded = client.upload(Media::path(path)).on_progress(transfer.observer()).await;
        transfer.finish();
        uploaded
    });
    interruptible(try_join_all(uploads), || "nothing was submitted".into()).await
}

/// Submits, synchronously or not, and shows the time that it takes.
pub(crate) async fn submit(app: &App, client: &Client, request: Request, sync: bool) -> Result<Prediction, Failure> {
    let model = request.model().clone();
    let _waiting =
        app.terminal.waiting(&model, &format!("{model}: {}", if sync { "generating" } else { "submitting" }));
    let hint = || "the submission may have been taken; no id is known".into();
    interruptible(client.submit(request.try_sync(sync)), hint).await
}

/// Waits for the result and shows how far it is.
async fn wait(app: &App, job: &Prediction) -> Result<Generation, Failure> {
    let name = if job.model().as_str().is_empty() { job.id().to_owned() } else { job.model().to_string() };
    let waiting = app.terminal.waiting(job.model(), &format!("{name}: waiting"));
    let watched = async {
        // It may be done already.
        if let Some(generation) = job.try_wait().await? {
            return Ok(generation);
        }
        if !app.terminal.shows_bars() {
            app.terminal.note(format_args!("waiting for {name}, job {}", job.id()));
        }
        let mut events = job.watch();
        while let Some(event) = events.next().await {
            match event? {
                Event::Polled { status, .. } => waiting.say(&format!("{name}: {status}")),
                Event::PollFailed { reason, .. } => waiting.say(&format!("{name}: {reason}")),
                Event::Finished(generation) => return Ok(*generation),
                _ => {}
            }
        }
        job.wait().await
    };
    let id = job.id();
    interruptible(watched, || format!("job {id} goes on; `pruna wait {id}` continues")).await
}

/// Waits for a job, saves its files and tells of them.
pub(crate) async fn finish(
    app: &App,
    job: &Prediction,
    target: &Target,
    telling: Telling,
    started: Instant,
    warnings: Vec<String>,
) -> Result<Vec<SavedFile>, Failure> {
    let ended = wait(app, job).await;
    let mut report = Report {
        id: Some(job.id().to_owned()).filter(|id| !id.is_empty()),
        model: Some(job.model().to_string()).filter(|model| !model.is_empty()),
        status: Status::SUCCEEDED,
        files: Vec::new(),
        elapsed_seconds: started.elapsed().as_millis() as f64 / 1000.0,
        warnings,
        error: None,
    };
    let generation = match ended {
        Ok(generation) => generation,
        Err(failure) => {
            if let Some(error) = failure.source.as_ref().filter(|_| telling.json && failure.code == Code::Prediction) {
                report.status = if error.is_canceled() { Status::CANCELED } else { Status::FAILED };
                report.error = Some(error.message().to_owned());
                output::json(&report)?;
            }
            return Err(failure);
        }
    };
    let again = || match generation.urls() {
        [url] => format!("the result is kept for 24 hours; `pruna download {url} -o PATH` fetches it"),
        _ => format!("the result is kept for 24 hours; `pruna wait {} -o PATH` fetches it", job.id()),
    };
    report.files = interruptible(target.save(app, &generation), again).await.map_err(|e| e.hint(again()))?;
    tell(app, &report, &generation, target, telling)?;
    Ok(report.files)
}

/// Tells of a result: data on stdout, a summary for the person.
fn tell(app: &App, report: &Report, generation: &Generation, target: &Target, telling: Telling) -> Result<(), Failure> {
    if telling.json && !target.is_stdout() {
        return output::json(report);
    }
    for file in &report.files {
        output::line(file.path.display())?;
        if telling.preview && file.content_type.starts_with("image/") {
            preview::show(&file.path, &app.terminal);
        }
    }
    if generation.urls().is_empty() {
        // A model that answers with something else than files.
        output::pretty_json(generation.response())?;
    }
    let what = report.model.as_deref().or(report.id.as_deref()).unwrap_or("done");
    let time = progress::seconds(Duration::from_secs_f64(report.elapsed_seconds));
    let size = match report.files.iter().map(|file| file.bytes).sum() {
        0 => String::new(),
        bytes => format!(", {}", progress::bytes(bytes)),
    };
    app.terminal.done(format_args!("{what} in {time}{size}"));
    Ok(())
}

/// Does something that Ctrl-C may interrupt; then the hint says how to continue.
pub(crate) async fn interruptible<T, E: Into<Failure>>(
    work: impl Future<Output = Result<T, E>>,
    hint: impl FnOnce() -> String,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => done.map_err(Into::into),
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Code::Interrupted, "interrupted").hint(hint())),
    }
}
