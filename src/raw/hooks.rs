//! Hooks that run before and after every request of the generated client.

use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::{Request, Response, StatusCode, header::HeaderName};
use tracing::Instrument as _;

use super::{Auth, Client};
use crate::{exchange, limits::Operation};

static API_VERSION: HeaderName = HeaderName::from_static("api-version");
static APIKEY: HeaderName = HeaderName::from_static("apikey");

/// Maximum number of bytes that are read of a JSON response.
pub(crate) const MAX_RESPONSE: usize = 8 * 1024 * 1024;
/// Maximum number of bytes that are read of an error response.
pub(crate) const MAX_ERROR: usize = 64 * 1024;

impl ClientHooks<Auth> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), progenitor_client::Error<E>> {
        // The service has no such header; the generator sends it everywhere.
        request.headers_mut().remove(&API_VERSION);
        *request.timeout_mut() = self.inner().timeout;
        Ok(())
    }

    /// The only place where the key is attached, after comparing origins.
    async fn exec(&self, mut request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let auth = self.inner();
        if auth.base.is_same_origin(request.url()) {
            request.headers_mut().insert(&APIKEY, auth.key.header());
        }
        let span = exchange::span(&request);
        let sending = exchange::send(
            self.client(),
            #[cfg(feature = "test-util")]
            auth.queued.as_ref(),
            request,
            &span,
        );
        let result = async {
            let response = sending.await?;
            update_limits(auth, info.operation_id, &response);
            match (response.status().is_success(), info.operation_id) {
                (true, "download_content") => Ok(response),
                (true, _) => exchange::bounded(response, MAX_RESPONSE).await,
                (false, _) => exchange::bounded(response, MAX_ERROR).await,
            }
        }
        .instrument(span.clone())
        .await;
        exchange::record(&span, &result);
        result
    }
}

/// Passes the rate limit headers of a response to the limiter.
fn update_limits(auth: &Auth, operation_id: &str, response: &Response) {
    let operation = match (operation_id, &auth.model) {
        ("download_content", _) => Operation::Download,
        ("upload_file", _) => Operation::Upload,
        (_, Some(model)) => Operation::Submission(model),
        ("get_prediction_status", None) => Operation::Status,
        // The caller of the raw client submits without the limits.
        _ => return,
    };
    let is_rejected = response.status() == StatusCode::TOO_MANY_REQUESTS;
    auth.limits.update(operation, is_rejected, response.headers());
}
