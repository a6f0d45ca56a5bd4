//! A finished generation and its files.

use std::{fmt, path::Path};

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Client, Error, JobRef, Model, Status,
    error::ErrorKind,
    media::{
        download::{ByteStream, Download, SavedFile},
        name,
    },
    wire::Answer,
};

/// What a model made: one file as a rule, several for some.
///
/// The files stay with the service for 24 hours, those of trainers for about half an hour.
#[derive(Clone)]
pub struct Generation {
    client: Client,
    id: Option<String>,
    model: Model,
    urls: Vec<String>,
    answer: Answer,
}

impl Generation {
    /// Makes a generation of an answer that has ended, or the error that it stands for.
    pub(crate) fn from_answer(
        client: Client,
        job: Option<&JobRef>,
        model: Model,
        answer: Answer,
    ) -> Result<Self, Error> {
        let id = job.map(JobRef::id).or(answer.id()).filter(|id| !id.is_empty()).map(str::to_owned);
        let with_job = |error: Error| {
            let error =
                error.with_model(model.clone()).with_body(Some(answer.clone().without_input().as_value().to_string()));
            let error = client.transport().finish(error);
            match &id {
                Some(id) => error.with_job(job.cloned().unwrap_or_else(|| JobRef::new(id.clone(), model.clone()))),
                None => error,
            }
        };
        let status = answer.status();
        if status == Status::SUCCEEDED {
            let resolve = |address: &str| match address.starts_with("data:") {
                true => Ok(address.to_owned()),
                false => client.transport().base.resolve(address).map(String::from),
            };
            let urls = answer.urls().into_iter().map(resolve).collect::<Result<_, _>>().map_err(with_job)?;
            return Ok(Self { id: id.clone(), urls, answer: answer.without_input(), client, model });
        }
        let reason = answer.error().or_else(|| answer.message().map(str::to_owned)).unwrap_or_default();
        let kind = if status == Status::CANCELED { ErrorKind::Canceled } else { ErrorKind::PredictionFailed };
        Err(with_job(Error::new(kind, reason)))
    }

    /// The service's name for the job. An answer to a synchronous submission has none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The model that made it.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Where the files are, as absolute addresses. Empty when a model answers with something else than files; then
    /// [`response`](Self::response) has it.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The answer as it came, without the echo of the input.
    #[must_use]
    pub fn response(&self) -> &Value {
        self.answer.as_value()
    }

    /// One of the files, to be fetched with options.
    ///
    /// # Errors
    ///
    /// Not found, when there is no file of that number.
    pub fn file(&self, index: usize) -> Result<Download, Error> {
        let url = self.urls.get(index).ok_or_else(|| {
            let message = format!("the generation has {} files, no number {index}", self.urls.len());
            Error::new(ErrorKind::NotFound, message).with_model(self.model.clone())
        })?;
        let job = self.id.as_ref().map(|id| JobRef::new(id, self.model.clone()));
        Ok(Download::new(self.client.clone(), url.clone()).made_by(self.model.clone(), job))
    }

    /// The first file in memory.
    ///
    /// # Errors
    ///
    /// As [`Download::bytes`].
    pub async fn bytes(&self) -> Result<Bytes, Error> {
        self.file(0)?.bytes().await
    }

    /// The first file as it arrives.
    ///
    /// # Errors
    ///
    /// As [`Download::stream`].
    pub async fn stream(&self) -> Result<ByteStream, Error> {
        self.file(0)?.stream().await
    }

    /// Saves the first file. A file that exists already is not replaced; `generation.file(0)?.overwrite(true)` does.
    ///
    /// # Errors
    ///
    /// As [`Download::save`].
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<SavedFile, Error> {
        self.file(0)?.save(path).await
    }

    /// Saves all files into a folder, which is made if need be, as `ID-NUMBER.EXTENSION`, counted from 0.
    ///
    /// # Errors
    ///
    /// As [`Download::save`], with the first that fails; the files before it stay.
    pub async fn save_all(&self, folder: impl AsRef<Path>) -> Result<Vec<SavedFile>, Error> {
        let folder = folder.as_ref();
        tokio::fs::create_dir_all(folder).await.map_err(|e| Error::io(folder.display(), e))?;
        let mut saved = Vec::with_capacity(self.urls.len());
        for index in 0..self.urls.len() {
            let stem = format!("{}-{index}", self.file_stem());
            saved.push(self.file(index)?.save_in(folder, &stem).await?);
        }
        Ok(saved)
    }

    /// A name for files of this generation: the job's, as far as it is harmless on every file system.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let from_url = self.urls.first().and_then(|url| url.rsplit('/').nth(1));
        name::stem(self.id.as_deref().into_iter().chain(from_url).chain([self.model.as_str()]))
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("id", &self.id)
            .field("model", &self.model)
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}
