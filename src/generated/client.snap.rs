// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    ///Body of a request that starts a run.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct PredictionRequest {
        ///Fields for the model named in the header `Model`; see the component schema of that name.
        pub input: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
}
#[derive(Clone, Debug)]
/**Client for P-API

Pictures and videos from hosted generative models, and LoRA training, over one small HTTP interface.

A **prediction** is one run of one model. There are two ways to get its result:

- **Asynchronous**, the default: `POST /v1/predictions` answers at once with a handle; `GET /v1/predictions/status/{id}` is polled until the run has ended; `GET /v1/predictions/delivery/{path}` fetches the file.
- **Synchronous**: with the header `Try-Sync: true` the POST is held open for up to 60 seconds and answers with the address of the finished file, if it is finished by then.

The header `Model` names the model. There are 16 models that generate:

- text to image: `p-image`, `p-image-lora`, `flux-dev`, `flux-2-klein-4b`, `wan-image-small`, `qwen-image`, `qwen-image-fast`, `z-image-turbo`, `z-image-turbo-lora`
- editing of images: `p-image-edit`, `p-image-edit-lora`, `qwen-image-edit-plus`, `flux-dev-lora`
- text to video: `wan-t2v`
- image to video: `wan-i2v`
- making and editing of video: `vace`

and two that train a LoRA, limited to 5 requests per minute and always asynchronous:

- `p-image-trainer`, for `p-image-lora`
- `p-image-edit-trainer`, for `p-image-edit-lora`

Every request carries the API key in the header `apikey`. The provider's guide to each model is at <https://docs.api.pruna.ai/guides/models>.

Version: 0.2.0*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: crate::auth::Auth,
}
impl Client {
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub(crate) fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: crate::auth::Auth,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<crate::auth::Auth> for Client {
    fn api_version() -> &'static str {
        "0.2.0"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &crate::auth::Auth {
        &self.inner
    }
}
const _: () = {
    #[allow(dead_code)]
    fn assert_client_hooks()
    where
        Client: ClientHooks<crate::auth::Auth>,
    {}
};
#[allow(clippy::all)]
impl Client {
    /**Start a prediction

Starts one run of the model that the header `Model` names. The body holds the input of that model under `input`; each model has its own fields, listed in the component schema of the same name, and refuses any other.

The answer is a handle with an `id` and the address to poll. With `Try-Sync: true` the service waits, for 60 seconds at most, and answers with the finished result instead; a caller has to expect the handle all the same. The two answers are told apart by their keys: a result has `generation_url`, a handle has `id` and `get_url`.

The rate limit is that of the model. A run cannot be cancelled, and sending the same request again starts, and bills, another one.

Sends a `POST` request to `/v1/predictions`

Arguments:
- `model`: Id of the model to run. It decides which fields `input` may have.
- `try_sync`: Whether to hold the answer back, for 60 seconds at most, until the result is there.
- `body`: Input of the model.
*/
    pub async fn create_prediction<'a>(
        &'a self,
        model: &'a str,
        try_sync: Option<bool>,
        body: &'a types::PredictionRequest,
    ) -> Result<ResponseValue<crate::wire::PredictionResponse>, Error<()>> {
        let url = format!("{}/v1/predictions", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(3usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        header_map.append("Model", model.to_string().try_into()?);
        if let Some(value) = try_sync {
            header_map.append("Try-Sync", value.to_string().try_into()?);
        }
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "create_prediction",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200..=299 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Ask how far a prediction is

Tells the state of a run: to be asked again until the state is final. A run that has succeeded comes with the address of its result, one that has failed with the reason.

Rate limit: 30,000 requests per minute.

Sends a `GET` request to `/v1/predictions/status/{id}`

Arguments:
- `id`: The `id` of the handle that started the run.
*/
    pub async fn get_prediction_status<'a>(
        &'a self,
        id: &'a str,
    ) -> Result<ResponseValue<crate::wire::PredictionResponse>, Error<()>> {
        let url = format!(
            "{}/v1/predictions/status/{}", self.baseurl, encode_path(& id.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_prediction_status",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200..=299 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
}
/// Items consumers will typically use such as the Client.
pub mod prelude {
    #[allow(unused_imports)]
    pub use super::Client;
}
