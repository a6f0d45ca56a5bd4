//! What a running emulator remembers. Stores know nothing of HTTP handlers.

mod predictions;
mod rate_limits;
mod requests;
mod uploads;

pub use predictions::PredictionRecord;
pub(crate) use predictions::{Outcome, Prediction, PredictionStore, RETENTION, StoreFull};
pub(crate) use rate_limits::{RateLimitStatus, RateLimiter};
pub use requests::RecordedRequest;
pub(crate) use requests::{MAX_RECORDED_BODY, RequestLog};
pub(crate) use uploads::{UPLOAD_LIFETIME, UploadStore};
