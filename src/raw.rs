//! The generated client: the operations of the OpenAPI document, one request each, without retries or waiting.
//!
//! For callers who want the HTTP operations themselves. The key is sent to the base URL's origin only, and no redirect is
//! followed; everything else is up to the caller. Two operations are written by hand, because their media types cannot be
//! generated: [`Client::upload_file`] and [`Client::download_content`].
//!
//! This module is not covered by semantic versioning: a new version of the generator, `progenitor`, may change signatures
//! in any release.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use pruna::raw;
//!
//! let client = raw::Client::connect("https://api.pruna.ai", "pru_...")?;
//! let input = serde_json::json!({"prompt": "a lion"}).as_object().cloned().unwrap_or_default();
//! let response = client.create_prediction("p-image", None, &raw::types::PredictionRequest { input }).await?;
//! println!("{:?}", response.id());
//! # Ok(())
//! # }
//! ```
#![allow(missing_docs, unreachable_pub, clippy::all)]

mod hooks;

pub(crate) use hooks::{MAX_ERROR, MAX_RESPONSE};

pub use crate::{
    auth::Auth,
    wire::{PredictionResponse, Status, UploadResponse},
};

include!(concat!(env!("PRUNA_GENERATED"), "/client.snap.rs"));

impl Client {
    /// Creates a client for the service at `base_url`, which must be https or loopback.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if the base URL or the key cannot be used.
    pub fn connect(base_url: &str, api_key: &str) -> Result<Self, crate::Error> {
        let base = crate::origin::BaseUrl::parse(base_url)?;
        let timeouts = crate::config::Timeouts::default();
        let auth = Auth {
            key: crate::auth::ApiKey::new(api_key)?.into(),
            base: base.clone(),
            timeout: Some(timeouts.attempt),
            model: None,
            limits: crate::limits::Limiter::new(crate::limits::Limits::none()).into(),
            #[cfg(feature = "test-util")]
            queued: None,
        };
        let client = crate::http_client::build(&base, &timeouts, &|builder| builder)?;
        Ok(Self::new_with_client(base.as_str(), client, auth))
    }

    /// Returns the client with another timeout.
    pub(crate) fn with_timeout(&self, timeout: Option<std::time::Duration>) -> Self {
        let mut client = self.clone();
        client.inner.timeout = timeout;
        client
    }

    /// Returns the client for one submission, whose response updates the limits of the model.
    pub(crate) fn for_submission(&self, model: &crate::Model, timeout: std::time::Duration) -> Self {
        let mut client = self.with_timeout(Some(timeout));
        client.inner.model = Some(model.clone());
        client
    }

    /// Uploads a file.
    ///
    /// Sends a `POST` request to `/v1/files` with one part, `content`. A form can be sent only once.
    pub async fn upload_file(
        &self,
        form: reqwest::multipart::Form,
    ) -> Result<ResponseValue<UploadResponse>, Error<()>> {
        let url = format!("{}/v1/files", self.baseurl);
        let request = self.client.post(url).multipart(form).build()?;
        let response = self.execute(request, "upload_file").await?;
        ResponseValue::from_response(response).await
    }

    /// Downloads generated content.
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
