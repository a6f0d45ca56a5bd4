//! The generated client: the operations of the document as they are, one request each, without retries or waiting.
//!
//! For whoever wants the HTTP operations themselves. The key goes along and no redirect is followed; everything else is
//! up to the caller. Two operations are written by hand, because their media types cannot be generated:
//! [`Client::upload_file`] and [`Client::download_content`].
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use pruna::raw;
//!
//! let client = raw::Client::connect("https://api.pruna.ai", "pru_...")?;
//! let input = serde_json::json!({"prompt": "a lion"}).as_object().cloned().unwrap_or_default();
//! let answer = client.create_prediction("p-image", None, &raw::types::PredictionRequest { input }).await?;
//! println!("{:?}", answer.id());
//! # Ok(())
//! # }
//! ```
#![allow(missing_docs, unreachable_pub, clippy::all)]

pub use crate::{
    media::upload::UploadAnswer,
    transport::Session,
    wire::{Answer, Status},
};

include!(concat!(env!("PRUNA_GENERATED"), "/client.snap.rs"));

impl Client {
    /// A client for the service at `base_url`.
    ///
    /// # Errors
    ///
    /// When the base URL or the key cannot be used; see [`crate::Error::is_configuration`].
    pub fn connect(base_url: &str, api_key: &str) -> Result<Self, crate::Error> {
        crate::transport::connect(base_url, api_key)
    }

    /// Upload a file
    ///
    /// Sends a `POST` request to `/v1/files` with one part, `content`. A form is used up by one request.
    pub async fn upload_file(&self, form: reqwest::multipart::Form) -> Result<ResponseValue<UploadAnswer>, Error<()>> {
        let url = format!("{}/v1/files", self.baseurl);
        let request = self.client.post(url).multipart(form).build()?;
        let response = self.execute(request, "upload_file").await?;
        ResponseValue::from_response(response).await
    }

    /// Download generated content
    ///
    /// Sends a `GET` request to a `generation_url`, which must be of the service's own origin.
    pub async fn download_content(
        &self,
        url: &reqwest::Url,
        headers: reqwest::header::HeaderMap,
    ) -> Result<ResponseValue<ByteStream>, Error<()>> {
        let request = self.client.get(url.clone()).headers(headers).build()?;
        let response = self.execute(request, "download_content").await?;
        Ok(ResponseValue::stream(response))
    }

    async fn execute(
        &self,
        mut request: reqwest::Request,
        operation_id: &'static str,
    ) -> Result<reqwest::Response, Error<()>> {
        let info = OperationInfo { operation_id };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        if response.status().is_success() { Ok(response) } else { Err(Error::UnexpectedResponse(response)) }
    }
}
