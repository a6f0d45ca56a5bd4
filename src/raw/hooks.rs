//! Hooks that run before and after every request of the generated client.

use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::{Request, Response, StatusCode};

use super::{Auth, Client};
use crate::{
    Model, exchange,
    limits::{Limiter, Operation},
};

/// Maximum number of bytes that are read of a JSON response.
pub(crate) const MAX_RESPONSE: usize = 8 * 1024 * 1024;
/// Maximum number of bytes that are read of an error response.
pub(crate) const MAX_ERROR: usize = 64 * 1024;

impl ClientHooks<Auth> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), progenitor_client::Error<E>> {
        // The service has no such header; the generator sends it everywhere.
        request.headers_mut().remove("api-version");
        *request.timeout_mut() = self.inner().timeout;
        Ok(())
    }

    /// The only place where the key is attached, after comparing origins.
    async fn exec(&self, mut request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let auth = self.inner();
        if auth.base.is_same_origin(request.url()) {
            request.headers_mut().insert("apikey", auth.key.header());
        }
        let (method, url) = (request.method().clone(), request.url().clone());
        let model = request.headers().get("model").and_then(|model| model.to_str().ok()).map(Model::from);
        let exchange = async {
            let sending = exchange::send(
                self.client(),
                #[cfg(feature = "test-util")]
                auth.queued.as_ref(),
                request,
            );
            let response = sending.await?;
            update_limits(&auth.limits, info.operation_id, model.as_ref(), &response);
            match (response.status().is_success(), info.operation_id) {
                (true, "download_content") => Ok(response),
                (true, _) => exchange::bounded(response, MAX_RESPONSE).await,
                (false, _) => exchange::bounded(response, MAX_ERROR).await,
            }
        };
        exchange::traced(&method, &url, exchange).await
    }
}

/// Passes the rate limit headers of a response to the limiter.
fn update_limits(limits: &Limiter, operation_id: &str, model: Option<&Model>, response: &Response) {
    let operation = match (operation_id, model) {
        ("download_content", _) => Operation::Download,
        ("upload_file", _) => Operation::Upload,
        (_, Some(model)) => Operation::Submission(model),
        _ => Operation::Status,
    };
    let is_rejected = response.status() == StatusCode::TOO_MANY_REQUESTS;
    limits.update(operation, is_rejected, response.headers());
}
