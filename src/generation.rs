//! Results of finished jobs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Error, JobRef, Media, Model, Result, SavedFile, Status,
    context::Context,
    download::{Content, Download, ErrorContext},
    error::ErrorKind,
    file_name::file_stem,
    media::media_from,
    transfer::sink::exists,
    usd::Usd,
    wire::PredictionResponse,
};

/// The result of a finished job: usually one file, several for some models.
///
/// The service keeps the files for 24 hours, those of trainers for about 30 minutes.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> pruna::Result<()> {
/// use pruna::inputs::PImage;
///
/// let image = client.generate(PImage::new("a lion at dusk")).await?;
/// println!("{:?}", image.urls());
/// image.save("lion.jpg").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Generation {
    context: Arc<Context>,
    job: Option<JobRef>,
    model: Option<Model>,
    urls: Vec<String>,
    response: PredictionResponse,
    cost: Option<Usd>,
    /// Copies of the files on this machine, as many as there are URLs, or none.
    stored: Arc<[SavedFile]>,
    is_reused: bool,
}

impl Generation {
    /// Builds the result of a job that has ended, or the error of one that failed.
    pub(crate) fn from_response(
        context: Arc<Context>,
        job: Option<JobRef>,
        model: Option<Model>,
        response: PredictionResponse,
    ) -> Result<Self> {
        let response = response.without_input();
        let job = job.or_else(|| {
            response.id().map(|id| match &model {
                Some(model) => JobRef::new(id, model),
                None => JobRef::from_id(id),
            })
        });
        let annotate = |error: Error| {
            let mut error = error.with_body(Some(response.as_value().to_string()));
            if let Some(model) = &model {
                error = error.with_model(model.clone());
            }
            if let Some(job) = &job {
                error = error.with_job(job.clone());
            }
            context.transport.redact(error)
        };
        let status = response.status();
        if status == Status::SUCCEEDED {
            let addresses = response.urls();
            let (mut urls, mut unusable) = (Vec::with_capacity(addresses.len()), None);
            for address in addresses {
                match address.starts_with("data:") {
                    true => urls.push(address.to_owned()),
                    // Only a download needs it parsed.
                    false => match context.transport.base.resolve_to_text(address) {
                        Ok(url) => urls.push(url),
                        Err(error) => unusable = unusable.or(Some(error)),
                    },
                }
            }
            let unusable = unusable.map(annotate);
            let cost = job.as_ref().and_then(JobRef::cost);
            let generation =
                Self { urls, job, response, context, model, cost, stored: Arc::default(), is_reused: false };
            // The other files are paid for.
            return match unusable {
                None => Ok(generation),
                Some(error) => Err(generation.annotate(error)),
            };
        }
        let reason = response.error().or_else(|| response.message().map(str::to_owned)).unwrap_or_default();
        let kind = if status == Status::CANCELED { ErrorKind::Canceled } else { ErrorKind::PredictionFailed };
        Err(annotate(Error::new(kind, reason)))
    }

    /// Returns the id of the job. The response to a synchronous submission may have none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.job.as_ref().map(JobRef::id)
    }

    /// Returns the model that produced it, if it is known.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// Adds what it is estimated to cost.
    pub(crate) fn with_cost(mut self, cost: Option<Usd>) -> Self {
        self.cost = cost;
        self
    }

    /// Adds copies of the files on this machine.
    pub(crate) fn with_stored(mut self, files: Vec<SavedFile>) -> Self {
        self.stored = files.into();
        self
    }

    /// Marks it as used again, so that it costs nothing.
    pub(crate) fn reused(mut self) -> Self {
        self.is_reused = true;
        self.with_cost(Some(Usd::ZERO))
    }

    /// Whether it was [stored](crate::Cache) by an earlier, equal request, so that nothing was submitted. Its
    /// [`urls`](Self::urls) may have expired; its files are read from the store.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Returns the job, if it is known.
    pub(crate) fn job_ref(&self) -> Option<JobRef> {
        self.job.clone()
    }

    /// Returns what it is estimated to cost, at most, by the list price at its submission or by what the
    /// [budget](crate::Budget::assume) assumed. The service does not report it. `None` if that is not known, or if another
    /// program submitted the job.
    #[must_use]
    pub fn cost(&self) -> Option<Usd> {
        self.cost
    }

    /// Returns the absolute URLs of the files.
    ///
    /// Empty if the model returned something other than files; see [`response`](Self::response).
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Returns the JSON response of the service, without the input that it repeats.
    #[must_use]
    pub fn response(&self) -> &Value {
        self.response.as_value()
    }

    /// Returns the file with this index, counted from 0, for a download with options.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such file.
    pub fn file(&self, index: usize) -> Result<Download> {
        let error_context = ErrorContext {
            model: self.model.clone(),
            job: self.job.clone(),
            result: Some((Arc::new(self.clone()), self.urls.clone())),
        };
        let Some(url) = self.urls.get(index) else {
            let message = format!("the result has {} files, there is no file {index}", self.urls.len());
            return Err(error_context.annotate(Error::new(ErrorKind::NotFound, message)));
        };
        Ok(Download::new(Arc::clone(&self.context), url.clone())
            .with_stored(self.stored.get(index).cloned())
            .with_error_context(error_context))
    }

    /// Downloads the first file into memory.
    ///
    /// # Errors
    ///
    /// As [`Download::bytes`].
    pub async fn bytes(&self) -> Result<Bytes> {
        self.file(0)?.bytes().await
    }

    /// Opens the first file as a stream.
    ///
    /// # Errors
    ///
    /// As [`Download::open`].
    pub async fn stream(&self) -> Result<Content> {
        self.file(0)?.stream().await
    }

    /// Saves the result atomically, replacing a file at `path`.
    ///
    /// Further files of the result are saved beside it, with a number after the name: `lion.jpg`, `lion-1.jpg`,
    /// `lion-2.jpg`. Returns the first.
    ///
    /// # Errors
    ///
    /// As [`Download::save`], at the first file that fails. The error carries this result
    /// ([`Error::generation`]), so that it can be saved elsewhere.
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<SavedFile> {
        let path = path.as_ref();
        let first = self.file(0)?.save(path).await?;
        for index in 1..self.urls.len() {
            self.file(index)?.save(numbered(path, index)).await?;
        }
        Ok(first)
    }

    /// Saves the result like [`save`](Self::save), but never replaces a file.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save), and [`Io`](ErrorKind::Io) if one of the files exists; then nothing is downloaded.
    pub async fn save_new(&self, path: impl AsRef<Path>) -> Result<SavedFile> {
        let path = path.as_ref();
        // Checked before the first is saved: it would be in the way of the next try.
        for further in (1..self.urls.len()).map(|index| numbered(path, index)) {
            if further.symlink_metadata().is_ok() {
                return Err(self.annotate(exists(&further)));
            }
        }
        let first = self.file(0)?.save_new(path).await?;
        for index in 1..self.urls.len() {
            self.file(index)?.save_new(numbered(path, index)).await?;
        }
        Ok(first)
    }

    /// Saves all files into a folder, which is created if necessary, as `ID-NUMBER.EXTENSION`, counted from 0.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_all(&self, folder: impl AsRef<Path>) -> Result<Vec<SavedFile>> {
        let folder = folder.as_ref();
        tokio::fs::create_dir_all(folder).await.map_err(|e| self.annotate(Error::io(folder.display(), e)))?;
        let mut saved = Vec::with_capacity(self.urls.len());
        for index in 0..self.urls.len() {
            let stem = format!("{}-{index}", self.file_stem());
            saved.push(self.file(index)?.save_in(folder, &stem).await?);
        }
        Ok(saved)
    }

    /// Returns a file name for this result, without extension: the id of the job if it is known, else a part of the URL or
    /// the model.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let from_url = self.urls.first().and_then(|url| url.rsplit('/').nth(1));
        let model = self.model.as_ref().map(Model::as_str);
        let names = [self.id(), from_url, model];
        names.into_iter().flatten().find_map(file_stem).unwrap_or_else(|| "result".to_owned())
    }

    /// Attaches this result to an error.
    pub(crate) fn annotate(&self, error: Error) -> Error {
        error.with_result(Arc::new(self.clone()), self.urls.clone())
    }
}

impl Error {
    /// Returns the result if it exists although the operation failed, for example because its file could not be saved.
    ///
    /// The result is paid for. Save it elsewhere, or keep its [`urls`](Generation::urls), which the message names too.
    ///
    /// ```no_run
    /// # async fn example(image: pruna::Generation) -> pruna::Result<()> {
    /// if let Err(error) = image.save("/full/disk/lion.jpg").await {
    ///     let Some(image) = error.generation() else { return Err(error) };
    ///     image.save("/tmp/lion.jpg").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn generation(&self) -> Option<&Generation> {
        self.result()
    }
}

/// Inserts a number between name and extension.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// The first file of the result: its copy on this machine, or else the original, which is downloaded and uploaded again.
fn media(generation: &Generation) -> Media {
    if let Some(stored) = generation.stored.first().filter(|stored| stored.path.is_file()) {
        return Media::path(&stored.path);
    }
    let url = generation.urls.first().cloned().unwrap_or_default();
    if url.starts_with("data:") { Media::url(url) } else { Media::download(url) }
}

media_from! {
    Generation: |generation| media(&generation);
    &Generation: |generation| media(generation);
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("id", &self.id())
            .field("model", &self.model)
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_files_are_numbered_behind_the_name() {
        for (path, expected) in [
            ("lion.jpg", "lion-2.jpg"),
            ("a.b/lion", "a.b/lion-2"),
            ("/x/lion.tar.gz", "/x/lion.tar-2.gz"),
            (".hidden", ".hidden-2"),
        ] {
            assert_eq!(numbered(Path::new(path), 2), Path::new(expected));
        }
    }
}
